//! Accounts in the state that a part starts from, brought there over the protocol itself
//! (docs/protocol/transcripts/README.md section 4), so that it works against anybody's server.

mod account;
pub(crate) mod dialog;
mod ticket;

pub(crate) use account::Accounts;
