//! The protocol without I/O: one account, its roster and its conversations, as a state machine.
//!
//! A [`Machine`] receives bytes and the time, and returns bytes and [`Output`]s. It has no sockets,
//! no clock, no threads and no random numbers of its own, so a test can simulate any server and any
//! time. [`Client`](crate::Client) drives a machine over real connections.
//!
//! The driver repeats these steps:
//!
//! - Carry out each [`Output`] that [`Machine::poll`] returns.
//! - Write the bytes that [`Machine::take_bytes`] returns.
//! - Call [`Machine::handle_timeout`] at the time that [`Machine::timeout`] returns.
//! - Report connections and received bytes to the machine.
//!
//! The driver must not read while [`Machine::is_full`] returns true. Otherwise, a fast server could
//! fill the memory if the program reads events slowly.

mod apply;
mod backoff;
mod conversation;
mod core;
mod edit;
pub mod limits;
mod link;
mod output;
mod phase;
mod random;
mod roster;
mod session;
mod sign_in;
mod steadiness;
mod talk;
mod transfer;

pub use self::core::{Machine, Options};
pub use edit::{Edit, EditError};
pub use output::{ConversationId, Delivery, EditId, Event, LinkId, MessageId, Output, SendError, SignedOut, Target};
pub use roster::{Entry, Me, PhoneKind, Presence, Roster, RosterChange};

#[cfg(test)]
mod tests;
