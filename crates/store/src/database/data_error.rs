//! The errors of the data directory and its database. Each text says what the operator can do.

use std::path::PathBuf;

use swallowtail_base::access::AccessError;
use thiserror::Error;

/// The reason why the database cannot be used. The text of each error says what the operator can
/// do.
#[derive(Debug, Error)]
pub enum DataError {
    /// The data directory does not exist, and the caller does not allow creating it.
    #[error(
        "the data directory {} does not exist; check --data, SWALLOWTAIL_DATA and the setting data", path.display()
    )]
    NoDirectory {
        /// The data directory.
        path: PathBuf,
    },
    /// The data directory has no database, and the caller does not allow creating one.
    #[error(
        "the data directory {} has no database; check --data, SWALLOWTAIL_DATA and the setting data", path.display()
    )]
    NoDatabase {
        /// The data directory.
        path: PathBuf,
    },
    /// The database is missing, although a server has used the directory.
    #[error(
        "the database {} is missing, but {trace} in the same directory shows that a database existed; restore it \
         from a backup (docs/operator.md, \"Restoring\"), or, to start again without accounts, move any \
         swallowtail.db-wal and swallowtail.db-shm away and run `swallowtail account add ADDRESS --create`",
        path.display()
    )]
    Lost {
        /// The file that is missing.
        path: PathBuf,
        /// A file or directory in the data directory which shows that a server has used it.
        trace: &'static str,
    },
    /// The file of the database has no content.
    #[error(
        "the database {} is empty (0 bytes), so its accounts are lost; restore it from a backup (docs/operator.md, \
         \"Restoring\"), or, to start again without accounts, delete the file and run \
         `swallowtail account add ADDRESS --create`",
        path.display()
    )]
    Empty {
        /// The file of the database.
        path: PathBuf,
    },
    /// The database is damaged, or the file is not a database.
    #[error(
        "the database {} is damaged: {finding}; keep a copy of it and restore it from a backup (docs/operator.md, \
         \"A damaged database\"); `swallowtail store check` lists all damage",
        path.display()
    )]
    Damaged {
        /// The file of the database.
        path: PathBuf,
        /// The first damage that was found, as SQLite reports it.
        finding: String,
    },
    /// The permissions deny this process access, or allow other users to write.
    // The inner error is not marked as the source of this error, because the text of this error
    // contains the text of the inner error. An error chain would print the inner text twice.
    #[error("cannot use the data directory: {0}")]
    Access(AccessError),
}

impl From<AccessError> for DataError {
    fn from(error: AccessError) -> Self {
        Self::Access(error)
    }
}
