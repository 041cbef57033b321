//! The outgoing queue of one connection.
//!
//! Any task may append, and appending never blocks. The owner, which is the connection's task, takes all queued bytes
//! together. It writes them with as few system calls as the kernel allows, which matters more for throughput than
//! anything else here.
//!
//! The bytes that *other* connections queue are limited. If a client does not read and its queue exceeds the limit, the
//! server closes that client's connection. Other clients notice nothing else. A connection's own answers do not count,
//! but the server stops reading from the connection while too many of these answers are unsent.

use std::fmt;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use swallowtail_base::lock;

/// The outgoing queue of a connection, shared between the connection's task (the owner) and all senders.
pub struct Outbox {
    /// The maximum number of unwritten bytes from other connections.
    limit: usize,
    queue: Mutex<Queue>,
}

#[derive(Default)]
struct Queue {
    bytes: Vec<u8>,
    /// The number of `bytes` that came from other connections.
    foreign: usize,
    /// The number of bytes from other connections that the owner took and has not written yet.
    foreign_taken: usize,
    /// The number of bytes that the owner took and has not written yet.
    taken: usize,
    phase: Phase,
    owner: Option<Waker>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Phase {
    #[default]
    Open,
    /// The queued bytes are written, then the connection closes.
    Closing,
    /// The connection closes immediately.
    Dead,
}

/// The next step for the owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Taken {
    /// Write the bytes that were moved into the buffer.
    Bytes,
    /// Close, because everything is written.
    Close,
    /// Close without writing any more.
    Abort,
}

impl Outbox {
    /// Creates an empty queue that accepts up to `limit` bytes from other connections.
    #[must_use]
    pub fn new(limit: usize) -> Arc<Self> {
        Arc::new(Self { limit, queue: Mutex::default() })
    }

    /// Appends an answer to the connection's own command.
    pub fn reply(&self, write: impl FnOnce(&mut Vec<u8>)) {
        let mut queue = lock(&self.queue);
        if queue.phase == Phase::Open {
            write(&mut queue.bytes);
            queue.wake();
        }
    }

    /// Appends a line from another connection. Returns the backlog: the number of bytes from other connections that are
    /// not written yet. Returns `None` if the connection is gone or closing. If the line does not fit, closes the
    /// connection and returns `None`.
    pub fn send(&self, write: impl FnOnce(&mut Vec<u8>)) -> Option<usize> {
        let mut queue = lock(&self.queue);
        if queue.phase != Phase::Open {
            return None;
        }
        let before = queue.bytes.len();
        write(&mut queue.bytes);
        queue.foreign += queue.bytes.len() - before;
        let backlog = queue.foreign + queue.foreign_taken;
        let fits = backlog <= self.limit;
        if !fits {
            queue.bytes = Vec::new();
            queue.phase = Phase::Dead;
        }
        queue.wake();
        fits.then_some(backlog)
    }

    /// Closes the connection once the queued bytes are written. After this nothing can be appended.
    pub fn close(&self) {
        let mut queue = lock(&self.queue);
        if queue.phase == Phase::Open {
            queue.phase = Phase::Closing;
            queue.wake();
        }
    }

    /// Appends a last line and closes the connection, in one step, so that no other line comes in between.
    pub fn close_with(&self, write: impl FnOnce(&mut Vec<u8>)) {
        let mut queue = lock(&self.queue);
        if queue.phase == Phase::Open {
            write(&mut queue.bytes);
            queue.phase = Phase::Closing;
            queue.wake();
        }
    }

    /// Returns how many bytes of the connection's own answers are not written yet. Returns `None` when the connection
    /// is closing.
    pub(crate) fn own_unsent(&self) -> Option<usize> {
        let queue = lock(&self.queue);
        let foreign = queue.foreign + queue.foreign_taken;
        (queue.phase == Phase::Open).then(|| (queue.bytes.len() + queue.taken).saturating_sub(foreign))
    }

    /// Called by the owner when it starts to run. Removes the owner's waker, because an answer that the owner appends
    /// itself need not wake it. The owner registers its waker again before it waits.
    pub(crate) fn begin_poll(&self) {
        lock(&self.queue).owner = None;
    }

    /// Called by the owner when it has written everything it took. Moves the bytes queued since then into the empty
    /// `buffer`. If no bytes are queued, registers the owner's waker under the same lock, so that no wake-up is lost.
    pub(crate) fn poll_take(&self, context: &mut Context<'_>, buffer: &mut Vec<u8>) -> Poll<Taken> {
        let mut queue = lock(&self.queue);
        queue.taken = 0;
        queue.foreign_taken = 0;
        if queue.phase == Phase::Dead {
            return Poll::Ready(Taken::Abort);
        }
        if !queue.bytes.is_empty() {
            // The written vector is not reused, so that an idle connection has no buffer.
            *buffer = std::mem::take(&mut queue.bytes);
            queue.taken = buffer.len();
            queue.foreign_taken = std::mem::take(&mut queue.foreign);
            return Poll::Ready(Taken::Bytes);
        }
        if queue.phase == Phase::Closing {
            return Poll::Ready(Taken::Close);
        }
        queue.register(context);
        Poll::Pending
    }

    /// Called by the owner while `unwritten` of the bytes that it took are still to be written. Returns whether the
    /// connection must close or abort. If neither, registers the owner's waker. Written bytes are first subtracted from
    /// the connection's own answers, so that the count of bytes from other connections is never too low.
    pub(crate) fn poll_closing(&self, context: &mut Context<'_>, unwritten: usize) -> Poll<Taken> {
        let mut queue = lock(&self.queue);
        queue.taken = unwritten;
        queue.foreign_taken = queue.foreign_taken.min(unwritten);
        match queue.phase {
            Phase::Dead => Poll::Ready(Taken::Abort),
            Phase::Closing => Poll::Ready(Taken::Close),
            Phase::Open => {
                queue.register(context);
                Poll::Pending
            }
        }
    }

    /// Called by the owner when the connection is gone. Discards the queue.
    pub(crate) fn shut(&self) {
        let mut queue = lock(&self.queue);
        *queue = Queue { phase: Phase::Dead, ..Queue::default() };
    }
}

/// Shows the number of queued bytes but not their contents: messages, cookies and tickets pass through here.
impl fmt::Debug for Outbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let queue = lock(&self.queue);
        write!(f, "Outbox({:?}, {} bytes)", queue.phase, queue.bytes.len() + queue.taken)
    }
}

impl Queue {
    fn wake(&mut self) {
        if let Some(owner) = self.owner.take() {
            owner.wake();
        }
    }

    fn register(&mut self, context: &Context<'_>) {
        match &mut self.owner {
            Some(owner) => owner.clone_from(context.waker()),
            None => self.owner = Some(context.waker().clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn take(outbox: &Outbox) -> (Poll<Taken>, Vec<u8>) {
        let mut buffer = Vec::new();
        let taken = outbox.poll_take(&mut Context::from_waker(Waker::noop()), &mut buffer);
        (taken, buffer)
    }

    fn say(bytes: &[u8]) -> impl FnOnce(&mut Vec<u8>) {
        let bytes = bytes.to_vec();
        move |out| out.extend(bytes)
    }

    #[test]
    fn all_queued_bytes_are_taken_together() {
        let outbox = Outbox::new(10);
        outbox.reply(say(b"a"));
        assert_eq!(outbox.send(say(b"b")), Some(1));
        assert_eq!(take(&outbox), (Poll::Ready(Taken::Bytes), b"ab".to_vec()));
        assert_eq!(take(&outbox).0, Poll::Pending);
    }

    #[test]
    fn bytes_from_others_count_until_they_are_written() {
        let outbox = Outbox::new(10);
        assert_eq!(outbox.send(say(b"123456")), Some(6));
        assert_eq!(take(&outbox).0, Poll::Ready(Taken::Bytes));
        assert_eq!(outbox.send(say(b"12345")), None, "six of eleven bytes are not written yet");
        assert_eq!(take(&outbox).0, Poll::Ready(Taken::Abort));
        assert_eq!(outbox.send(say(b"x")), None);
    }

    #[test]
    fn written_bytes_make_room_for_more() {
        let outbox = Outbox::new(10);
        assert_eq!(outbox.send(say(b"123456")), Some(6));
        assert_eq!(take(&outbox).0, Poll::Ready(Taken::Bytes));
        assert_eq!(outbox.poll_closing(&mut Context::from_waker(Waker::noop()), 2), Poll::Pending);
        assert_eq!(outbox.send(say(b"12345678")), Some(10), "four of six bytes are written");
    }

    #[test]
    fn own_answers_do_not_count_against_the_limit_but_are_reported() {
        let outbox = Outbox::new(10);
        outbox.reply(say(&[0; 100]));
        assert_eq!(outbox.send(say(b"x")), Some(1));
        assert_eq!(outbox.own_unsent(), Some(100));
        assert_eq!(take(&outbox).0, Poll::Ready(Taken::Bytes));
        assert_eq!(outbox.own_unsent(), Some(100), "taken bytes are not written yet");
        assert_eq!(take(&outbox).0, Poll::Pending);
        assert_eq!(outbox.own_unsent(), Some(0));
    }

    #[test]
    fn a_closing_connection_gets_the_queued_bytes_and_nothing_more() {
        let outbox = Outbox::new(10);
        outbox.reply(say(b"a"));
        outbox.close_with(say(b"b"));
        outbox.reply(say(b"c"));
        assert_eq!(outbox.send(say(b"d")), None);
        assert_eq!(outbox.own_unsent(), None);
        assert_eq!(take(&outbox), (Poll::Ready(Taken::Bytes), b"ab".to_vec()));
        assert_eq!(take(&outbox).0, Poll::Ready(Taken::Close));
    }
}
