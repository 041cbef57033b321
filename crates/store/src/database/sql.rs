//! Runs SQL statements. Each connection keeps the statements that it has prepared.
//!
//! The parameters of a statement are `$1`, `$2` and so on. SQLite treats each of these as a name,
//! and numbers the parameters in the order in which they appear in the statement. Therefore this
//! module binds each parameter by its name.

use rusqlite::types::ToSql;
use rusqlite::{CachedStatement, Connection, Error, Row};

use super::error::StoreError;

/// The maximum number of statements that a connection keeps. The store has fewer statements than
/// that.
pub(super) const STATEMENTS: usize = 100;

/// The names of the parameters, in order.
const PARAMETERS: [&str; 7] = ["$1", "$2", "$3", "$4", "$5", "$6", "$7"];

/// Runs a statement that returns no rows. Returns the number of rows that an `insert`, `update` or `delete` changed.
pub(super) fn execute(connection: &Connection, sql: &str, values: &[&dyn ToSql]) -> Result<usize, Error> {
    prepared(connection, sql, values)?.raw_execute()
}

/// Runs a statement and returns its first row, if there is one.
pub(super) fn first<T>(
    connection: &Connection,
    sql: &str,
    values: &[&dyn ToSql],
    parse: impl FnOnce(&Row<'_>) -> Result<T, StoreError>,
) -> Result<Option<T>, StoreError> {
    let mut statement = prepared(connection, sql, values)?;
    let mut rows = statement.raw_query();
    let first = rows.next()?.map(parse).transpose()?;
    // A statement that returns rows and also writes is complete only after its last row.
    while first.is_some() && rows.next()?.is_some() {}
    Ok(first)
}

/// Runs a statement and returns all of its rows.
pub(super) fn all<T, C: FromIterator<T>>(
    connection: &Connection,
    sql: &str,
    values: &[&dyn ToSql],
    mut parse: impl FnMut(&Row<'_>) -> Result<T, StoreError>,
) -> Result<C, StoreError> {
    let mut statement = prepared(connection, sql, values)?;
    let mut rows = statement.raw_query();
    std::iter::from_fn(|| match rows.next() {
        Ok(row) => row.map(&mut parse),
        Err(error) => Some(Err(error.into())),
    })
    .collect()
}

/// Returns whether a statement returns any row.
pub(super) fn exists(connection: &Connection, sql: &str, values: &[&dyn ToSql]) -> Result<bool, Error> {
    Ok(prepared(connection, sql, values)?.raw_query().next()?.is_some())
}

/// Runs `work` in a transaction that writes. If `work` or the commit fails, nothing is changed.
pub(super) fn transaction<T, E: From<Error>>(
    connection: &Connection,
    work: impl FnOnce(&Connection) -> Result<T, E>,
) -> Result<T, E> {
    // If another process is writing, `begin immediate` waits here. With a plain `begin`, the wait
    // would come in the middle of the transaction.
    within(connection, "begin immediate", work)
}

/// Runs `work` in a transaction that reads, so that all of its statements read the same state.
pub(super) fn snapshot<T, E: From<Error>>(
    connection: &Connection,
    work: impl FnOnce(&Connection) -> Result<T, E>,
) -> Result<T, E> {
    within(connection, "begin", work)
}

fn within<T, E: From<Error>>(
    connection: &Connection,
    begin: &str,
    work: impl FnOnce(&Connection) -> Result<T, E>,
) -> Result<T, E> {
    execute(connection, begin, &[])?;
    let result = work(connection).and_then(|result| {
        execute(connection, "commit", &[])?;
        Ok(result)
    });
    if result.is_err()
        && let Err(error) = roll_back(connection)
    {
        // The next call on this connection tries again to end the transaction. If that also fails,
        // the call is refused.
        tracing::warn!(%error, "could not end a failed transaction");
    }
    result
}

/// Rolls back the current transaction, if there is one. If the disk is full, SQLite may already
/// have rolled back the transaction by itself.
pub(super) fn roll_back(connection: &Connection) -> Result<(), Error> {
    if connection.is_autocommit() {
        return Ok(());
    }
    execute(connection, "rollback", &[]).map(drop)
}

fn prepared<'a>(connection: &'a Connection, sql: &str, values: &[&dyn ToSql]) -> Result<CachedStatement<'a>, Error> {
    let mut statement = connection.prepare_cached(sql)?;
    let expected = statement.parameter_count();
    if expected != values.len() {
        return Err(Error::InvalidParameterCount(values.len(), expected));
    }
    for (name, value) in PARAMETERS.iter().zip(values) {
        statement.raw_bind_parameter(*name, *value)?;
    }
    Ok(statement)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_bound_by_their_number_in_any_order() {
        let connection = Connection::open_in_memory().unwrap();
        let read = |row: &Row<'_>| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?, row.get::<_, i64>(2)?));
        let row = first(&connection, "select $2, $1, $2", &[&1, &2], read).unwrap();
        assert_eq!(row, Some((2, 1, 2)));
        assert!(first(&connection, "select $2, $1, $2", &[&1], read).is_err());
        assert!(first(&connection, "select $3, $1, $3", &[&1, &2], read).is_err());
    }

    #[test]
    fn a_failed_transaction_changes_nothing_and_does_not_stay_open() {
        let connection = Connection::open_in_memory().unwrap();
        let failed = transaction(&connection, |connection| {
            execute(connection, "create table numbers (number integer)", &[])?;
            execute(connection, "insert into missing values (1)", &[])
        });
        assert!(failed.is_err() && connection.is_autocommit());
        assert!(!exists(&connection, "select 1 from sqlite_schema", &[]).unwrap());
    }
}
