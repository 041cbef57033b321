//! The threads that own the connections of the database, and carry out jobs on them.
//!
//! SQLite is synchronous. A statement blocks its thread for microseconds, or for as long as the
//! disk needs. Passing work to another thread costs more time than most statements. So a unit of
//! work, such as reading a roster, is one [`Job`]. However many statements a job has, it is passed
//! to a thread once and answered once.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use rusqlite::Connection;
use tokio::sync::{Semaphore, oneshot};
use tokio::time::timeout;

use super::error::StoreError;
use super::queue::Queue;
use super::sql::roll_back;

/// How long a job may wait until a thread begins it. If the wait is longer, the disk hangs or the
/// database is locked, and an error is better than a queue that grows. A job that has begun may
/// take longer, because checking a large database takes minutes.
const PATIENCE: Duration = Duration::from_secs(10);

/// A unit of work on a connection. A job sends its answer to its caller itself.
pub(super) type Job = Box<dyn FnOnce(&mut Connection) + Send>;

/// A function that carries out items on a connection. It removes each item from the list before it
/// begins to carry out that item.
pub(super) type Serve<Item> = fn(&mut Connection, &mut Vec<Item>);

/// A group of threads that share a queue of items. Each thread owns a connection. Clones are cheap and refer to the
/// same threads, which end when the last clone is dropped.
pub(super) struct Threads<Item>(Arc<Shared<Item>>);

struct Shared<Item> {
    queue: Arc<Queue<Item>>,
    count: u32,
    /// A permit for each thread that has closed its connection.
    ended: Arc<Semaphore>,
}

impl<Item: From<Job> + Send + 'static> Threads<Item> {
    /// Starts `count` threads, each with the connection that `open` returns. A thread takes up to `batch` items at a
    /// time from the queue.
    pub(super) async fn start(
        name: &str,
        count: u32,
        batch: usize,
        serve: Serve<Item>,
        open: impl Fn() -> Result<Connection, StoreError> + Clone + Send + 'static,
    ) -> Result<Self, StoreError> {
        let (queue, ended) = (Arc::new(Queue::new()), Arc::new(Semaphore::new(0)));
        let threads = Self(Arc::new(Shared { queue: queue.clone(), count, ended: ended.clone() }));
        let mut opening = Vec::new();
        for _ in 0..count {
            let (queue, open, end) = (queue.clone(), open.clone(), End(ended.clone()));
            let (opened, answer) = oneshot::channel();
            let run = move || {
                // The connection is dropped before `_end`.
                let _end = end;
                match open() {
                    Ok(connection) => {
                        let _ = opened.send(Ok(()));
                        work(connection, &queue, batch, serve);
                    }
                    Err(error) => drop(opened.send(Err(error))),
                }
            };
            thread::Builder::new().name(name.to_owned()).spawn(run).map_err(StoreError::Thread)?;
            opening.push(answer);
        }
        for answer in opening {
            answer.await.map_err(|_| StoreError::Closed)??;
        }
        Ok(threads)
    }

    /// Runs `work` on one of the connections. If the caller stops waiting after a thread has begun
    /// `work`, the thread completes `work`. If the caller stops waiting earlier, `work` is dropped.
    ///
    /// # Errors
    /// Returns the error of `work`. Returns [`StoreError::Slow`] if no thread begins `work` in
    /// time. In this case, no thread begins `work` after the error either. Returns
    /// [`StoreError::Closed`] if the threads end before one of them begins `work`, or if `work`
    /// panics.
    pub(super) async fn call<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (sender, mut answer) = oneshot::channel();
        // True if a thread has begun the job, or if the caller has given up the job.
        let taken = Arc::new(AtomicBool::new(false));
        let begins = taken.clone();
        let job: Job = Box::new(move |connection| {
            if !sender.is_closed() && !begins.swap(true, Ordering::AcqRel) {
                // The caller may be gone, because its connection ended.
                let _ = sender.send(work(connection));
            }
        });
        let answered = timeout(PATIENCE, async {
            self.push(job.into()).await?;
            (&mut answer).await.map_err(|_| StoreError::Closed)?
        });
        match answered.await {
            Ok(result) => result,
            Err(_) if taken.swap(true, Ordering::AcqRel) => answer.await.map_err(|_| StoreError::Closed)?,
            Err(_) => Err(StoreError::Slow),
        }
    }

    /// Queues an item that is not a job.
    pub(super) async fn push(&self, item: Item) -> Result<(), StoreError> {
        self.0.queue.push(item).await
    }

    /// Drops all queued items, waits until the threads have carried out the items that they have taken, and closes the
    /// connections.
    pub(super) async fn close(&self) {
        self.0.queue.close();
        // The semaphore is never closed.
        let _ = self.0.ended.acquire_many(self.0.count).await;
    }
}

#[cfg(test)]
impl Threads<Job> {
    /// Occupies one of the threads until the result is dropped.
    pub(super) async fn occupy(&self) -> std::sync::mpsc::Sender<()> {
        let (held, end) = std::sync::mpsc::channel();
        let (begun, begins) = oneshot::channel();
        let job: Job = Box::new(move |_| {
            let _ = begun.send(());
            let _ = end.recv();
        });
        self.push(job).await.unwrap();
        begins.await.unwrap();
        held
    }
}

impl<Item> Clone for Threads<Item> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<Item> std::fmt::Debug for Threads<Item> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Threads").field("count", &self.0.count).finish_non_exhaustive()
    }
}

impl<Item> Drop for Shared<Item> {
    fn drop(&mut self) {
        self.queue.close();
    }
}

/// A thread owns this value until it has closed its connection. Dropping the value adds a permit to
/// the semaphore [`Shared::ended`].
struct End(Arc<Semaphore>);

impl Drop for End {
    fn drop(&mut self) {
        self.0.add_permits(1);
    }
}

fn work<Item>(mut connection: Connection, queue: &Queue<Item>, batch: usize, serve: Serve<Item>) {
    let mut items = Vec::with_capacity(batch);
    while queue.take(&mut items, batch) {
        serve(&mut connection, &mut items);
    }
}

/// Carries out jobs, one after the other.
pub(super) fn serve_jobs(connection: &mut Connection, jobs: &mut Vec<Job>) {
    jobs.drain(..).for_each(|job| guarded(connection, job));
}

/// Calls `work` with a connection that is in no transaction. A panic in `work` does not end the
/// thread. The callers that wait for `work` receive [`StoreError::Closed`], because their answers
/// are dropped.
pub(super) fn guarded(connection: &mut Connection, work: impl FnOnce(&mut Connection)) {
    // If an earlier call had left a transaction open, the changes of `work` would become a part of
    // that transaction and would not be committed.
    if let Err(error) = roll_back(connection) {
        tracing::error!(%error, "could not end a failed transaction; the next call of the store is refused");
        return;
    }
    if catch_unwind(AssertUnwindSafe(|| work(connection))).is_err() {
        tracing::error!("a call of the store panicked");
        // The rollback releases the lock for writing. If the rollback fails, the next call of this
        // function tries it again.
        let _ = roll_back(connection);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    async fn in_memory(count: u32) -> Threads<Job> {
        Threads::start("test", count, 1, serve_jobs, || Ok(Connection::open_in_memory()?)).await.unwrap()
    }

    #[tokio::test]
    async fn a_panic_ends_only_its_own_call_and_the_transaction_of_that_call_is_rolled_back() {
        let threads = in_memory(1).await;
        let panicked: Result<(), _> = threads
            .call(|connection| {
                connection.execute_batch("begin; create table lost (id integer)")?;
                panic!("on purpose")
            })
            .await;
        assert!(matches!(panicked, Err(StoreError::Closed)));
        let tables = threads
            .call(|connection| {
                assert!(connection.is_autocommit());
                Ok(connection.query_row("select count(*) from sqlite_schema", [], |row| row.get::<_, i64>(0))?)
            })
            .await;
        assert_eq!(tables.unwrap(), 0);
    }

    #[tokio::test]
    async fn work_that_no_thread_begins_in_time_fails_and_is_never_carried_out() {
        let threads = in_memory(1).await;
        let held = threads.occupy().await;
        tokio::time::pause();
        let late = threads.call(|connection| Ok(connection.execute_batch("create table late (id integer)")?)).await;
        assert!(matches!(late, Err(StoreError::Slow)), "{late:?}");
        tokio::time::resume();
        drop(held);
        let read = threads.call(|connection| Ok(connection.execute_batch("select * from late")?)).await;
        assert!(read.unwrap_err().to_string().contains("no such table"));
    }

    #[tokio::test]
    async fn work_that_has_begun_has_no_time_limit_and_is_finished_even_if_its_caller_goes_away() {
        let threads = in_memory(1).await;
        let (begun, begins) = oneshot::channel();
        let (end, ends) = mpsc::channel::<()>();
        let slow = threads.call(move |connection| {
            let _ = begun.send(());
            let _ = ends.recv();
            Ok(connection.execute_batch("create table kept (id integer)")?)
        });
        let mut slow = Box::pin(slow);
        tokio::select! {
            _ = &mut slow => panic!("the work waits for its end"),
            started = begins => started.unwrap(),
        }
        tokio::time::pause();
        assert!(timeout(PATIENCE * 2, &mut slow).await.is_err(), "no limit applies to it");
        tokio::time::resume();
        drop(slow);
        drop(end);
        threads.call(|connection| Ok(connection.execute_batch("select * from kept")?)).await.unwrap();
    }

    #[tokio::test]
    async fn several_threads_work_at_the_same_time_and_all_end_when_they_are_closed() {
        let threads = in_memory(3).await;
        let held = [threads.occupy().await, threads.occupy().await, threads.occupy().await];
        let mut waiting = Box::pin(threads.call(|_| Ok(())));
        tokio::select! {
            biased;
            _ = &mut waiting => panic!("all threads are occupied"),
            () = std::future::ready(()) => {}
        }
        let closing = tokio::spawn({
            let threads = threads.clone();
            async move { threads.close().await }
        });
        assert!(matches!(waiting.await, Err(StoreError::Closed)), "its work was dropped");
        assert!(!closing.is_finished());
        drop(held);
        closing.await.unwrap();
        threads.close().await;
        assert!(matches!(threads.call(|_| Ok(())).await, Err(StoreError::Closed)));
    }

    #[tokio::test]
    async fn a_connection_that_cannot_be_opened_is_reported() {
        let open = || Err(StoreError::Random);
        let refused = Threads::<Job>::start("test", 2, 1, serve_jobs, open).await;
        assert!(matches!(refused, Err(StoreError::Random)));
    }
}
