//! Swallowtail: a self-hosted MSN Messenger service.

pub mod accounts;
pub mod cli;
pub mod passport;
pub mod roster;
pub mod store;
