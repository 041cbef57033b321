//! A transcript file as data: parts made of steps (docs/protocol/transcripts/README.md sections 1 and 4).
//!
//! [`Script::read`] and [`Script::parse`] are the ways in; the player walks the steps of one part.

pub(crate) mod directive;
mod file;
mod folder;
mod message;
mod parse;
mod part;
mod words;

pub use file::Script;
pub use folder::transcripts;
pub(crate) use message::Message;
pub(crate) use part::{Action, Part, Service, Step};
