//! The messaging services: signing in, contact lists, presence and conversations.
//!
//! [`chat::Chat`] admits a stream, [`net::connection`] serves it, and its commands go to a session of `notification` or
//! [`switchboard`]. [`presence`] holds the accounts in use and decides which account sees which. [`service::Service`]
//! is shared by all connections. The crate opens no socket and does not speak HTTP. Everything that must survive a
//! restart is in the store.

pub mod chat;
pub mod net;
mod notification;
pub mod operator;
pub mod presence;
pub mod quirks;
pub mod rates;
pub mod service;
pub mod storage;
pub mod switchboard;
