//! The outgoing queue of one connection.
//!
//! Any task may append, and appending never blocks. The owner, which is the connection's task, takes all queued bytes
//! together. It writes them with as few system calls as the kernel allows, which matters more for throughput than
//! anything else here.
//!
//! The bytes that *other* connections queue are limited. If a client does not read and its queue
//! exceeds the limit, the server closes that client's connection. Other clients notice only that
//! this client disconnects. A connection's own answers do not count, but the server stops reading
//! from the connection while too many of these answers are unsent.
//!
//! Presence lines do not count either. Otherwise an account could close the connection of a contact
//! by changing its own presence often. A newer presence line about a contact replaces an older
//! presence line about the same contact that the connection's task has not taken yet (`presence`).
//! So the number of contacts limits the number of queued presence lines.

mod presence;

use std::fmt;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use msnp::Handle;
use swallowtail_base::lock;

use presence::PendingPresence;
pub use presence::PresenceLines;

/// The outgoing queue of a connection, shared between the connection's task (the owner) and all senders.
pub struct Outbox {
    /// The maximum number of unwritten bytes from other connections, not counting presence lines.
    limit: usize,
    queue: Mutex<Queue>,
}

#[derive(Default)]
struct Queue {
    /// All queued lines except for presence lines.
    bytes: Vec<u8>,
    presence: PendingPresence,
    /// The number of bytes in `bytes` that came from other connections.
    foreign: usize,
    taken: TakenBytes,
    phase: Phase,
    owner: Option<Waker>,
    /// The wakers of tasks that pause until the bytes from other connections in this queue are
    /// written.
    pausing: Vec<Waker>,
}

/// The numbers of bytes that the owner took and has not written yet.
#[derive(Clone, Copy, Debug, Default)]
struct TakenBytes {
    all: usize,
    /// The number of bytes from other connections, not counting presence lines.
    foreign: usize,
    presence: usize,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Phase {
    #[default]
    Open,
    /// The queued bytes are written, then the connection closes.
    Closing,
    /// The queued bytes are written if the socket accepts them now. Then the connection closes without waiting for its
    /// peer.
    Leaving,
    /// The connection closes immediately.
    Dead,
}

/// The next step for the owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Taken {
    /// Write the bytes that were moved into the buffer.
    Bytes,
    /// Close the connection, because everything is written.
    Close,
    /// Close the connection without writing more bytes.
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
        lock(&self.queue).reply(write);
    }

    /// Appends the answer to a command that put `contact` on FL, or removed it from FL.
    pub fn reply_to_list_change(&self, contact: &Handle, write: impl FnOnce(&mut Vec<u8>)) {
        let mut queue = lock(&self.queue);
        queue.presence.note_list_change(contact);
        queue.reply(write);
    }

    /// Appends an answer that contains all lists of the account.
    pub fn reply_with_lists(&self, write: impl FnOnce(&mut Vec<u8>)) {
        let mut queue = lock(&self.queue);
        queue.presence.note_lists();
        queue.reply(write);
    }

    /// Queues lines about the presence of a contact. These lines replace older lines about the same
    /// contact, if the owner has not taken the older lines yet.
    pub fn present(&self, contact: &Handle, lines: &PresenceLines) {
        let mut queue = lock(&self.queue);
        if queue.phase == Phase::Open {
            let at = queue.bytes.len();
            queue.presence.put(contact, lines, at);
            queue.wake();
        }
    }

    /// Appends a call from a contact. Returns `false` in the cases in which [`Self::send`] returns
    /// `None`.
    pub fn send_call(&self, caller: &Handle, write: impl FnOnce(&mut Vec<u8>)) -> bool {
        let mut queue = lock(&self.queue);
        queue.presence.note_call(caller);
        queue.send(self.limit, write).is_some()
    }

    /// Appends a line from another connection. Returns the backlog: the number of bytes from other connections that are
    /// not written yet. Returns `None` if the connection is gone or closing. If the line does not fit, closes the
    /// connection and returns `None`.
    pub fn send(&self, write: impl FnOnce(&mut Vec<u8>)) -> Option<usize> {
        lock(&self.queue).send(self.limit, write)
    }

    /// Closes the connection after the queued bytes are written. After this call, nothing can be
    /// appended.
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

    /// Closes the connection as soon as possible, because another connection needs its place.
    /// `write` can append a last line, which the owner sends only if the socket accepts it
    /// immediately.
    pub(crate) fn leave_with(&self, write: impl FnOnce(&mut Vec<u8>)) {
        let mut queue = lock(&self.queue);
        if matches!(queue.phase, Phase::Open | Phase::Closing) {
            write(&mut queue.bytes);
            queue.phase = Phase::Leaving;
            queue.wake();
        }
    }

    /// Returns how many bytes of the connection's own answers are not written yet. Returns `None` when the connection
    /// is closing.
    pub(crate) fn own_unsent(&self) -> Option<usize> {
        let queue = lock(&self.queue);
        let presence = queue.presence.replaceable() + queue.taken.presence;
        let others = queue.foreign + queue.taken.foreign + presence;
        (queue.phase == Phase::Open).then(|| queue.unwritten().saturating_sub(others))
    }

    /// Called by the task of another connection, while that task pauses until this queue is
    /// written. Returns `Ready` if all bytes from other connections in this queue are written, or
    /// if this connection is closing. Otherwise registers the waker of the calling task. Written
    /// bytes may still be in the buffer of the socket. That buffer is small (`site/src/accept.rs`).
    pub(super) fn poll_written(&self, context: &mut Context<'_>) -> Poll<()> {
        let mut queue = lock(&self.queue);
        if queue.is_written() {
            return Poll::Ready(());
        }
        if !queue.pausing.iter().any(|waker| waker.will_wake(context.waker())) {
            queue.pausing.push(context.waker().clone());
        }
        Poll::Pending
    }

    /// Called by the owner when it starts to run. Removes the owner's waker, because an answer that
    /// the owner itself appends need not wake the owner. The owner registers its waker again before
    /// it waits.
    pub(crate) fn begin_poll(&self) {
        lock(&self.queue).owner = None;
    }

    /// Called by the owner when it has written all bytes that it took. Moves the bytes that were
    /// queued since then into the empty `buffer`. If no bytes are queued, registers the owner's
    /// waker under the same lock, so that no wake-up is lost.
    pub(crate) fn poll_take(&self, context: &mut Context<'_>, buffer: &mut Vec<u8>) -> Poll<Taken> {
        let mut queue = lock(&self.queue);
        queue.taken = TakenBytes::default();
        queue.wake_pausing();
        if queue.phase == Phase::Dead {
            return Poll::Ready(Taken::Abort);
        }
        if queue.unwritten() > 0 {
            // The queue continues with a new vector, which has no buffer, so that an idle
            // connection has no buffer.
            let (bytes, presence) = (std::mem::take(&mut queue.bytes), std::mem::take(&mut queue.presence));
            queue.taken = TakenBytes {
                all: bytes.len() + presence.len(),
                foreign: std::mem::take(&mut queue.foreign),
                presence: presence.replaceable(),
            };
            // The lock is released now, so that senders do not wait while the bytes are copied.
            drop(queue);
            *buffer = presence.merge(bytes);
            return Poll::Ready(Taken::Bytes);
        }
        match queue.phase {
            Phase::Closing => Poll::Ready(Taken::Close),
            Phase::Leaving | Phase::Dead => Poll::Ready(Taken::Abort),
            Phase::Open => {
                queue.register(context);
                Poll::Pending
            }
        }
    }

    /// Called by the owner while it still has to write `unwritten` of the bytes that it took.
    /// Returns `Ready` if the connection must close or abort. Otherwise registers the owner's
    /// waker. The queue does not know which of the taken bytes are written. It assumes that bytes
    /// from other connections are written last. So its count of unwritten bytes from other
    /// connections can be too high, but never too low.
    pub(crate) fn poll_closing(&self, context: &mut Context<'_>, unwritten: usize) -> Poll<Taken> {
        let mut queue = lock(&self.queue);
        let foreign = queue.taken.foreign.min(unwritten);
        let presence = queue.taken.presence.min(unwritten - foreign);
        queue.taken = TakenBytes { all: unwritten, foreign, presence };
        match queue.phase {
            Phase::Leaving | Phase::Dead => Poll::Ready(Taken::Abort),
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
        queue.phase = Phase::Dead;
        queue.wake_pausing();
        *queue = Queue { phase: Phase::Dead, ..Queue::default() };
    }
}

/// Shows the number of queued bytes but not their contents: messages, cookies and tickets pass through here.
impl fmt::Debug for Outbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let queue = lock(&self.queue);
        write!(f, "Outbox({:?}, {} bytes)", queue.phase, queue.unwritten())
    }
}

impl Queue {
    fn reply(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        if self.phase == Phase::Open {
            write(&mut self.bytes);
            self.wake();
        }
    }

    fn send(&mut self, limit: usize, write: impl FnOnce(&mut Vec<u8>)) -> Option<usize> {
        if self.phase != Phase::Open {
            return None;
        }
        let before = self.bytes.len();
        write(&mut self.bytes);
        self.foreign += self.bytes.len() - before;
        let backlog = self.foreign + self.taken.foreign;
        let fits = backlog <= limit;
        if !fits {
            self.bytes = Vec::new();
            self.presence = PendingPresence::default();
            self.phase = Phase::Dead;
        }
        self.wake();
        fits.then_some(backlog)
    }

    /// Returns the number of bytes that are not written yet.
    fn unwritten(&self) -> usize {
        self.bytes.len() + self.presence.len() + self.taken.all
    }

    fn wake(&mut self) {
        if let Some(owner) = self.owner.take() {
            owner.wake();
        }
    }

    /// Returns whether all bytes from other connections are written, not counting presence lines.
    fn is_written(&self) -> bool {
        self.phase != Phase::Open || self.foreign + self.taken.foreign == 0
    }

    fn wake_pausing(&mut self) {
        if self.is_written() {
            self.pausing.drain(..).for_each(Waker::wake);
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
mod tests;
