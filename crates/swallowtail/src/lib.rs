//! Swallowtail: a self-hosted MSN Messenger service.

pub mod roster;
pub mod store;
