//! The pool that passwords are hashed in.
//!
//! A hash costs 19 MiB and tens of milliseconds, so asking for many is an attack by itself (docs/protocol/security.md
//! section 2). Only so many run at once, only so many wait, and the rest is refused before any work.

use std::sync::Arc;

use thiserror::Error;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task;

/// How many may wait. At tens of milliseconds each, the last of them is answered within a few seconds, which clients bear.
const WAITING: usize = 64;

/// The pool is full.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the password pool is full")]
pub(super) struct Busy;

/// Runs password work on tokio's blocking threads, within bounds. Cheap to clone; clones share the bounds.
#[derive(Clone, Debug)]
pub(super) struct Hasher {
    /// Those that run or wait.
    admitted: Arc<Semaphore>,
    /// Those that run.
    running: Arc<Semaphore>,
}

/// A place in the queue; dropping it gives it back.
#[derive(Debug)]
pub(super) struct Place {
    admitted: OwnedSemaphorePermit,
    running: Arc<Semaphore>,
}

impl Hasher {
    /// Half of the cores, at least one: the others go on serving sockets (security.md section 2).
    pub(super) fn for_this_machine() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self::new((cores / 2).max(1), WAITING)
    }

    fn new(at_once: usize, waiting: usize) -> Self {
        Self { admitted: Arc::new(Semaphore::new(at_once + waiting)), running: Arc::new(Semaphore::new(at_once)) }
    }

    /// Takes a place, at once or not at all.
    pub(super) fn enter(&self) -> Result<Place, Busy> {
        let admitted = Arc::clone(&self.admitted).try_acquire_owned().map_err(|_| Busy)?;
        Ok(Place { admitted, running: Arc::clone(&self.running) })
    }
}

impl Place {
    /// Does the work when its turn comes.
    ///
    /// The bounds hold until the work is done, even if nobody waits for it any more: a blocking thread cannot be stopped.
    pub(super) async fn run<T: Send + 'static>(self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Busy> {
        // The semaphore is never closed; and work that panicked or was dropped at shutdown has no better answer either.
        let running = self.running.acquire_owned().await.map_err(|_| Busy)?;
        let admitted = self.admitted;
        let task = task::spawn_blocking(move || {
            let result = work();
            drop((running, admitted));
            result
        });
        task.await.map_err(|_| Busy)
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
        let (started, is_started) = tokio::sync::oneshot::channel();
        let task = tokio::spawn(hasher.enter().unwrap().run(move || {
            let _ = started.send(());
            let _ = gate.recv();
        }));
        is_started.await.unwrap();
        task.abort();
        assert!(task.await.is_err());
        assert!(hasher.enter().is_err());
        release.send(()).unwrap();
        let _ = hasher.running.acquire().await.unwrap();
        while hasher.enter().is_err() {
            task::yield_now().await;
        }
    }
}
