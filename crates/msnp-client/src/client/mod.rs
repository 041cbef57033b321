//! A client: an account that is signed in.

mod builder;
mod conversation;
mod driver;
mod event;
mod handle;
mod transfer;
mod transfers;

pub use builder::Builder;
pub use conversation::{Conversation, Receipt, Undelivered};
pub use event::{Event, Events, Incoming};
pub use handle::Client;
pub use transfer::{FileOffer, Progress, Transfer, TransferError};
