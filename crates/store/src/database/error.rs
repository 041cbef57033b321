//! The errors of the store.

use std::path::PathBuf;
use std::sync::Arc;

use thiserror::Error;

use super::data_error::DataError;

/// The reason why a call of the store failed. A call that failed has changed nothing.
#[derive(Debug, Error)]
pub enum StoreError {
    /// The data directory cannot be created, or is not a directory.
    #[error("cannot use the data directory {}: {error}", path.display())]
    Directory {
        /// The data directory.
        path: PathBuf,
        /// The reason why the directory cannot be used.
        error: std::io::Error,
    },
    /// The database does not exist, is damaged, or may not be used.
    #[error(transparent)]
    Data(#[from] DataError),
    /// Another server uses the data directory.
    #[error(
        "another server is using the data directory {}; stop it, or choose another directory with --data or the setting data",
        path.display()
    )]
    InUse {
        /// The data directory.
        path: PathBuf,
    },
    /// The file that a server keeps locked cannot be opened.
    #[error("cannot use the data directory: cannot open {}: {error}", path.display())]
    LockFile {
        /// The file that a server keeps locked.
        path: PathBuf,
        /// The reason why the file cannot be opened.
        error: std::io::Error,
    },
    /// The database cannot be opened.
    #[error("cannot open the database {}: {}", path.display(), reason(error))]
    Open {
        /// The file of the database.
        path: PathBuf,
        /// The reason why the database cannot be opened.
        error: rusqlite::Error,
    },
    /// The database was upgraded by a newer version of the program.
    #[error(
        "the database {} was used by a newer version of swallowtail; run that version, or choose another data directory",
        path.display()
    )]
    Newer {
        /// The file of the database.
        path: PathBuf,
    },
    /// A migration to the newest version failed.
    #[error("cannot bring the database {} up to date: {}", path.display(), reason(error))]
    Migrate {
        /// The file of the database.
        path: PathBuf,
        /// The reason why the migration failed.
        error: rusqlite::Error,
    },
    /// A statement failed: for example, the disk is full, or the file is locked or damaged.
    #[error("the database failed: {}", reason(.0))]
    Database(#[from] rusqlite::Error),
    /// The database did not begin a call in time, or did not answer a sign-in in time. In the
    /// second case, the store may still be reading for the sign-in.
    #[error("the database did not answer in time; the disk may be too slow, or failing")]
    Slow,
    /// The transaction of a batch of edits failed, so all edits of the batch failed. They share
    /// this error.
    #[error("the database failed: {}", reason(.0))]
    Batch(#[source] Arc<rusqlite::Error>),
    /// A row has an invalid value, because something other than the server changed the file.
    #[error("the database contains an invalid {0}")]
    Malformed(&'static str),
    /// The operating system gave no random bytes for a new key.
    #[error("the operating system gave no random bytes for a new key")]
    Random,
    /// The operating system could not start a thread for the database.
    #[error("cannot start a thread for the database: {0}; raise the limit on processes and threads")]
    Thread(std::io::Error),
    /// The address already has an account.
    #[error("the account {0} already exists")]
    Taken(msnp::Handle),
    /// The invite code does not exist, is used up or has expired.
    #[error("the invite code is not valid: it does not exist, is used up or has expired")]
    InvalidInvite,
    /// The account that made the edit was removed before the edit was written.
    #[error("the account was removed")]
    Gone,
    /// Either the store was closed because the server is stopping, or the call panicked.
    #[error("the store is closed")]
    Closed,
}

/// Returns the text of an error, with the code under which SQLite's documentation explains the
/// error.
fn reason(error: &rusqlite::Error) -> String {
    match error.sqlite_error() {
        Some(code) => format!("{error} (SQLite error {})", code.extended_code),
        None => error.to_string(),
    }
}
