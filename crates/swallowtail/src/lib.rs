//! Swallowtail: a self-hosted MSN Messenger service.

pub mod accounts;
pub mod cli;
pub mod client;
pub mod config;
pub mod control;
pub mod net;
pub mod notification;
pub mod passport;
pub mod presence;
pub mod random;
pub mod rates;
pub mod roster;
pub mod server;
pub mod service;
pub mod store;
pub mod switchboard;
mod sync;
