//! Connections: the parts that the notification server and the switchboard share.
//!
//! One task owns one stream ([`connection`]). To send to a connection, append to its [`Outbox`]. Appending never
//! blocks. The [`Session`] of a connection handles the lines that the connection receives.

mod bucket;
mod caller;
pub mod connection;
mod log_limit;
mod outbox;
mod pause;
mod peer;
mod prefixed;
mod scratch;
mod session;
mod stream;
mod table;

pub use bucket::Bucket;
pub use caller::{Caller, Reachable, Via};
pub use log_limit::LogLimit;
#[cfg(test)]
pub(crate) use outbox::Taken;
pub use outbox::{Outbox, PresenceLines};
pub use pause::Pause;
pub use peer::{Peer, counted_address};
pub use prefixed::{Prefixed, first_bytes};
pub use session::{CommandFuture, Connection, Handled, Session, Stop};
pub use stream::{AnyStream, Stream};
pub use table::{Full, Guest, NotAdmitted, Place, Progress, Table};
