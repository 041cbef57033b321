//! The handle of the database: its connections, and the queue of the writer.

use std::path::Path;

use sqlx::sqlite::SqlitePool;

use super::edit::Edit;
use super::error::StoreError;
use super::open::{Pools, open};
use super::writer::Edits;

/// The store. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Store {
    pub(super) readers: SqlitePool,
    /// The one connection that writes.
    pub(super) writer: SqlitePool,
    edits: Edits,
}

impl Store {
    /// Opens the database in `directory`, creates both if they do not exist, and brings the tables up to date.
    ///
    /// # Errors
    /// [`StoreError::Directory`], [`StoreError::Open`], [`StoreError::Newer`] and [`StoreError::Migrate`], each naming
    /// the path.
    pub async fn open(directory: &Path) -> Result<Self, StoreError> {
        let Pools { readers, writer } = open(directory).await?;
        let edits = Edits::start(writer.clone());
        Ok(Self { readers, writer, edits })
    }

    /// Waits for the current transaction and closes the file.
    pub async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }

    /// Writes an edit; it is on the disk when this returns.
    ///
    /// # Errors
    /// No part of the edit was written.
    pub async fn write(&self, edit: Edit) -> Result<(), StoreError> {
        if edit.is_empty() {
            return Ok(());
        }
        self.edits.write(edit).await
    }
}
