//! Broken promises.

use std::fmt;

/// A promise of the server (ARCHITECTURE.md, "Promises").
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Promise {
    /// The server sends nothing that the protocol does not allow at this point.
    Protocol,
    /// Every command that has an answer is answered.
    Answer,
    /// All members of a switchboard session receive the messages in the same order, which keeps the order of each
    /// sender.
    Order,
    /// Nobody receives a message twice.
    Once,
    /// Nobody receives anything that nobody sent: no message, no presence, no part of an account.
    Genuine,
    /// A message that was queued arrives, unless the connection of its receiver ends.
    Delivery,
    /// An account has at most one session.
    OneSession,
    /// Acknowledged edits are kept, and refused ones have no effect.
    Durable,
    /// At the end, clients show the correct state, and they saw all changes in order.
    Presence,
    /// A hidden account appears offline to everyone, and an account appears offline to those it blocks.
    Privacy,
}

/// A broken promise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The promise.
    pub promise: Promise,
    /// A description of what happened instead.
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
