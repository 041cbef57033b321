//! The notification and dispatch servers (docs/protocol/ns.md).
//!
//! [`NotificationSession`] reads the commands of one connection and passes each to the handler of
//! its family: `sign_in`, `sync`, `contacts`, `groups`, `settings`, `status`, `calls`, `challenge`,
//! `services`. A handler answers immediately, or returns a future if it needs the store
//! (`handling`). Only the session and `sign_in` know the connection's stage (`progress`). All other
//! handlers see only the signed-in account (`user`). The dispatch server is a [`Role`] of the
//! listener, not a separate server. Nothing in this module touches a socket.

mod calls;
mod challenge;
mod contacts;
mod edit;
mod groups;
mod handling;
mod helper;
mod numbers;
mod progress;
mod role;
mod services;
mod session;
mod settings;
mod shields;
mod sign_in;
mod status;
mod sync;
#[cfg(test)]
mod testing;
mod user;

pub(crate) use role::Role;
pub(crate) use session::{NotificationSession, announce_shutdown};
