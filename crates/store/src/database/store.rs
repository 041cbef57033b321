//! The handle of the database: the threads that own its connections.

use std::path::Path;
use std::sync::Arc;

use rusqlite::Connection;

use super::edit::Edit;
use super::error::StoreError;
use super::files::{self, IfMissing};
use super::open::start_readers;
use super::thread::{Job, Threads};
use super::writer::Writer;

/// A handle to the open database. Clones are cheap and share its connections.
#[derive(Clone, Debug)]
pub struct Store {
    readers: Threads<Job>,
    /// The one thread that writes.
    writer: Writer,
    /// The file of the database, for error texts.
    pub(super) path: Arc<Path>,
}

impl Store {
    /// Opens the database in `directory` and brings its tables up to date. Creates the directory
    /// and the database if they do not exist. Fails if other files show that a database is lost
    /// ([`DataError::Lost`](super::DataError::Lost)).
    ///
    /// # Errors
    /// Returns [`StoreError::Directory`], [`StoreError::Data`], [`StoreError::Open`], [`StoreError::Newer`] or
    /// [`StoreError::Migrate`], each with the path.
    pub async fn open(directory: &Path) -> Result<Self, StoreError> {
        Self::open_with(directory, IfMissing::CreateDirectory).await
    }

    /// Opens the database in `directory` and brings its tables up to date. `if_missing` decides what happens if the
    /// database does not exist.
    ///
    /// # Errors
    /// Fails like [`Store::open`].
    pub async fn open_with(directory: &Path, if_missing: IfMissing) -> Result<Self, StoreError> {
        let path = files::prepare(directory, if_missing)?;
        // The writer brings the tables up to date, and switches the database to its write-ahead log.
        let writer = Writer::start(&path).await?;
        let readers = start_readers(&path).await?;
        Ok(Self { readers, writer, path: path.into() })
    }

    /// Creates the directory and the database if they do not exist, as [`Store::open`] does, but
    /// changes nothing in an existing database.
    ///
    /// The program calls this method before it creates anything else in a data directory. So if a
    /// data directory contains other data but no database, the directory once had a database, and
    /// that database has been lost.
    ///
    /// # Errors
    /// Returns [`StoreError::Directory`], [`StoreError::Data`] or [`StoreError::Open`], each with the path.
    pub async fn prepare(directory: &Path) -> Result<(), StoreError> {
        files::prepare(directory, IfMissing::CreateDirectory).map(drop)
    }

    /// Waits for the current transaction to end, and closes the file.
    pub async fn close(&self) {
        // The last connection that closes copies the write-ahead log into the database. A
        // connection that only reads cannot do that, so the writer closes last.
        self.readers.close().await;
        self.writer.close().await;
    }

    /// Occupies every connection that only reads, until the result is dropped. Until then, the
    /// store answers no read.
    #[cfg(test)]
    pub(crate) async fn occupy_readers(&self) -> Vec<impl Sized + use<>> {
        let mut occupied = Vec::new();
        for _ in 0..super::open::READERS {
            occupied.push(self.readers.occupy().await);
        }
        occupied
    }

    /// Writes an edit. The edit is on the disk when this method returns.
    ///
    /// # Errors
    /// Fails without writing any part of the edit.
    pub async fn write(&self, edit: Edit) -> Result<(), StoreError> {
        if edit.is_empty() {
            return Ok(());
        }
        self.writer.write(edit).await
    }

    /// Reads from the database, on one of the connections that only read.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.readers.call(work).await
    }

    /// Changes the database. All changes are carried out in the order in which they were queued.
    /// The change is on the disk when this method returns.
    pub(super) async fn modify<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.writer.call(work).await
    }
}
