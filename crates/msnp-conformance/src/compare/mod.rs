//! Compares received bytes with a record (docs/protocol/transcripts/README.md section 3).
//!
//! [`unit()`] compares a whole unit, and [`head`] compares only the head of a gateway answer. Both return the masked
//! form of the received bytes, in which names replace the server's values. On failure they return a sentence that
//! describes the difference.

mod http;
mod line;
mod mismatch;
mod payload;
mod unit;
mod xml;

pub(crate) use unit::{head, head_fits, unit};
