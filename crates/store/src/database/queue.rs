//! The queue between the callers of the store, which are asynchronous, and the threads that own its connections.
//!
//! If all threads are busy when an item arrives, the queue wakes no thread and makes no system
//! call. The condition variable of the standard library would make a system call for each item.
//! Therefore the queue counts the threads that wait, and notifies the condition variable only if it
//! has to wake a thread.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, PoisonError};

use swallowtail_base::lock;
use tokio::sync::Semaphore;

use super::error::StoreError;

/// The maximum number of queued items. Each account has at most one queued edit, so this many
/// accounts can edit at the same time. While the queue is full, further callers wait.
const CAPACITY: usize = 4096;

/// A queue with a limited number of items. Several threads can take items from it.
pub(super) struct Queue<T> {
    /// A permit for each item that can still be queued.
    room: Semaphore,
    state: Mutex<State<T>>,
    filled: Condvar,
}

struct State<T> {
    items: VecDeque<T>,
    is_closed: bool,
    /// The number of threads that wait for an item.
    waiting: usize,
    /// The number of waiting threads that have been notified but do not run yet.
    notified: usize,
}

impl<T> Queue<T> {
    pub(super) fn new() -> Self {
        let state = State { items: VecDeque::new(), is_closed: false, waiting: 0, notified: 0 };
        Self { room: Semaphore::new(CAPACITY), state: Mutex::new(state), filled: Condvar::new() }
    }

    /// Waits until there is room, and adds an item. Fails if the queue is closed.
    pub(super) async fn push(&self, item: T) -> Result<(), StoreError> {
        self.room.acquire().await.map_err(|_| StoreError::Closed)?.forget();
        if self.add(item)? {
            self.filled.notify_one();
        }
        Ok(())
    }

    /// Adds an item. Returns whether a thread must be notified.
    fn add(&self, item: T) -> Result<bool, StoreError> {
        let mut state = lock(&self.state);
        if state.is_closed {
            return Err(StoreError::Closed);
        }
        state.items.push_back(item);
        let notifies = state.waiting > state.notified;
        state.notified += usize::from(notifies);
        Ok(notifies)
    }

    /// Waits for items, and moves up to `max` of them to the end of `taken`. Returns `false` if the queue is closed.
    pub(super) fn take(&self, taken: &mut Vec<T>, max: usize) -> bool {
        let mut state = lock(&self.state);
        while state.items.is_empty() && !state.is_closed {
            state.waiting += 1;
            state = self.filled.wait(state).unwrap_or_else(PoisonError::into_inner);
            state.waiting -= 1;
            // If the thread woke without a notification, this count can become too low. The next
            // item then notifies one thread more than necessary, which does no harm.
            state.notified = state.notified.saturating_sub(1);
        }
        let count = state.items.len().min(max);
        taken.extend(state.items.drain(..count));
        let is_open = !state.is_closed;
        drop(state);
        self.room.add_permits(count);
        is_open
    }

    /// Closes the queue and drops the queued items.
    pub(super) fn close(&self) {
        let mut state = lock(&self.state);
        state.is_closed = true;
        let dropped = std::mem::take(&mut state.items);
        drop(state);
        // Dropping an item wakes its caller, so the items are dropped after the lock is released.
        drop(dropped);
        self.room.close();
        self.filled.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[tokio::test]
    async fn each_item_is_taken_exactly_once_by_only_one_of_several_threads() {
        const THREADS: usize = 4;
        const ITEMS: u32 = 20_000;
        let queue = Arc::new(Queue::new());
        let take_all = |queue: Arc<Queue<u32>>| {
            let mut all = Vec::new();
            while queue.take(&mut all, 3) {
                if all.last() == Some(&u32::MAX) {
                    break;
                }
            }
            all.retain(|item| *item != u32::MAX);
            all
        };
        let threads: Vec<_> = (0..THREADS)
            .map(|_| {
                let queue = queue.clone();
                std::thread::spawn(move || take_all(queue))
            })
            .collect();
        for item in 0..ITEMS {
            queue.push(item).await.unwrap();
        }
        // A thread can take three of these end markers together, and then ends. So there are three
        // markers for each thread.
        for _ in 0..THREADS * 3 {
            queue.push(u32::MAX).await.unwrap();
        }
        let mut taken: Vec<_> = threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect();
        taken.sort_unstable();
        assert!(taken.into_iter().eq(0..ITEMS));
    }

    #[tokio::test]
    async fn a_full_queue_accepts_an_item_as_soon_as_another_item_is_taken() {
        let queue = Queue::new();
        for item in 0..CAPACITY {
            queue.push(item).await.unwrap();
        }
        let mut late = std::pin::pin!(queue.push(CAPACITY));
        assert!(poll_once(late.as_mut()).is_none(), "the queue is full");
        let mut taken = Vec::new();
        assert!(queue.take(&mut taken, 1));
        late.await.unwrap();
        assert!(queue.take(&mut taken, usize::MAX));
        assert!(taken.into_iter().eq(0..=CAPACITY));
    }

    #[tokio::test]
    async fn a_closed_queue_drops_its_items_and_refuses_new_items() {
        let queue = Queue::new();
        let item = Arc::new(());
        queue.push(item.clone()).await.unwrap();
        queue.close();
        assert_eq!(Arc::strong_count(&item), 1);
        assert!(matches!(queue.push(item).await, Err(StoreError::Closed)));
        assert!(!queue.take(&mut Vec::new(), 1));
    }

    /// Polls a future once.
    fn poll_once<F: Future>(future: std::pin::Pin<&mut F>) -> Option<F::Output> {
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        match future.poll(&mut context) {
            std::task::Poll::Ready(output) => Some(output),
            std::task::Poll::Pending => None,
        }
    }
}
