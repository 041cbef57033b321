//! Migrations, which bring the tables of an older or new database up to date.
//!
//! The table `migrations` records which migrations a database has. Each migration and its record
//! are one transaction, so after a crash a database has either all of a migration or none of it.
//! Several processes may open the same old database at the same time. Therefore each process looks
//! for the record again after it has acquired the lock for writing.

use std::collections::BTreeSet;
use std::path::Path;

use rusqlite::{Connection, Error};

use super::columns::unix_now;
use super::error::StoreError;
use super::failure::open_error;
use super::sql::{all, execute, exists, transaction};

/// The migrations in their order, each with its version, its name and its statements. A migration
/// that has been released is never changed.
const MIGRATIONS: &[(i64, &str, &str)] = &[
    (1, "accounts and lists", include_str!("../../migrations/0001_accounts_and_lists.sql")),
    (2, "group numbers", include_str!("../../migrations/0002_group_numbers.sql")),
    (3, "invites", include_str!("../../migrations/0003_invites.sql")),
];

/// Creates the table that records the migrations, with the Unix time of each migration.
const CREATE_RECORD: &str =
    "create table migrations (version bigint primary key, name text not null, applied_at bigint not null)";
/// Copies the record that an older program kept with the library SQLx.
const COPY_OLD_RECORD: &str = "insert into migrations (version, name, applied_at) \
     select version, description, coalesce(unixepoch(installed_on), 0) from _sqlx_migrations where success";

/// The table in which a database records its migrations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Record {
    /// The table `migrations`.
    Own,
    /// The table `_sqlx_migrations` of an older program.
    Old,
    /// No table, because the database is new.
    None,
}

/// The reason why a database cannot be brought up to date.
pub(super) enum MigrateError {
    /// A newer program has used the database.
    Newer,
    Failed(StoreError),
}

impl From<Error> for MigrateError {
    fn from(error: Error) -> Self {
        Self::Failed(error.into())
    }
}

impl MigrateError {
    /// Returns the error with the path of the database.
    pub(super) fn at(self, path: &Path) -> StoreError {
        match self {
            Self::Newer => StoreError::Newer { path: path.to_owned() },
            Self::Failed(StoreError::Database(error)) => match open_error(path, error) {
                StoreError::Open { path, error } => StoreError::Migrate { path, error },
                damaged => damaged,
            },
            Self::Failed(error) => error,
        }
    }
}

/// Brings the tables up to date. Does not write to a database that is up to date or newer than this
/// program. A write would have to wait while another process is writing. So a server with an
/// up-to-date database can start even while another process is writing to it.
pub(super) fn migrate(connection: &Connection) -> Result<(), MigrateError> {
    if record(connection)? != Record::Own {
        transaction(connection, create_record)?;
    }
    let applied = applied(connection, Record::Own)?;
    for migration in MIGRATIONS.iter().filter(|(version, ..)| !applied.contains(version)) {
        transaction(connection, |connection| apply(connection, migration))?;
    }
    Ok(())
}

/// Creates the table `migrations`. If an older program has recorded migrations with SQLx, copies
/// its records. Fails if that program knew a migration that this program does not know.
fn create_record(connection: &Connection) -> Result<(), MigrateError> {
    let record = record(connection)?;
    if record == Record::Own {
        return Ok(());
    }
    if record == Record::Old {
        applied(connection, record)?;
    }
    execute(connection, CREATE_RECORD, &[])?;
    if record == Record::Old {
        execute(connection, COPY_OLD_RECORD, &[])?;
        execute(connection, "drop table _sqlx_migrations", &[])?;
    }
    Ok(())
}

/// Carries out a migration, unless another process has already done so.
fn apply(connection: &Connection, (version, name, sql): &(i64, &str, &str)) -> Result<(), MigrateError> {
    if applied(connection, Record::Own)?.contains(version) {
        return Ok(());
    }
    connection.execute_batch(sql)?;
    let done = "insert into migrations (version, name, applied_at) values ($1, $2, $3)";
    execute(connection, done, &[version, name, &unix_now()])?;
    Ok(())
}

fn record(connection: &Connection) -> Result<Record, Error> {
    let has =
        |table: &str| exists(connection, "select 1 from sqlite_schema where type = 'table' and name = $1", &[&table]);
    Ok(match (has("migrations")?, has("_sqlx_migrations")?) {
        (true, _) => Record::Own,
        (false, true) => Record::Old,
        (false, false) => Record::None,
    })
}

/// Returns the versions of the migrations that the database has. Fails if this program does not know one of them.
fn applied(connection: &Connection, record: Record) -> Result<BTreeSet<i64>, MigrateError> {
    let sql = match record {
        Record::Own => "select version from migrations",
        Record::Old => "select version from _sqlx_migrations",
        Record::None => return Ok(BTreeSet::new()),
    };
    let applied: BTreeSet<i64> = all(connection, sql, &[], |row| Ok(row.get(0)?)).map_err(MigrateError::Failed)?;
    let is_known = |version: &i64| MIGRATIONS.iter().any(|(known, ..)| known == version);
    if applied.iter().all(is_known) { Ok(applied) } else { Err(MigrateError::Newer) }
}
