//! Broken promises.

use std::fmt;

/// A promise of the server (ARCHITECTURE.md, "Promises").
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Promise {
    /// The server sends a line only when the protocol allows that line.
    Protocol,
    /// The server answers every command for which the protocol has an answer.
    Answer,
    /// All members of a switchboard session receive the messages in the same order. The messages of
    /// one sender arrive in the order in which they were sent.
    Order,
    /// Nobody receives a message twice.
    Once,
    /// Every message, presence and part of an account that a client receives was sent or set by a
    /// client.
    Genuine,
    /// If the server has put a message into the queue of a receiver, the message arrives, unless
    /// the connection of that receiver ends.
    Delivery,
    /// An account has at most one session.
    OneSession,
    /// Acknowledged edits are kept, and refused edits have no effect.
    Durable,
    /// Clients see changes in order, and show the correct state at the end.
    Presence,
    /// A hidden account appears offline to everyone, and an account appears offline to those it blocks.
    Privacy,
}

/// A broken promise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The promise that was broken.
    pub promise: Promise,
    /// A description of the events that broke the promise.
    pub what: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.promise, self.what)
    }
}

/// The violations found so far.
#[derive(Default)]
pub(super) struct Found(Vec<Violation>);

impl Found {
    pub(super) fn add(&mut self, promise: Promise, what: impl Into<String>) {
        self.0.push(Violation { promise, what: what.into() });
    }

    pub(super) fn into_violations(self) -> Vec<Violation> {
        self.0
    }
}
