//! Swallowtail: a self-hosted MSN Messenger service.

pub mod accounts;
pub mod roster;
pub mod store;
