//! The thread pool that hashes passwords.
//!
//! A hash takes 19 MiB of memory and tens of milliseconds, so an attacker could overload the server by requesting many
//! (docs/protocol/security.md section 2). The pool limits how many hashes are computed at the same time and how many
//! wait. It refuses the rest before it does any work.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;

use swallowtail_base::lock;
use thiserror::Error;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

/// The maximum number of jobs that wait. At tens of milliseconds each, the last job is done within a few seconds, which
/// clients accept.
const WAITING: usize = 64;

/// The pool is full.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the password pool is full")]
pub(super) struct Busy;

/// A limited pool for password work. Cheap to clone; clones share the limits.
///
/// The pool has its own threads. An allocator keeps memory for each thread that used it, up to 64 MiB with glibc, and
/// tokio has many blocking threads. After a thousand sign-ins, 235 MiB stayed allocated on tokio's threads, but only
/// 60 MiB with one thread of the pool.
#[derive(Clone, Debug)]
pub(super) struct Hasher {
    /// A permit for each job that runs or waits.
    admitted: Arc<Semaphore>,
    /// The queue to the threads, which end when the last sender is dropped.
    jobs: mpsc::Sender<Job>,
}

type Job = Box<dyn FnOnce() + Send>;

/// A place in the queue. Dropping this value frees the place.
#[derive(Debug)]
pub(super) struct Place {
    admitted: OwnedSemaphorePermit,
    jobs: mpsc::Sender<Job>,
}

impl Hasher {
    /// Starts a pool that uses half of the cores, but at least one. The other cores keep serving sockets (security.md
    /// section 2).
    pub(super) fn for_this_machine() -> Self {
        let cores = thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self::new((cores / 2).max(1), WAITING)
    }

    fn new(concurrent: usize, waiting: usize) -> Self {
        let (jobs, queue) = mpsc::channel();
        let queue = Arc::new(Mutex::new(queue));
        for _ in 0..concurrent {
            let queue = queue.clone();
            let started = thread::Builder::new().name("passwords".to_owned()).spawn(move || work_off(&queue));
            // If no thread can be started, every caller gets [`Busy`].
            if let Err(error) = started {
                tracing::error!(%error, "could not start a thread that hashes passwords");
            }
        }
        Self { admitted: Arc::new(Semaphore::new(concurrent + waiting)), jobs }
    }

    /// Reserves a place in the queue, or fails immediately if the queue is full.
    pub(super) fn enter(&self) -> Result<Place, Busy> {
        let admitted = Arc::clone(&self.admitted).try_acquire_owned().map_err(|_| Busy)?;
        Ok(Place { admitted, jobs: self.jobs.clone() })
    }
}

impl Place {
    /// Runs the work when its turn comes and returns its result.
    ///
    /// The place stays reserved until the work is done, even if the caller stops waiting, because a running hash cannot
    /// be stopped.
    pub(super) async fn run<T: Send + 'static>(self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Busy> {
        let (done, result) = oneshot::channel();
        let Self { admitted, jobs } = self;
        let job = move || {
            let value = work();
            drop(admitted);
            let _ = done.send(value);
        };
        // If the work panicked or there is no thread to run it, the pool counts as busy too.
        jobs.send(Box::new(job)).map_err(|_| Busy)?;
        result.await.map_err(|_| Busy)
    }
}

/// Runs jobs until the last sender is dropped.
fn work_off(queue: &Mutex<mpsc::Receiver<Job>>) {
    loop {
        let job = lock(queue).recv();
        let Ok(job) = job else { return };
        // The panic has been logged already. The thread continues with the next job.
        let _ = catch_unwind(AssertUnwindSafe(job));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[tokio::test]
    async fn a_full_pool_refuses_before_any_work() {
        let hasher = Hasher::new(1, 1);
        let (release, gate) = mpsc::channel::<()>();
        let running = tokio::spawn(hasher.enter().unwrap().run(move || gate.recv()));
        let waiting = tokio::spawn(hasher.enter().unwrap().run(|| 2));
        assert_eq!(hasher.enter().unwrap_err(), Busy);
        release.send(()).unwrap();
        assert!(running.await.unwrap().is_ok());
        assert_eq!(waiting.await.unwrap(), Ok(2));
        assert!(hasher.enter().is_ok());
    }

    #[tokio::test]
    async fn work_keeps_its_place_even_if_its_caller_stops_waiting() {
        let hasher = Hasher::new(1, 0);
        let (release, gate) = mpsc::channel::<()>();
        let (started, is_started) = oneshot::channel();
        let task = tokio::spawn(hasher.enter().unwrap().run(move || {
            let _ = started.send(());
            let _ = gate.recv();
        }));
        is_started.await.unwrap();
        task.abort();
        assert!(task.await.is_err());
        assert!(hasher.enter().is_err());
        release.send(()).unwrap();
        while hasher.enter().is_err() {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn the_pool_continues_after_work_that_panics() {
        let hasher = Hasher::new(1, 0);
        let panicking = hasher.enter().unwrap().run(|| panic!("on purpose"));
        assert_eq!(panicking.await, Err::<(), _>(Busy));
        assert_eq!(hasher.enter().unwrap().run(|| 1).await, Ok(1));
    }
}
