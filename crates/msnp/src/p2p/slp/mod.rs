//! MSNSLP: the text messages that agree on sessions (docs/protocol/payloads.md section 7.2).

mod fields;
mod message;
mod parse;
mod start;
mod text;

pub use fields::{Fields, MAX_FIELDS};
pub use message::Message;
pub use parse::{BadMessage, MAX_MESSAGE};
pub use start::{ContentType, Method, StartLine, Status};
