//! The only writer. It puts all pending edits into one transaction, so that they share an fsync.
//!
//! With `synchronous = full`, SQLite makes about 6,000 commits per second. With 50 edits in each
//! commit, SQLite writes almost 50,000 edits per second. So the writer takes up to [`BATCH`]
//! pending edits, and answers them after the commit.

use std::mem::take;
use std::path::Path;
use std::sync::Arc;

use rusqlite::Connection;
use tokio::sync::oneshot;

use super::changes::write_edit;
use super::edit::Edit;
use super::error::StoreError;
use super::open::open_writer;
use super::sql::{execute, transaction};
use super::thread::{Job, Threads, guarded};

/// The maximum number of edits in one transaction.
const BATCH: usize = 64;

/// The thread that writes, with its queue.
#[derive(Clone, Debug)]
pub(super) struct Writer(Threads<Work>);

/// An item of the queue. Items are carried out in the order of the queue.
enum Work {
    Edit(Waiting),
    /// Any other change, in a transaction of its own.
    Job(Job),
}

struct Waiting {
    edit: Edit,
    done: oneshot::Sender<Result<(), StoreError>>,
}

impl From<Job> for Work {
    fn from(job: Job) -> Self {
        Self::Job(job)
    }
}

impl Writer {
    /// Opens the database at `path`, brings its tables up to date, and starts the thread.
    pub(super) async fn start(path: &Path) -> Result<Self, StoreError> {
        let path = path.to_owned();
        let open = move || open_writer(&path);
        Ok(Self(Threads::start("store-writer", 1, BATCH, carry_out, open).await?))
    }

    /// Queues an edit and waits until it is on the disk.
    pub(super) async fn write(&self, edit: Edit) -> Result<(), StoreError> {
        let (done, answer) = oneshot::channel();
        self.0.push(Work::Edit(Waiting { edit, done })).await?;
        answer.await.map_err(|_| StoreError::Closed)?
    }

    /// Queues a change that is not an edit, and waits until the change is on the disk. Fails like
    /// [`Threads::call`].
    pub(super) async fn call<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.0.call(work).await
    }

    /// Waits for the current transaction to end, and closes the connection. Queued edits fail.
    pub(super) async fn close(&self) {
        self.0.close().await;
    }
}

/// Carries out items in their order. Edits share a transaction if no job is between them.
fn carry_out(connection: &mut Connection, items: &mut Vec<Work>) {
    let mut batch = Vec::with_capacity(items.len());
    for item in items.drain(..) {
        match item {
            Work::Edit(waiting) => batch.push(waiting),
            Work::Job(job) => {
                write_batch(connection, take(&mut batch));
                guarded(connection, job);
            }
        }
    }
    write_batch(connection, batch);
}

/// Writes a batch in one transaction. If one edit fails, only that edit is undone. If the transaction cannot begin or
/// commit, all edits of the batch fail.
fn write_batch(connection: &mut Connection, batch: Vec<Waiting>) {
    if batch.is_empty() {
        return;
    }
    guarded(connection, |connection| match try_batch(connection, &batch) {
        Ok(results) => {
            for (waiting, result) in batch.into_iter().zip(results) {
                // A session that has ended does not wait for its answer any more.
                let _ = waiting.done.send(result);
            }
        }
        Err(error) => {
            let error = Arc::new(error);
            let failed = || StoreError::Batch(error.clone());
            tracing::error!(error = %failed(), edits = batch.len(), "could not write edits; nothing was changed");
            for waiting in batch {
                let _ = waiting.done.send(Err(failed()));
            }
        }
    });
}

fn try_batch(connection: &Connection, batch: &[Waiting]) -> Result<Vec<Result<(), StoreError>>, rusqlite::Error> {
    transaction(connection, |connection| batch.iter().map(|waiting| try_edit(connection, &waiting.edit)).collect())
}

/// Writes an edit in a savepoint. The outer result is an error if the transaction of the batch
/// cannot continue.
fn try_edit(connection: &Connection, edit: &Edit) -> Result<Result<(), StoreError>, rusqlite::Error> {
    execute(connection, "savepoint edit", &[])?;
    let written = match write_edit(connection, edit) {
        // SQLite has ended the whole transaction by itself, for example because the disk is full.
        // The earlier edits of the batch are lost too.
        Err(StoreError::Database(error)) if connection.is_autocommit() => return Err(error),
        written => written,
    };
    if written.is_err() {
        execute(connection, "rollback to savepoint edit", &[])?;
    }
    execute(connection, "release savepoint edit", &[])?;
    Ok(written)
}
