//! The messaging services: signing in, contact lists, presence and conversations.
//!
//! A stream enters by [`chat::Chat`], is served by [`net::connection`], and its commands go to a session of
//! `notification` or [`switchboard`]. [`presence`] has the accounts in use and decides who sees whom;
//! [`service::Service`] is what all connections share. The crate opens no socket and speaks no HTTP, and what it must
//! still know after a restart it leaves to the store.

pub mod chat;
pub mod net;
mod notification;
mod operator;
pub mod presence;
pub mod quirks;
pub mod rates;
pub mod service;
pub mod storage;
pub mod switchboard;
