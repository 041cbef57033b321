//! A client: an account that is signed in.

mod backlog;
mod builder;
mod conversation;
mod driver;
mod event;
mod handle;
mod progress;
mod transfer;
mod transfers;

pub use builder::Builder;
pub use conversation::{Conversation, Receipt, Undelivered};
pub use event::{Event, Events, Incoming};
pub use handle::Client;
pub use progress::{Progress, TransferError};
pub use transfer::{FileOffer, Transfer};
