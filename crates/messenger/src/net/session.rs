//! The interface between a connection and its session.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use msnp::frame::Frame;
use msnp::{Malformed, Refusal};
use tokio::time::Instant;

use super::{Caller, Outbox, Pause, Place, Progress};

/// The parts of a connection that its session uses.
#[derive(Debug)]
pub struct Connection {
    /// The queue of lines for the client.
    pub outbox: Arc<Outbox>,
    /// The place of the connection in the table of all chat connections.
    pub place: Arc<Place>,
    /// The client, and the way in which it reached this server.
    pub caller: Caller,
    /// True if rate limits apply to the connection.
    pub limited: bool,
}

impl Connection {
    /// Notes that the client has begun to sign in.
    pub fn begun(&self) {
        // If this fails, the connection is about to close.
        let _ = self.place.advance(Progress::Begun);
    }

    /// Notes that the client is in a switchboard session.
    pub fn in_session(&self) {
        let _ = self.place.advance(Progress::InSession);
    }
}

/// Handles the frames of a connection, and answers through the connection's outbox.
pub trait Session: Send {
    /// The result of a command that waited for the store.
    type Outcome: Send;

    /// Returns the length of the payload that follows a line, or a refusal if the line is not allowed now.
    fn payload_length(&mut self, line: &[u8]) -> Result<usize, Refusal>;

    /// Carries out a command.
    fn receive(&mut self, frame: Frame<'_>) -> Result<Handled<Self::Outcome>, Refusal>;

    /// Completes a command that waited for the store.
    ///
    /// # Errors
    /// Returns the reason if the session ends.
    fn finish(&mut self, _outcome: Self::Outcome) -> Result<(), Stop> {
        Ok(())
    }

    /// Sends the error line of a refusal, if the refusal has one.
    fn refuse(&mut self, refusal: Refusal);

    /// Returns the pause before the next command, if the peer is too fast. Called once after each command.
    fn take_pause(&mut self) -> Option<Pause>;

    /// Returns the time at which the connection closes if the peer sends nothing before that.
    /// `opened` is the time when the connection opened, and `last` is the time when the peer last
    /// sent something.
    fn idle_deadline(&self, opened: Instant, last: Instant) -> Option<Instant>;

    /// Returns when to call [`Session::tick`]. The default is never.
    fn next_tick(&self) -> Option<Instant> {
        None
    }

    /// Does the work that is due at the time that [`Session::next_tick`] returned.
    fn tick(&mut self) -> Result<(), Stop> {
        Ok(())
    }

    /// Ends the session. Called exactly once, whatever has ended the connection.
    fn ended(&mut self);
}

/// The outcome of a command.
pub enum Handled<O> {
    /// The command is carried out, and its answer is queued.
    Done,
    /// The command waits for the store. Later commands wait until this command is done.
    Wait(CommandFuture<O>),
}

/// The rest of a command that waits for the store.
pub type CommandFuture<O> = Pin<Box<dyn Future<Output = O> + Send>>;

/// The reason why a session ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// The peer sent something that violates the protocol.
    Malformed(Malformed),
    /// The session is over, and its last answer is queued.
    Answered,
}

impl From<Malformed> for Stop {
    fn from(malformed: Malformed) -> Self {
        Self::Malformed(malformed)
    }
}
