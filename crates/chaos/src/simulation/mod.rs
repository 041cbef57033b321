//! A deterministic simulation of the messenger with many clients, one seed and virtual time.
//!
//! The messenger runs in one thread, with a clock that moves only while every task waits. Its store
//! is in memory, and can be slow or fail. One loop drives the clients. Their connections are in
//! memory, and delay, cut and lose bytes. One seed decides all of this, and also the server's
//! random numbers. Everything that one seed decides is called a schedule. The same seed always
//! gives the same history. The checker for histories of the real server also reads these histories.
//!
//! At the end of a schedule, all faults end. Then the server must answer every command, and every
//! client must show the true state. After all clients have left, the server must keep nothing about
//! them in memory.

mod acts;
mod choices;
mod command;
mod host;
mod link;
mod options;
mod panics;
mod person;
mod reactions;
mod report;
mod schedule;
mod sign_in;
mod store;
mod stranger;
mod wire;
mod world;

use crate::history::{History, Violation, check};
use choices::Choices;
use stranger::Stranger;

pub use command::run;
pub use options::Options;

/// The default number of steps of a schedule (one simulated run).
pub const STEPS: u64 = 150;

/// A schedule (one simulated run) that was played.
#[derive(Debug)]
pub struct Played {
    /// The history of its clients.
    pub history: History,
    /// The promises that were broken.
    pub violations: Vec<Violation>,
}

/// Plays the schedule (the simulated run) that a seed decides.
#[must_use]
pub fn play(seed: u64, steps: u64) -> Played {
    checked(schedule::play(Choices::from_seed(seed), Stranger::default(), steps))
}

/// Plays the schedule that a fuzzer's input describes. The first two bytes (big-endian) are the
/// number of bytes that decide the choices. These bytes follow. A stranger sends all remaining
/// bytes, one line in each step. The schedule ends when all bytes are used up.
#[must_use]
pub fn play_bytes(bytes: &[u8]) -> Played {
    let (length, rest) = bytes.split_at(bytes.len().min(2));
    let length = length.iter().fold(0, |length, byte| length << 8 | usize::from(*byte));
    let (choices, stream) = rest.split_at(rest.len().min(length));
    checked(schedule::play(Choices::from_bytes(choices), Stranger::new(stream), STEPS))
}

fn checked(history: Option<History>) -> Played {
    let history = history.unwrap_or_default();
    let violations = check(&history);
    Played { history, violations }
}

#[cfg(test)]
mod tests;
