//! Durable truth: accounts, lists and keys in an embedded SQLite database.
//!
//! Whatever was answered to a client is on the disk before the answer leaves: the database runs with a write-ahead log and
//! `synchronous = full`. Changes of lists go through one writer, which puts all that wait into one transaction, so that they
//! share an fsync. Reading has its own connections and never waits for a write.

mod accounts;
mod claim;
mod invites;
mod lists;
mod writer;

use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use sqlx::error::DatabaseError;
use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{AssertSqlSafe, SqlSafeStr};
use swallowtail_base::{clock, create_private_directory};
use thiserror::Error;

pub use accounts::{Account, AccountId, NewAccount};
pub use claim::Claim;
pub use invites::{Invite, NewInvite};
pub use lists::ContactPhones;
pub use writer::Edit;

/// The database inside the data directory.
const FILE_NAME: &str = "swallowtail.db";
/// Reading connections. Four cover the sign-ins that two to four cores can hash passwords for.
const READERS: u32 = 4;
/// How long a statement waits for another process, such as `account add`, that is writing.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// The steps that a database of an older version is brought up by, in order.
const MIGRATIONS: &[(i64, &str, &str)] = &[
    (1, "accounts and lists", include_str!("../../migrations/0001_accounts_and_lists.sql")),
    (2, "group numbers", include_str!("../../migrations/0002_group_numbers.sql")),
    (3, "invites", include_str!("../../migrations/0003_invites.sql")),
];

/// What went wrong with the store. Nothing was changed.
#[derive(Debug, Error)]
pub enum StoreError {
    /// The data directory cannot be made or is no directory.
    #[error("cannot use the data directory {}: {error}", path.display())]
    Directory {
        /// The directory.
        path: PathBuf,
        /// Why not.
        error: std::io::Error,
    },
    /// The database cannot be opened.
    #[error("cannot open the database {}: {error}", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// Why not.
        error: sqlx::Error,
    },
    /// The database has been brought up to a version that this one does not know.
    #[error(
        "the database {} was used by a newer version of swallowtail; run that version, or choose another data directory",
        path.display()
    )]
    Newer {
        /// The file.
        path: PathBuf,
    },
    /// A step to the newest version failed.
    #[error("cannot bring the database {} up to date: {error}", path.display())]
    Migrate {
        /// The file.
        path: PathBuf,
        /// Why not.
        error: MigrateError,
    },
    /// A statement failed: the disk is full, the file is locked or damaged.
    #[error("the database failed: {0}")]
    Database(#[from] sqlx::Error),
    /// A row that cannot be: somebody else changed the file.
    #[error("the database holds a malformed {0}")]
    Malformed(&'static str),
    /// The address is an account already.
    #[error("{0} is an account already")]
    Taken(msnp::Handle),
    /// There is no such invite code, or it is used up or expired.
    #[error("the invite code is not good")]
    BadInvite,
    /// The account that edits was removed meanwhile.
    #[error("the account was removed")]
    Gone,
    /// The writer ended, because the server stops.
    #[error("the store is closed")]
    Closed,
}

/// The store. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Store {
    readers: SqlitePool,
    /// The one connection that writes.
    writer: SqlitePool,
    edits: writer::Edits,
}

impl Store {
    /// Opens the database in `directory`, makes both if they are not there, and brings the tables up to date.
    ///
    /// # Errors
    /// [`StoreError::Directory`], [`StoreError::Open`], [`StoreError::Newer`] and [`StoreError::Migrate`], each naming the path.
    pub async fn open(directory: &Path) -> Result<Self, StoreError> {
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
        let edits = writer::start(writer.clone());
        Ok(Self { readers, writer, edits })
    }

    /// Waits for what is being written and closes the file.
    pub async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }
}

/// The one connection that writes. SQLite does not wait, whatever its timeout says, for somebody else who is switching the same new database to
/// its journal, as `serve` and `account add` at once do; so this does.
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

fn is_busy(error: &sqlx::Error) -> bool {
    const BUSY: &str = "5";
    error.as_database_error().and_then(DatabaseError::code).is_some_and(|code| code == BUSY)
}

/// Makes the directory and the file, for their owner alone: the database holds password hashes and the keys of tickets. SQLite
/// gives its other files the permissions of this one.
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

/// Brings the tables up to date. `serve` and `account add` may find the same old or empty database at once: who comes second with a step
/// fails, and sees in the next round that it is done.
async fn migrate(writer: &SqlitePool) -> Result<(), MigrateError> {
    let migrator = migrator();
    for _ in MIGRATIONS {
        match migrator.run(writer).await {
            Err(error @ MigrateError::ExecuteMigration(..)) => tracing::debug!(%error, "a step is tried again"),
            done => return done,
        }
    }
    migrator.run(writer).await
}

fn migrator() -> Migrator {
    let step = |(version, name, sql): &(i64, &'static str, &'static str)| {
        let sql = AssertSqlSafe(*sql).into_sql_str();
        Migration::new(*version, Cow::Borrowed(*name), MigrationType::Simple, sql, false)
    };
    Migrator::with_migrations(MIGRATIONS.iter().map(step).collect())
}

/// Now as Unix time in seconds.
fn unix_now() -> i64 {
    i64::try_from(clock::unix_seconds()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
