//! Tests of the pool with work that the tests control.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;

use tokio::task::JoinHandle;

use super::*;

/// A pool with one thread. The thread is busy with work that ends when the test releases it.
struct Held {
    hasher: Hasher,
    release: mpsc::Sender<()>,
    running: JoinHandle<Result<(), Busy>>,
}

impl Held {
    /// Creates the pool. Returns when the work has started.
    async fn new() -> Self {
        let hasher = Hasher::new(1, 0, IDLE);
        let turn = hasher.turn(&origin(0), Rank::Stranger).await.unwrap();
        let (release, gate) = mpsc::channel();
        let (started, is_started) = oneshot::channel();
        let running = tokio::spawn(turn.run(move |_| {
            let _ = started.send(());
            let _ = gate.recv();
        }));
        is_started.await.unwrap();
        Self { hasher, release, running }
    }

    /// Starts a caller that waits for a turn. Returns when the caller waits or is refused.
    async fn enter(&self, number: u8) -> JoinHandle<Result<u8, Busy>> {
        let hasher = self.hasher.clone();
        let task = tokio::spawn(async move {
            let turn = hasher.turn(&origin(number), Rank::Stranger).await?;
            turn.run(move |_| number).await
        });
        tokio::task::yield_now().await;
        task
    }
}

/// Starts to wait for a turn. When the test calls this function, no thread may be free.
async fn wait(hasher: &Hasher, origin: &Origin) -> Pin<Box<impl Future<Output = Result<Turn, Busy>>>> {
    let mut turn = Box::pin(hasher.turn(origin, Rank::Stranger));
    let is_pending = poll_fn(|context| Poll::Ready(turn.as_mut().poll(context).is_pending())).await;
    assert!(is_pending);
    turn
}

fn origin(number: u8) -> Origin {
    Origin::new([127, 0, 0, number].into(), "alice@example.com")
}

#[tokio::test]
async fn a_displaced_caller_gets_the_busy_error_and_its_password_is_not_hashed() {
    let held = Held::new().await;
    let mut flood = Vec::new();
    for _ in 0..Pace::default().room(1) {
        flood.push(held.enter(1).await);
    }
    let other = held.enter(2).await;
    assert_eq!(flood.pop().unwrap().await.unwrap(), Err(Busy), "the newest of the address with the most places");
    held.release.send(()).unwrap();
    assert_eq!(other.await.unwrap(), Ok(2));
    for waiting in flood {
        assert_eq!(waiting.await.unwrap(), Ok(1));
    }
    assert_eq!(held.running.await.unwrap(), Ok(()));
}

#[tokio::test]
async fn slow_hashing_reduces_the_number_of_callers_that_may_wait() {
    let held = Held::new().await;
    lock(&held.hasher.0.state).pace.note(Duration::from_secs(3600));
    let first = held.enter(1).await;
    assert_eq!(held.enter(2).await.await.unwrap(), Err(Busy));
    held.release.send(()).unwrap();
    assert_eq!(first.await.unwrap(), Ok(1));
}

#[tokio::test]
async fn a_password_whose_caller_has_gone_is_not_hashed() {
    let held = Held::new().await;
    let (started, mut is_started) = oneshot::channel();
    let hasher = held.hasher.clone();
    let gone = tokio::spawn(async move {
        let turn = hasher.turn(&origin(1), Rank::Stranger).await?;
        turn.run(move |_| started.send(())).await
    });
    tokio::task::yield_now().await;
    let stays = held.enter(2).await;
    gone.abort();
    assert!(gone.await.is_err());
    held.release.send(()).unwrap();
    assert_eq!(stays.await.unwrap(), Ok(2));
    assert_eq!(is_started.try_recv(), Err(oneshot::error::TryRecvError::Closed));
}

#[tokio::test]
async fn a_turn_whose_caller_has_gone_passes_to_the_next_caller() {
    let hasher = Hasher::new(1, 0, IDLE);
    let turn = hasher.turn(&origin(0), Rank::Stranger).await.unwrap();
    let origins = [1, 2].map(origin);
    let first = wait(&hasher, &origins[0]).await;
    let second = wait(&hasher, &origins[1]).await;
    drop(turn);
    // The pool has given the turn to the first caller, but this caller stops waiting before it
    // receives the turn.
    drop(first);
    let turn = second.await.unwrap();
    assert_eq!(turn.run(|_| 2).await, Ok(2));
}

#[tokio::test]
async fn a_running_hash_keeps_its_thread_even_if_its_caller_has_gone() {
    let held = Held::new().await;
    held.running.abort();
    assert!(held.running.await.is_err());
    let hasher = held.hasher.clone();
    let origin = origin(1);
    let next = wait(&hasher, &origin).await;
    held.release.send(()).unwrap();
    assert!(next.await.is_ok());
}

#[tokio::test]
async fn the_pool_keeps_working_after_a_job_panics() {
    let hasher = Hasher::new(1, 0, IDLE);
    let turn = hasher.turn(&origin(1), Rank::Stranger).await.unwrap();
    assert_eq!(turn.run(|_| panic!("on purpose")).await, Err::<(), _>(Busy));
    let turn = hasher.turn(&origin(1), Rank::Stranger).await.unwrap();
    assert_eq!(turn.run(|_| 1).await, Ok(1));
}

#[tokio::test]
async fn a_pool_without_threads_is_always_busy() {
    assert_eq!(Hasher::new(0, 0, IDLE).turn(&origin(1), Rank::Familiar).await.unwrap_err(), Busy);
}

#[tokio::test]
async fn a_hashing_thread_reuses_its_memory_until_the_thread_is_idle() {
    let blocks = |hasher: Hasher| async move {
        let turn = hasher.turn(&origin(1), Rank::Stranger).await.unwrap();
        let work = |workspace: &mut Workspace| {
            let before = workspace.len();
            assert!(workspace.blocks(8).is_ok());
            before
        };
        turn.run(work).await.unwrap()
    };
    let busy = Hasher::new(1, 0, Duration::from_secs(3600));
    assert_eq!([blocks(busy.clone()).await, blocks(busy.clone()).await], [0, 8]);
    // This thread is idle as soon as it waits for a job.
    let idle = Hasher::new(1, 0, Duration::ZERO);
    assert_eq!(blocks(idle.clone()).await, 0);
    while blocks(idle.clone()).await != 0 {}
}

#[tokio::test]
async fn a_spare_thread_works_only_while_no_usual_thread_is_idle() {
    let hasher = Hasher::new(1, 1, IDLE);
    let kind = |turn: &Turn| turn.worker.as_ref().unwrap().is_spare;
    for _ in 0..2 {
        let usual = hasher.turn(&origin(1), Rank::Stranger).await.unwrap();
        let spare = hasher.turn(&origin(1), Rank::Stranger).await.unwrap();
        assert_eq!((kind(&usual), kind(&spare)), (false, true));
        // The spare thread is the last one that becomes idle, and is still not preferred.
        drop(usual);
        drop(spare);
    }
}
