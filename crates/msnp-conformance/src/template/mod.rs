//! The text of a record: escapes, `{word}` variables and `\R{n,c}` (docs/protocol/transcripts/README.md section 2).
//!
//! [`Template`] is what the parser makes of a text and what the renamer works on; [`matching`] holds one against
//! bytes from a server.

pub(crate) mod matching;
mod pieces;

pub(crate) use pieces::{Piece, Template, variable};
