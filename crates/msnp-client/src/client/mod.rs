//! A client: an account that is signed in.

mod backlog;
mod builder;
mod conversation;
mod driver;
mod event;
mod handle;

pub use builder::Builder;
pub use conversation::{Conversation, Receipt, Undelivered};
pub use event::{Event, Events, Incoming};
pub use handle::Client;
