//! Opens the connections of the database.

use std::path::Path;
use std::time::{Duration, Instant};

use sqlx::Connection;
use sqlx::error::DatabaseError;
use sqlx::migrate::MigrateError;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};

use super::data_error::DataError;
use super::error::StoreError;
use super::migrate::migrate;

/// The number of reading connections. Four are enough for the sign-ins of a server that hashes passwords on two to four
/// cores.
pub(super) const READERS: u32 = 4;
/// The time that a statement waits while another process, such as `account add`, is writing.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// The connections of an open database.
pub(super) struct Pools {
    /// Several connections that only read.
    pub(super) readers: SqlitePool,
    /// The one connection that writes.
    pub(super) writer: SqlitePool,
}

/// Opens the database at `path`, which must exist, and brings the tables up to date.
pub(super) async fn open(path: &Path) -> Result<Pools, StoreError> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(BUSY_TIMEOUT)
        .foreign_keys(true);
    let writer = connect(&options).await.map_err(|error| open_error(path, error))?;
    migrate(&writer).await.map_err(|error| migrate_error(path, error))?;
    let readers = pool(READERS).connect_with(options.read_only(true)).await.map_err(|error| open_error(path, error))?;
    Ok(Pools { readers, writer })
}

/// Writes the tables of a new database into the empty file `path`, which no other process uses yet. The file need not
/// survive a crash, so SQLite does not wait for the disk.
pub(super) async fn write_tables(path: &Path) -> Result<(), StoreError> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .journal_mode(SqliteJournalMode::Memory)
        .synchronous(SqliteSynchronous::Off);
    let writer = pool(1).connect_with(options).await.map_err(|error| open_error(path, error))?;
    let migrated = migrate(&writer).await.map_err(|error| migrate_error(path, error));
    writer.close().await;
    migrated
}

pub(super) fn open_error(path: &Path, error: sqlx::Error) -> StoreError {
    match damage(&error) {
        Some(finding) => DataError::Damaged { path: path.to_owned(), finding }.into(),
        None => StoreError::Open { path: path.to_owned(), error },
    }
}

fn migrate_error(path: &Path, error: MigrateError) -> StoreError {
    match error {
        MigrateError::VersionMissing(_) => StoreError::Newer { path: path.to_owned() },
        MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => open_error(path, error),
        error => StoreError::Migrate { path: path.to_owned(), error },
    }
}

/// Returns SQLite's message if the error means that the file is damaged or is not a database.
pub(super) fn damage(error: &sqlx::Error) -> Option<String> {
    const CORRUPT: u32 = 11;
    const NOT_A_DATABASE: u32 = 26;
    let error = error.as_database_error()?;
    let code = primary_code(&error.code()?)?;
    matches!(code, CORRUPT | NOT_A_DATABASE).then(|| error.message().to_owned())
}

/// Opens the one connection that writes. SQLite ignores its timeout while another process switches the same database to
/// its write-ahead log, for example when two processes open a new database at the same time. So this function retries
/// until the timeout.
async fn connect(options: &SqliteConnectOptions) -> Result<SqlitePool, sqlx::Error> {
    const PAUSE: Duration = Duration::from_millis(10);
    let begun = Instant::now();
    loop {
        match pool(1).connect_with(options.clone()).await {
            Err(error) if is_busy(&error) && begun.elapsed() < BUSY_TIMEOUT => tokio::time::sleep(PAUSE).await,
            connected => return connected,
        }
    }
}

/// Returns whether the error means that another process is writing to the database or recovering it.
fn is_busy(error: &sqlx::Error) -> bool {
    error.as_database_error().and_then(DatabaseError::code).is_some_and(|code| is_busy_code(&code))
}

fn is_busy_code(code: &str) -> bool {
    const BUSY: u32 = 5;
    primary_code(code) == Some(BUSY)
}

/// Returns the primary code of an extended result code of SQLite, which is its low byte. The other bytes give a more
/// exact reason.
fn primary_code(code: &str) -> Option<u32> {
    code.parse::<u32>().ok().map(|code| code & 0xFF)
}

/// Returns the options of a pool that never returns a connection with an open transaction.
///
/// If the disk is full, SQLite may end a transaction by itself. The library then still counts the transaction as open,
/// and every later transaction on that connection would fail.
fn pool(connections: u32) -> SqlitePoolOptions {
    SqlitePoolOptions::new()
        .max_connections(connections)
        .min_connections(1)
        .acquire_timeout(Duration::from_secs(10))
        .before_acquire(|connection, _| Box::pin(async move { Ok(!connection.is_in_transaction()) }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sqlite_busy_is_recognised_by_the_low_byte_of_the_error_code() {
        for (code, is_busy) in [
            ("5", true),
            // SQLITE_BUSY_RECOVERY and SQLITE_BUSY_SNAPSHOT.
            ("261", true),
            ("517", true),
            // SQLITE_LOCKED, and one of its extended codes.
            ("6", false),
            ("262", false),
            ("database is locked", false),
            ("", false),
        ] {
            assert_eq!(is_busy_code(code), is_busy, "{code:?}");
        }
    }
}
