//! The notification and dispatch servers (docs/protocol/ns.md).
//!
//! [`NotificationSession`] takes the commands of one connection. Each family of commands has a file with its handlers: `sign_in`,
//! `sync`, `contacts`, `groups`, `settings`, `status`, `calls`, `challenge`, `services`. A handler answers at once, or gives a
//! future when it needs the store. Dispatch is a [`Role`] of the listener, not another server.

mod calls;
mod challenge;
mod contacts;
mod edit;
mod groups;
mod services;
mod session;
mod settings;
mod shields;
mod sign_in;
mod status;
mod sync;

pub(crate) use session::announce_shutdown;
pub use session::{NotificationSession, Outcome, Role};
