//! Opens the database: its path, its options and the permissions of its files.

use std::path::Path;
use std::time::{Duration, Instant};

use sqlx::error::DatabaseError;
use sqlx::migrate::MigrateError;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};
use swallowtail_base::create_private_directory;

use super::error::StoreError;
use super::migrate::migrate;

/// The file of the database, inside the data directory.
const FILE_NAME: &str = "swallowtail.db";
/// The number of reading connections. Four cover the sign-ins that two to four cores can hash passwords for.
const READERS: u32 = 4;
/// How long a statement waits for another process, such as `account add`, that is writing.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// The connections of an open database.
pub(super) struct Pools {
    /// Several connections that only read.
    pub(super) readers: SqlitePool,
    /// The one connection that writes.
    pub(super) writer: SqlitePool,
}

/// Opens the database in `directory`, creates both if they do not exist, and brings the tables up to date.
pub(super) async fn open(directory: &Path) -> Result<Pools, StoreError> {
    let path = directory.join(FILE_NAME);
    make_private(directory, &path).map_err(|error| StoreError::Directory { path: directory.to_owned(), error })?;
    let options = SqliteConnectOptions::new()
        .filename(&path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(BUSY_TIMEOUT)
        .foreign_keys(true);
    let open_error = |error| StoreError::Open { path: path.clone(), error };
    let writer = connect(&options).await.map_err(open_error)?;
    migrate(&writer).await.map_err(|error| match error {
        MigrateError::VersionMissing(_) => StoreError::Newer { path: path.clone() },
        error => StoreError::Migrate { path: path.clone(), error },
    })?;
    let readers = pool(READERS).connect_with(options.read_only(true)).await.map_err(open_error)?;
    Ok(Pools { readers, writer })
}

/// Opens the one connection that writes. Whatever its timeout, SQLite does not wait for another process that is
/// switching the same new database to its journal, as `serve` and `account add` may do at the same time. So this
/// function waits.
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

/// Returns whether the database refused because another process is writing or recovering it.
fn is_busy(error: &sqlx::Error) -> bool {
    error.as_database_error().and_then(DatabaseError::code).is_some_and(|code| is_busy_code(&code))
}

/// Returns whether an extended result code of SQLite is SQLITE_BUSY: its low byte is the primary code, the rest says
/// more exactly why.
fn is_busy_code(code: &str) -> bool {
    const BUSY: u32 = 5;
    code.parse::<u32>().is_ok_and(|code| code & 0xFF == BUSY)
}

/// Creates the directory and the file, for their owner alone: the database has password hashes and the keys of tickets.
/// SQLite gives its other files the permissions of this one.
fn make_private(directory: &Path, file: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt;
    create_private_directory(directory)?;
    let made = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(file);
    match made {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

fn pool(connections: u32) -> SqlitePoolOptions {
    SqlitePoolOptions::new().max_connections(connections).min_connections(1).acquire_timeout(Duration::from_secs(10))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn busy_is_recognised_by_the_low_byte_of_the_code() {
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
