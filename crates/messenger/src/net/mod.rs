//! Connections: the parts that the notification server and the switchboard share.
//!
//! One task owns one stream ([`connection`]). To send to a connection, append to its [`Outbox`]. Appending never
//! blocks. The [`Session`] of a connection handles the lines that the connection receives.

mod bucket;
mod caller;
pub mod connection;
mod connections;
mod counter;
mod outbox;
mod peer;
mod prefixed;
mod scratch;
mod session;
mod stream;

pub use bucket::Bucket;
pub use caller::{Caller, Reachable, Via};
pub use connections::{Connections, Registration};
pub use counter::{Counter, Permit, counted_address};
#[cfg(test)]
pub(crate) use outbox::Taken;
pub use outbox::{Outbox, PresenceLines};
pub use peer::Peer;
pub use prefixed::{Prefixed, first_bytes};
pub use session::{CommandFuture, Connection, Handled, Session, Stop};
pub use stream::{AnyStream, Stream};
