//! A transcript file as data, with parts that consist of steps (docs/protocol/transcripts/README.md sections 1 and 4).
//!
//! [`Script::read`] and [`Script::parse`] create a script. The player carries out the steps of one part.

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
pub(crate) use part::{Action, Part, Step};
