//! Brings accounts into the state that a part of a transcript starts from
//! (docs/protocol/transcripts/README.md section 4).
//!
//! This module uses only the protocol itself, so that it works with any server.

mod account;
pub(crate) mod dialog;
mod ticket;

pub(crate) use account::Accounts;
