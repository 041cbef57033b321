//! Swallowtail: a self-hosted MSN Messenger service.

pub mod config;
pub mod net;
pub mod presence;
pub mod random;
pub mod roster;
pub mod store;
pub mod switchboard;
mod sync;
