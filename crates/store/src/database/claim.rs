//! Ensures that only one server uses a data directory.

use std::fs::{File, TryLockError};
use std::io::ErrorKind;
use std::path::Path;

use swallowtail_base::access::check_file;
use swallowtail_base::{create_private_directory, create_private_file};

use super::data_error::DataError;
use super::error::StoreError;

/// The file that a running server keeps locked.
const FILE_NAME: &str = "server.lock";

/// The exclusive right to serve a data directory. The right ends with the process, even if the process crashes.
#[derive(Debug)]
pub struct Claim(File);

impl Claim {
    /// Claims a data directory, and creates it if it does not exist. Without a claim, two servers
    /// that use the same data would each answer from their own copy of the lists in memory.
    ///
    /// # Errors
    /// Returns [`StoreError::InUse`] if another server uses the directory. Returns [`StoreError::Directory`],
    /// [`StoreError::Data`] or [`StoreError::LockFile`] if the directory cannot be used.
    pub fn take(data: &Path) -> Result<Self, StoreError> {
        create_private_directory(data).map_err(|error| StoreError::Directory { path: data.to_owned(), error })?;
        let path = data.join(FILE_NAME);
        check_file(&path).map_err(DataError::from)?;
        let opened = match create_private_file(&path, data) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => File::options().write(true).open(&path),
            created => created,
        };
        let file = opened.map_err(|error| StoreError::LockFile { path, error })?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(StoreError::InUse { path: data.to_owned() }),
            Err(TryLockError::Error(error)) => {
                tracing::warn!(%error, "could not lock the data directory; make sure that no other server uses it");
            }
        }
        Ok(Self(file))
    }
}

impl Drop for Claim {
    /// Unlocks the file. Closing the file is not enough. A child process that is being started has
    /// a copy of the open file for a moment, and this copy would keep the lock.
    fn drop(&mut self) {
        if let Err(error) = self.0.unlock() {
            tracing::debug!(%error, "could not unlock the data directory");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_claim_on_a_directory_succeeds_at_a_time() {
        let directory = tempfile::tempdir().unwrap();
        let first = Claim::take(directory.path()).unwrap();
        let second = Claim::take(directory.path()).unwrap_err();
        assert!(matches!(&second, StoreError::InUse { path } if path == directory.path()), "{second}");
        drop(first);
        assert!(Claim::take(directory.path()).is_ok());
    }

    #[test]
    fn a_claim_ends_even_if_a_child_process_still_has_a_copy_of_the_file() {
        let directory = tempfile::tempdir().unwrap();
        let first = Claim::take(directory.path()).unwrap();
        let _copy = first.0.try_clone().unwrap();
        drop(first);
        assert!(Claim::take(directory.path()).is_ok());
    }

    #[test]
    fn the_error_names_a_lock_file_that_cannot_be_opened() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join(FILE_NAME);
        std::fs::create_dir(&path).unwrap();
        let refused = Claim::take(directory.path()).unwrap_err().to_string();
        assert!(
            refused.starts_with(&format!("cannot use the data directory: cannot open {}", path.display())),
            "{refused}"
        );
    }
}
