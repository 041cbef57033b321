//! Peer-to-peer transfers in one conversation: display pictures and other objects, and files
//! (docs/protocol/payloads.md section 7).
//!
//! [`Engine`] is a state machine without sockets, clock or random numbers of its own. Its caller
//!
//! 1. passes the data of each [`msnp::message::PeerToPeer`] for this account to [`Engine::receive`];
//! 2. sends what [`Engine::poll_transmit`] returns, as a [`msnp::message::PeerToPeer`] with flag D, as fast as the connection
//!    accepts it;
//! 3. handles what [`Engine::poll_event`] returns, after every other call and until there is nothing more;
//! 4. calls [`Engine::handle_timeout`] at the time that [`Engine::poll_timeout`] returns.
//!
//! All data goes over the switchboard. Requests for a direct connection are refused, so no IP address is disclosed.

mod engine;
mod event;
mod incoming;
pub mod limits;
mod peer;
mod source;
mod transfer;

pub use engine::Engine;
pub use event::{Event, Failure, TransferId, Transmit};
