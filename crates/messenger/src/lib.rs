//! The messaging services: signing in, contact lists, presence and conversations.
//!
//! [`chat::Chat`] admits a stream, and [`net::connection`] serves it. A session of `notification`
//! or [`switchboard`] handles the commands that arrive on the connection. [`presence`] contains the
//! accounts in use and decides which account may see which other account. All connections share
//! [`service::Service`]. The crate opens no socket and does not speak HTTP. Everything that must
//! survive a restart is in the store.

mod busy;
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
