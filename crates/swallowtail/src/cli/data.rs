//! Opens the database for a command.

use std::path::Path;

use anyhow::bail;
use swallowtail_store::database::{DataError, IfMissing, Store, StoreError};

/// Opens the database for a command that adds to it. Without `--create`, the data directory must exist. Otherwise a
/// mistyped path would create a database that no server uses.
pub(super) async fn open_to_add(data: &Path, create: bool) -> anyhow::Result<Store> {
    let if_missing = if create { IfMissing::StartAgain } else { IfMissing::CreateDatabase };
    match Store::open_with(data, if_missing).await {
        Err(error @ StoreError::Data(DataError::NoDirectory { .. })) => {
            bail!("{error}; for a new server, pass --create")
        }
        opened => Ok(opened?),
    }
}

/// Opens the database for a command that only reads or changes existing data.
pub(super) async fn open_existing(data: &Path) -> anyhow::Result<Store> {
    Ok(Store::open_with(data, IfMissing::Fail).await?)
}
