//! Connections of the doctor. The doctor sends one command and waits for its answer, so that each
//! finding can name the step that failed.
//!
//! The doctor does not use the client SDK `msnp-client`, because the SDK hides these steps and
//! speaks only the newest dialects. The doctor must act as every client in the table.

mod link;
mod notification;
mod switchboard;

pub(super) use notification::{Greeting, NotificationProbe};
pub(super) use switchboard::SwitchboardProbe;
