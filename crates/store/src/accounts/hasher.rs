//! The pool that passwords are hashed in.
//!
//! A hash costs 19 MiB and tens of milliseconds, so asking for many is an attack by itself (docs/protocol/security.md
//! section 2). Only so many run at once, only so many wait, and the rest is refused before any work.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;

use thiserror::Error;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use swallowtail_base::lock;

/// How many may wait. At tens of milliseconds each, the last of them is answered within a few seconds, which clients bear.
const WAITING: usize = 64;

/// The pool is full.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the password pool is full")]
pub(super) struct Busy;

/// Runs password work, within bounds. Cheap to clone; clones share the bounds.
///
/// It has threads of its own: an allocator keeps memory for the thread that used it, up to 64 MiB with glibc, and tokio's blocking
/// threads are many. A thousand sign-ins left 235 MiB behind there, and 60 MiB on one thread.
#[derive(Clone, Debug)]
pub(super) struct Hasher {
    /// Those that run or wait.
    admitted: Arc<Semaphore>,
    /// To the threads, which end with the last sender.
    jobs: mpsc::Sender<Job>,
}

type Job = Box<dyn FnOnce() + Send>;

/// A place in the queue; dropping it gives it back.
#[derive(Debug)]
pub(super) struct Place {
    admitted: OwnedSemaphorePermit,
    jobs: mpsc::Sender<Job>,
}

impl Hasher {
    /// Half of the cores, at least one: the others go on serving sockets (security.md section 2).
    pub(super) fn for_this_machine() -> Self {
        let cores = thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self::new((cores / 2).max(1), WAITING)
    }

    fn new(at_once: usize, waiting: usize) -> Self {
        let (jobs, queue) = mpsc::channel();
        let queue = Arc::new(Mutex::new(queue));
        for _ in 0..at_once {
            let queue = queue.clone();
            let started = thread::Builder::new().name("passwords".to_owned()).spawn(move || work_off(&queue));
            // Without any thread everybody finds the pool busy.
            if let Err(error) = started {
                tracing::error!(%error, "a thread that hashes passwords could not be started");
            }
        }
        Self { admitted: Arc::new(Semaphore::new(at_once + waiting)), jobs }
    }

    /// Takes a place, at once or not at all.
    pub(super) fn enter(&self) -> Result<Place, Busy> {
        let admitted = Arc::clone(&self.admitted).try_acquire_owned().map_err(|_| Busy)?;
        Ok(Place { admitted, jobs: self.jobs.clone() })
    }
}

impl Place {
    /// Does the work when its turn comes.
    ///
    /// The bounds hold until the work is done, even if nobody waits for it any more: a hash that runs cannot be stopped.
    pub(super) async fn run<T: Send + 'static>(self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Busy> {
        let (done, result) = oneshot::channel();
        let Self { admitted, jobs } = self;
        let job = move || {
            let value = work();
            drop(admitted);
            let _ = done.send(value);
        };
        // Work that panicked or found no thread has no better answer either.
        jobs.send(Box::new(job)).map_err(|_| Busy)?;
        result.await.map_err(|_| Busy)
    }
}

/// What a thread does until the last sender is gone.
fn work_off(queue: &Mutex<mpsc::Receiver<Job>>) {
    loop {
        let job = lock(queue).recv();
        let Ok(job) = job else { return };
        // The panic is in the log; the thread has others to serve.
        let _ = catch_unwind(AssertUnwindSafe(job));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[tokio::test]
    async fn who_finds_the_pool_full_is_refused_before_any_work() {
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
    async fn work_that_nobody_waits_for_still_counts() {
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
    async fn work_that_panics_is_busy_and_the_next_is_done() {
        let hasher = Hasher::new(1, 0);
        let panicking = hasher.enter().unwrap().run(|| panic!("on purpose"));
        assert_eq!(panicking.await, Err::<(), _>(Busy));
        assert_eq!(hasher.enter().unwrap().run(|| 1).await, Ok(1));
    }
}
