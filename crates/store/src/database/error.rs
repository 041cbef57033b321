//! Why the store could not do what it was asked.

use std::path::PathBuf;
use std::sync::Arc;

use sqlx::migrate::MigrateError;
use thiserror::Error;

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
    /// Another server holds the data directory.
    #[error(
        "another server runs on the data directory {}; stop it, or choose another directory with --data or the key data",
        path.display()
    )]
    InUse {
        /// The directory.
        path: PathBuf,
    },
    /// The file that a server holds locked cannot be opened.
    #[error("cannot use the data directory: cannot open {}: {error}", path.display())]
    LockFile {
        /// The file.
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
    /// The transaction of a batch failed, and so did all the edits in it, which share the error.
    #[error("the database failed: {0}")]
    Batch(#[source] Arc<sqlx::Error>),
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
