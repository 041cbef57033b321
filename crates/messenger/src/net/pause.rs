//! Pauses before the next command of a connection.
//!
//! A session asks for a [`Pause`] if the peer is too fast. During the pause, the connection's task
//! does not read, and TCP slows the peer down.

use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::Instant;

use super::Outbox;

/// A pause that a session asks for.
#[derive(Debug)]
pub struct Pause {
    least: Duration,
    most: Duration,
    /// The pause ends when the bytes in this queue are written, but not before `least`.
    reader: Option<Arc<Outbox>>,
}

impl Pause {
    /// Returns a pause of this length.
    #[must_use]
    pub const fn of(length: Duration) -> Self {
        Self { least: length, most: length, reader: None }
    }

    /// Returns a pause that ends when the bytes from other connections in the queue `reader` are
    /// written. The pause ends after `most` at the latest, even if the client of that queue does
    /// not read. So no connection waits for the socket of another connection.
    #[must_use]
    pub const fn until_written(reader: Arc<Outbox>, most: Duration) -> Self {
        Self { least: Duration::ZERO, most, reader: Some(reader) }
    }

    /// Returns this pause, extended so that it lasts at least for `length`.
    #[must_use]
    pub fn and(self, length: Option<Duration>) -> Self {
        let length = length.unwrap_or_default();
        Self { least: self.least.max(length), most: self.most.max(length), ..self }
    }
}

/// A pause that has begun.
#[derive(Debug)]
pub(super) struct Pausing {
    least: Instant,
    most: Instant,
    reader: Option<Arc<Outbox>>,
}

impl Pausing {
    /// Begins a pause.
    pub(super) fn new(pause: Pause) -> Self {
        let now = Instant::now();
        Self { least: now + pause.least, most: now + pause.most, reader: pause.reader }
    }

    /// Returns `Ready` if the pause is over. Otherwise the calling task is woken when the bytes in
    /// the reader's queue are written. The task must also call this method again at the time that
    /// [`Pausing::next`] returns.
    pub(super) fn poll(&self, context: &mut Context<'_>) -> Poll<()> {
        let now = Instant::now();
        if now >= self.most {
            return Poll::Ready(());
        }
        match &self.reader {
            Some(reader) if now >= self.least => reader.poll_written(context),
            _ => Poll::Pending,
        }
    }

    /// Returns the next time at which the pause may be over.
    pub(super) fn next(&self) -> Instant {
        if self.reader.is_some() && Instant::now() < self.least { self.least } else { self.most }
    }
}
