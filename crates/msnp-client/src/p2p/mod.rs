//! Peer-to-peer transfers in one conversation: display pictures and other objects, and files
//! (docs/protocol/payloads.md section 7).
//!
//! [`Engine`] is a state machine without sockets, clock or random numbers of its own. Its caller
//!
//! 1. passes the data of each [`msnp::message::PeerToPeer`] for this account to [`Engine::receive`];
//! 2. sends what [`Engine::poll_transmit`] returns, as a [`msnp::message::PeerToPeer`] with flag D, as fast as the connection
//!    accepts it;
//! 3. calls [`Engine::poll_event`] after each call of another function, until it returns `None`,
//!    and handles the returned events;
//! 4. calls [`Engine::handle_timeout`] at the time that [`Engine::poll_timeout`] returns.
//!
//! All data goes over the switchboard. The engine refuses requests for a direct connection, so it
//! does not disclose any IP address.

mod engine;
mod event;
mod incoming;
pub mod limits;
mod peer;
mod source;
mod transfer;

pub use engine::Engine;
pub use event::{Event, Failure, TransferId, Transmit};
