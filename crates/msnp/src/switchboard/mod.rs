//! The switchboard connections: every command in both directions (docs/protocol/sb.md).

mod client;
mod cookie;
mod data;
mod server;
mod verb;

pub use client::{AckFlag, ClientCommand};
pub use cookie::Cookie;
pub use data::data_destination;
pub use server::{Participant, ServerCommand};
pub use verb::{MAX_MESSAGE, ServerVerb, Stage, Verb, admit, server_payload_length};
