//! Swallowtail: a self-hosted MSN Messenger service.
//!
//! [`server::Server`] puts the parts of the service together, [`cli`] is the command line, and [`control`] passes the
//! commands of an operator to a running server. `helper` is the contact that belongs to the service. Everything else
//! lives in the crates below this one.

pub mod cli;
pub mod control;
mod helper;
mod memory;
pub mod server;
