//! The protocol without I/O: one account, its roster and its conversations, as a state machine.
//!
//! A [`Machine`] receives bytes and the time, and returns bytes and [`Output`]s. It has no sockets, no clock, no
//! threads and no random numbers of its own, so a test can play any server and any time. [`Client`](crate::Client)
//! drives it over real connections.
//!
//! The driver repeats these steps: carry out each [`Output`] of [`Machine::poll`]; write the bytes of
//! [`Machine::take_bytes`]; call [`Machine::handle_timeout`] at the time of [`Machine::timeout`]; report connections
//! and received bytes. It stops reading while [`Machine::is_full`], so that a fast server cannot fill the memory of a
//! slow user.

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
