//! What a connection asks of a session, and what a session answers.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use msnp::frame::Frame;
use msnp::{Malformed, Refusal};
use tokio::time::Instant;

use super::{Caller, Outbox, Registration};

/// What a session is given of its connection.
#[derive(Debug)]
pub struct Connection {
    /// The queue of lines for the client.
    pub outbox: Arc<Outbox>,
    /// The entry of the connection among all of the server.
    pub registration: Registration,
    /// The client, and the way that it came.
    pub caller: Caller,
    /// Whether its rates are limited.
    pub limited: bool,
}

/// What a connection is for: it is given frames, and answers through the connection's outbox.
pub trait Session: Send {
    /// The result of a command that waited for the store.
    type Outcome: Send;

    /// Returns how long the payload of a line is, if the line may come now.
    fn payload_length(&mut self, line: &[u8]) -> Result<usize, Refusal>;

    /// Carries out a command.
    fn receive(&mut self, frame: Frame<'_>) -> Result<Handled<Self::Outcome>, Refusal>;

    /// Goes on with the result of a command that waited for the store.
    ///
    /// # Errors
    /// Returns why the session ends, if it does.
    fn finish(&mut self, _outcome: Self::Outcome) -> Result<(), Stop> {
        Ok(())
    }

    /// Answers a refusal that is not a bare close.
    fn refuse(&mut self, refusal: Refusal);

    /// Returns how long to pause before the next command, when the peer is too fast. Asked after each command; the next
    /// answer is about the next one.
    fn take_pause(&mut self) -> Option<Duration>;

    /// Returns when the connection closes if nothing comes; `last` is when something came last.
    fn idle_deadline(&self, opened: Instant, last: Instant) -> Option<Instant>;

    /// Returns when the session wants [`Session::tick`]; never, unless it says otherwise.
    fn next_tick(&self) -> Option<Instant> {
        None
    }

    /// Does what is due at the time that [`Session::next_tick`] named.
    fn tick(&mut self) -> Result<(), Stop> {
        Ok(())
    }

    /// The connection is gone. Called once, whatever ended it.
    fn ended(&mut self);
}

/// What became of a command.
pub enum Handled<O> {
    /// It is carried out, and its answer is queued.
    Done,
    /// It waits for the store. Later commands wait for it.
    Wait(CommandFuture<O>),
}

/// The rest of a command that waits for the store.
pub type CommandFuture<O> = Pin<Box<dyn Future<Output = O> + Send>>;

/// Why a session ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// The peer sent what cannot be.
    Malformed(Malformed),
    /// The last answer is queued.
    Answered,
}

impl From<Malformed> for Stop {
    fn from(malformed: Malformed) -> Self {
        Self::Malformed(malformed)
    }
}
