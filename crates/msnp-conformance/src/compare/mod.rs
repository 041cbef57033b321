//! Holding a record against what came (docs/protocol/transcripts/README.md section 3).
//!
//! [`unit()`] is the way in, and [`head`] for the heads of gateway answers. They return the masked form of what came,
//! in which values of the server are replaced by their names, or a sentence that says what is wrong.

mod http;
mod line;
mod mismatch;
mod payload;
mod unit;
mod xml;

pub(crate) use unit::{head, head_fits, unit};
