//! The cases. Each module measures one of them.

pub(crate) mod beside;
pub(crate) mod chats;
pub(crate) mod edits;
pub(crate) mod idle;
pub(crate) mod import;
mod load;
pub(crate) mod passwords;
pub(crate) mod presence;
mod pump;
pub(crate) mod relay;
pub(crate) mod storm;
pub(crate) mod syn;
pub(crate) mod tickets;
