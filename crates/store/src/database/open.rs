//! Opens the connections of the database.

use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::{Connection, Error, OpenFlags};

use super::error::StoreError;
use super::failure::{is_busy, open_error};
use super::migrate::migrate;
use super::sql::STATEMENTS;
use super::thread::{Job, Threads, serve_jobs};

/// The number of connections that only read. Four are enough for the sign-ins of a server that
/// hashes passwords on two to four cores.
pub(super) const READERS: u32 = 4;
/// The settings of a reading connection, and its first read. The connection keeps up to 1 MiB of the
/// database in memory. SQLite's default is 2 MiB, but after a storm of sign-ins four such
/// connections then keep 8 MiB for as long as the server runs. The system's own cache has the same
/// pages, and reading a page from there takes about a microsecond.
const READER: &str = "pragma cache_size = -1024; select 1 from accounts limit 1";
/// The time that a statement waits while another process, such as `account add`, is writing.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Opens the connection that writes to the database at `path`, and brings the tables up to date.
/// The database must exist.
pub(super) fn open_writer(path: &Path) -> Result<Connection, StoreError> {
    let connection = connect_writer(path).map_err(|error| open_error(path, error))?;
    migrate(&connection).map_err(|error| error.at(path))?;
    Ok(connection)
}

/// Starts the threads that only read. Each connection reads once now, which opens the write-ahead
/// log. If the connection of a thread cannot open a file, the server fails at its start. Without
/// this first read, the server would start and the first sign-in would fail.
pub(super) async fn start_readers(path: &Path) -> Result<Threads<Job>, StoreError> {
    let path = path.to_owned();
    let open =
        move || connect(&path, OpenFlags::SQLITE_OPEN_READ_ONLY, READER).map_err(|error| open_error(&path, error));
    Threads::start("store-reader", READERS, 1, serve_jobs, open).await
}

/// Starts a thread with a connection for a check. The connection neither changes the database nor
/// brings it up to date. Unlike a read-only connection, it can read the write-ahead log that a
/// crashed server left behind.
pub(super) async fn start_checker(path: &Path) -> Result<Threads<Job>, StoreError> {
    let path = path.to_owned();
    let open = move || Ok(connect(&path, OpenFlags::SQLITE_OPEN_READ_WRITE, "pragma query_only = on")?);
    Threads::start("store-check", 1, 1, serve_jobs, open).await
}

/// Writes the tables of a new database into the empty file `path`, which no other process uses yet.
/// At this point the file need not survive a crash, so SQLite does not wait for the disk.
pub(super) fn write_tables(path: &Path) -> Result<(), StoreError> {
    let settings = "pragma journal_mode = memory; pragma synchronous = off";
    let connection = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE, settings);
    let connection = connection.map_err(|error| open_error(path, error))?;
    migrate(&connection).map_err(|error| error.at(path))?;
    connection.close().map_err(|(_, error)| open_error(path, error))
}

/// Opens the one connection that writes. SQLite fails without waiting for its timeout while another
/// process switches the same database to a write-ahead log. This can happen when two processes open
/// a new database at the same time. Therefore this function itself retries until the timeout.
fn connect_writer(path: &Path) -> Result<Connection, Error> {
    const PAUSE: Duration = Duration::from_millis(10);
    let settings = "pragma journal_mode = wal; pragma synchronous = full; pragma foreign_keys = on";
    let begun = Instant::now();
    loop {
        match connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE, settings) {
            Err(error) if is_busy(&error) && begun.elapsed() < BUSY_TIMEOUT => thread::sleep(PAUSE),
            connected => return connected,
        }
    }
}

fn connect(path: &Path, access: OpenFlags, settings: &str) -> Result<Connection, Error> {
    // A connection belongs to one thread, so SQLite needs no locks for it.
    let connection = Connection::open_with_flags(path, access | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    connection.execute_batch(settings)?;
    Ok(connection)
}
