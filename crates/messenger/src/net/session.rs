//! What a connection asks of a session, and what a session answers.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use msnp::frame::Frame;
use msnp::{Malformed, Refusal};
use tokio::time::Instant;

/// What a connection is for: takes frames, answers through the connection's outbox.
pub trait Session: Send {
    /// What a command that had to wait brings back.
    type Outcome: Send;

    /// Whether a line may come now, and how long its payload is.
    fn payload_length(&mut self, line: &[u8]) -> Result<usize, Refusal>;

    /// Carries out a command.
    fn receive(&mut self, frame: Frame<'_>) -> Result<Handled<Self::Outcome>, Refusal>;

    /// Takes what a command that had to wait brings back.
    fn finish(&mut self, outcome: Self::Outcome) -> Result<(), Stop>;

    /// Answers a refusal that is not a bare close.
    fn refuse(&mut self, refusal: Refusal);

    /// Returns how long to pause before the next command, when the peer is too fast. Asked after each command; the next answer is
    /// about the next one.
    fn take_pause(&mut self) -> Option<Duration>;

    /// When the connection closes if nothing comes; `last` is when something came last.
    fn idle_deadline(&self, opened: Instant, last: Instant) -> Option<Instant>;

    /// When the session wants [`Session::tick`].
    fn next_tick(&self) -> Option<Instant>;

    /// The time that [`Session::next_tick`] named has come.
    fn tick(&mut self) -> Result<(), Stop>;

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
