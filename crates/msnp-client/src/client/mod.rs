//! A client: an account that is signed in.

mod backlog;
mod builder;
mod cache;
mod conversation;
mod driver;
mod event;
mod handle;
mod progress;
mod tap;
mod transfer;
mod transfers;

pub use builder::Builder;
pub use cache::{MemoryCache, ObjectCache};
pub use conversation::{Conversation, Receipt, Undelivered};
pub use event::{Event, Events, Incoming};
pub use handle::Client;
pub use progress::{Progress, TransferError};
pub use tap::{Tap, Wire};
pub use transfer::{FileOffer, Transfer};
