//! The text of a record: escapes, `{word}` variables and `\R{n,c}` (docs/protocol/transcripts/README.md section 2).
//!
//! The parser turns a text into a [`Template`], and the renamer changes the handles in it. [`matching`] compares a
//! template with bytes from a server.

pub(crate) mod matching;
mod pieces;

pub(crate) use pieces::{Piece, Template, variable};
