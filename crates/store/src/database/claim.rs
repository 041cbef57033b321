//! One server for a data directory.

use std::fs::{File, TryLockError};
use std::path::Path;

use anyhow::Context;

use swallowtail_base::create_private_directory;

use super::error::StoreError;

/// The file that a running server holds locked.
const FILE_NAME: &str = "server.lock";

/// The right to be the server of a data directory. It ends with the process, however that ends.
#[derive(Debug)]
pub struct Claim(#[expect(dead_code, reason = "it is held, not used")] File);

impl Claim {
    /// Keeps a second server off the same data: each would answer from its own memory of the lists. The directory is made if it
    /// is not there.
    ///
    /// # Errors
    /// Another server has it, or the directory cannot be used.
    pub fn take(data: &Path) -> anyhow::Result<Self> {
        create_private_directory(data).map_err(|error| StoreError::Directory { path: data.to_owned(), error })?;
        let path = data.join(FILE_NAME);
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .with_context(|| format!("cannot use the data directory: cannot open {}", path.display()))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => anyhow::bail!(
                "another server runs on the data directory {}; stop it, or choose another directory with --data or the key data",
                data.display()
            ),
            Err(TryLockError::Error(error)) => {
                tracing::warn!(%error, "the data directory cannot be locked; make sure that no other server runs on it");
            }
        }
        Ok(Self(file))
    }
}
