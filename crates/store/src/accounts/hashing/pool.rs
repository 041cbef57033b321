//! The threads that hash passwords.

use std::iter::repeat_n;
use std::num::NonZero;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use swallowtail_base::{lock, lower_priority};
use thiserror::Error;
use tokio::sync::oneshot;

use super::origin::Origin;
use super::pace::Pace;
use super::queue::{Place, Queue, Rank};
use crate::accounts::workspace::Workspace;

/// How long an idle thread keeps its memory. If the next sign-in comes within this time, it uses
/// the same memory.
const IDLE: Duration = Duration::from_secs(5);

/// The error for a password that was not hashed because too many passwords wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("too many passwords wait to be hashed")]
pub(in crate::accounts) struct Busy;

/// A pool with a limited number of threads that hash and check passwords. Clones are cheap and
/// share the threads.
///
/// Some threads are spare: they have a low priority, and work only while no usual thread is idle. So
/// the pool can use all cores of a small machine that is idle, but does not delay chat.
///
/// The pool has its own threads. Each thread has a workspace, and returns its memory to the system
/// when the thread is idle. When tokio's blocking threads did this work, 235 MiB stayed allocated
/// after a thousand sign-ins, because tokio starts many such threads.
#[derive(Clone, Debug)]
pub(in crate::accounts) struct Hasher(Arc<Pool>);

#[derive(Debug)]
struct Pool {
    /// The number of threads.
    threads: usize,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// The threads that have no job. The pool uses the last thread of this list first. Spare threads
    /// are at the front of the list. Otherwise, the thread that worked last is at the end, so that
    /// the other threads can free their memory.
    idle: Vec<Worker>,
    /// The callers that wait for a thread. While any caller waits, no thread is idle.
    waiting: Queue<oneshot::Sender<Turn>>,
    pace: Pace,
}

type Job = Box<dyn FnOnce(&mut Workspace) + Send>;

/// Sends jobs to one thread. The thread ends when all its senders are dropped.
#[derive(Clone, Debug)]
struct Worker {
    jobs: mpsc::Sender<Job>,
    /// True if the thread has a low priority.
    is_spare: bool,
}

/// The exclusive use of one thread. Dropping this value passes the thread to the next caller.
#[derive(Debug)]
pub(in crate::accounts) struct Turn {
    /// The thread. It is `None` only while this value is being dropped.
    worker: Option<Worker>,
    pool: Arc<Pool>,
    begun: Instant,
}

/// A caller that waits for a turn. Dropping this value gives up the caller's place in the queue.
struct Waiting<'a> {
    pool: &'a Pool,
    place: Place,
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        lock(&self.pool.state).waiting.remove(&self.place);
    }
}

impl Hasher {
    /// Starts a pool with as many threads as suit this machine.
    pub(in crate::accounts) fn for_this_machine() -> Self {
        let threads = threads();
        Self::new(threads.usual, threads.spare, IDLE)
    }

    fn new(usual: usize, spare: usize, idle: Duration) -> Self {
        let kinds = repeat_n(true, spare).chain(repeat_n(false, usual));
        let workers: Vec<_> = kinds.filter_map(|is_spare| start(is_spare, idle)).collect();
        let state = State { idle: workers, ..State::default() };
        Self(Arc::new(Pool { threads: state.idle.len(), state: Mutex::new(state) }))
    }

    /// Waits for a turn to use a thread. A caller that stops waiting loses its place in the queue.
    ///
    /// # Errors
    /// Fails if too many callers wait. In that case, this caller either gets no place in the queue
    /// or loses its place to another caller. Also fails if the pool has no threads.
    pub(in crate::accounts) async fn turn(&self, origin: &Origin, rank: Rank) -> Result<Turn, Busy> {
        if self.0.threads == 0 {
            return Err(Busy);
        }
        let (grant, granted) = oneshot::channel();
        let _waiting = {
            let mut state = lock(&self.0.state);
            if let Some(worker) = state.idle.pop() {
                return Ok(self.0.turn(worker));
            }
            let room = state.pace.room(self.0.threads);
            // Dropping the channel of a displaced caller tells that caller that it has lost its
            // place.
            let (place, _displaced) = state.waiting.push(rank, origin, grant, room);
            Waiting { pool: &self.0, place }
        };
        granted.await.map_err(|_| Busy)
    }
}

impl Turn {
    /// Does the work on the thread and returns the result of the work. The work runs to its end,
    /// even if the caller stops waiting, because a running hash cannot be stopped.
    pub(in crate::accounts) async fn run<T: Send + 'static>(
        self,
        work: impl FnOnce(&mut Workspace) -> T + Send + 'static,
    ) -> Result<T, Busy> {
        let (done, result) = oneshot::channel();
        let worker = self.worker.clone().ok_or(Busy)?;
        let job = move |workspace: &mut Workspace| {
            // If the work panics, `turn` is dropped and passes the thread on, and the caller
            // receives `Busy`.
            let turn = self;
            let value = work(workspace);
            lock(&turn.pool.state).pace.note(turn.begun.elapsed());
            drop(turn);
            let _ = done.send(value);
        };
        worker.jobs.send(Box::new(job)).map_err(|_| Busy)?;
        result.await.map_err(|_| Busy)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if let Some(worker) = self.worker.take() {
            self.pool.pass_on(worker);
        }
    }
}

impl State {
    fn rest(&mut self, worker: Worker) {
        let end = if worker.is_spare { self.idle.partition_point(|idle| idle.is_spare) } else { self.idle.len() };
        self.idle.insert(end, worker);
    }
}

impl Pool {
    fn turn(self: &Arc<Self>, worker: Worker) -> Turn {
        Turn { worker: Some(worker), pool: self.clone(), begun: Instant::now() }
    }

    /// Gives a thread to the next caller that waits.
    fn pass_on(self: &Arc<Self>, worker: Worker) {
        let mut state = lock(&self.state);
        let mut turn = self.turn(worker);
        while let Some(next) = state.waiting.pop() {
            match next.send(turn) {
                Ok(()) => return,
                // This caller stopped waiting a moment ago, so the loop offers the thread to the
                // next caller.
                Err(refused) => turn = refused,
            }
        }
        if let Some(worker) = turn.worker.take() {
            state.rest(worker);
        }
    }
}

/// The number of threads of each kind.
struct ThreadCounts {
    usual: usize,
    spare: usize,
}

/// The largest number of spare threads. Each thread needs 19 MiB while it works, and a machine with
/// many cores need not have much memory.
const MAX_SPARE: usize = 2;

/// Returns the number of threads on this machine. There is a usual thread for every two cores, so
/// that the other cores keep serving sockets (security.md section 2). Spare threads use the other
/// cores while nothing else needs them.
fn threads() -> ThreadCounts {
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    let usual = (cores / 2).max(1);
    ThreadCounts { usual, spare: (cores - usual).min(MAX_SPARE) }
}

/// Returns how many bytes the hashing threads of this machine allocate while they hash passwords.
/// Some of this memory is never written, but all of it counts towards a limit on the size of the
/// process (`ulimit -d`).
#[must_use]
pub fn hashing_memory() -> usize {
    let ThreadCounts { usual, spare } = threads();
    (usual + spare) * Workspace::ALLOCATION
}

/// Starts a thread. Returns `None` if the system cannot start another thread.
fn start(is_spare: bool, idle: Duration) -> Option<Worker> {
    let (sender, jobs) = mpsc::channel();
    let run = move || {
        if is_spare && let Err(error) = lower_priority() {
            tracing::warn!(%error, "could not lower the priority of a thread that hashes passwords");
        }
        work_off(&jobs, idle);
    };
    let started = thread::Builder::new().name("passwords".to_owned()).spawn(run);
    if let Err(error) = started {
        tracing::error!(%error, "could not start a thread that hashes passwords");
        return None;
    }
    Some(Worker { jobs: sender, is_spare })
}

/// Runs jobs until all senders are dropped. Frees the workspace whenever no job has arrived for
/// `idle`.
fn work_off(jobs: &mpsc::Receiver<Job>, idle: Duration) {
    let mut workspace = Workspace::new();
    loop {
        let job = match jobs.recv_timeout(idle) {
            Err(RecvTimeoutError::Timeout) => {
                workspace.release();
                jobs.recv().ok()
            }
            job => job.ok(),
        };
        let Some(job) = job else { return };
        // The panic has been logged already. The thread continues with the next job.
        let _ = catch_unwind(AssertUnwindSafe(|| job(&mut workspace)));
    }
}

#[cfg(test)]
mod tests;
