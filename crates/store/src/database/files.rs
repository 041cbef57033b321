//! The files of the database: their paths, the check whether this process may use them, and the creation of a new
//! database.
//!
//! A new database gets its final name only when the database is complete. So a file of 0 bytes is
//! always a fault, and processes that open the same new directory at the same time share one
//! database.

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use swallowtail_base::access::{AccessError, check_directory, check_file};
use swallowtail_base::{create_private_directory, create_private_file, rename_unless_exists};

use super::data_error::DataError;
use super::error::StoreError;
use super::open::write_tables;

/// The file of the database, inside the data directory.
const FILE_NAME: &str = "swallowtail.db";
/// The log of changes that are not in the database yet, and the index of that log.
const LOGS: [&str; 2] = ["swallowtail.db-wal", "swallowtail.db-shm"];
/// Other files and directories of a server. The server creates each of them only after the database
/// exists ([`Store::prepare`](super::Store::prepare)).
const TRACES: [&str; 4] = ["root", "old-tls", "control.sock", "server.lock"];

/// The action if the database does not exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IfMissing {
    /// Fail, because the caller works on existing data.
    Fail,
    /// Create the database, but only in an existing directory, so that a mistyped path does not create a new server.
    CreateDatabase,
    /// Create the directory and the database. Fail if other files show that an older database is
    /// lost.
    CreateDirectory,
    /// Create the directory and the database, even if other files show that an older database is
    /// lost.
    StartAgain,
}

/// Checks the data directory and the files of the database, and creates a missing database if
/// `if_missing` allows that. Returns the path of the database.
pub(super) fn prepare(directory: &Path, if_missing: IfMissing) -> Result<PathBuf, StoreError> {
    if matches!(if_missing, IfMissing::Fail | IfMissing::CreateDatabase) && is_missing(directory) {
        return Err(DataError::NoDirectory { path: directory.to_owned() }.into());
    }
    create_private_directory(directory).map_err(|error| StoreError::Directory { path: directory.to_owned(), error })?;
    check_directory(directory).map_err(DataError::from)?;
    let path = directory.join(FILE_NAME);
    match fs::metadata(&path) {
        Ok(file) if file.is_file() && file.len() == 0 => return Err(DataError::Empty { path }.into()),
        Ok(_) => {}
        Err(error) if error.kind() == ErrorKind::NotFound => create_missing(directory, &path, if_missing)?,
        Err(error) => return Err(DataError::from(AccessError::System { path, error }).into()),
    }
    for name in [FILE_NAME].iter().chain(&LOGS) {
        check_file(&directory.join(name)).map_err(DataError::from)?;
    }
    Ok(path)
}

fn create_missing(directory: &Path, path: &Path, if_missing: IfMissing) -> Result<(), StoreError> {
    // If the directory contains a log of the lost database, no new database may be created. SQLite
    // would write the log of the lost database into the new database.
    let logs = LOGS.iter().find(|name| directory.join(name).exists());
    let traces = || TRACES.iter().find(|name| fs::symlink_metadata(directory.join(name)).is_ok());
    match (if_missing, logs.or_else(traces), logs) {
        (IfMissing::Fail, None, _) => Err(DataError::NoDatabase { path: directory.to_owned() }.into()),
        (IfMissing::StartAgain, _, None) | (_, None, _) => create(directory, path),
        (_, Some(trace), _) => Err(DataError::Lost { path: path.to_owned(), trace }.into()),
    }
}

/// Creates the database under another name, and renames it when it is complete. If another process has created the
/// database first, that database is kept.
fn create(directory: &Path, path: &Path) -> Result<(), StoreError> {
    let failed = |error| StoreError::Directory { path: directory.to_owned(), error };
    let scratch = tempfile::Builder::new().prefix("new-database-").tempdir_in(directory).map_err(failed)?;
    let new = scratch.path().join(FILE_NAME);
    // SQLite creates its logs with the same owner as this file.
    let file = create_private_file(&new, directory).map_err(failed)?;
    write_tables(&new)?;
    adopt(directory, &file, &new, path).map_err(failed)
}

/// Gives the complete database its final name, unless that name exists already. Waits until the file and its name are
/// on the disk.
fn adopt(directory: &Path, file: &File, new: &Path, path: &Path) -> io::Result<()> {
    file.sync_all()?;
    match rename_unless_exists(new, path) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(error),
        _ => File::open(directory)?.sync_all(),
    }
}

fn is_missing(directory: &Path) -> bool {
    fs::metadata(directory).is_err_and(|error| error.kind() == ErrorKind::NotFound)
}
