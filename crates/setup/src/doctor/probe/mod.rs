//! Connections of the doctor: one command, one answer, so that each finding can name the step that failed.
//!
//! The client SDK `msnp-client` hides these steps, and speaks only the newest dialects. The doctor acts as every client in
//! the table.

mod link;
mod notification;
mod switchboard;

pub(super) use notification::{Greeting, NotificationProbe};
pub(super) use switchboard::SwitchboardProbe;
