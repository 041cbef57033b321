//! Who is online, and who is told (docs/protocol/ns.md section 2).
//!
//! Each account that is in use has one [`Cell`]: its roster, its presence, and the way to its notification connection.
//! Whether W may see U depends on U's cell alone: W is on U's reverse or pending list (so W has U on FL), and U's own
//! AL, BL and BLP allow it. So a change of U holds U's cell, and appends to the outboxes of U's watchers; outboxes and
//! endpoints are leaves, under which nothing is locked. Lines about U reach each watcher in the order of U's changes,
//! and two accounts can never wait for each other.
//!
//! Lists are changed in turns: only the holder of an account's [`Turn`] edits its roster, over the write to the store.
//! Presence does not wait for turns.
//!
//! From the bottom: `endpoint` (a signed-in client) and `seen` (what an account shows), `tell` (the lines for a
//! watcher), `cell`, `registry` (cells and turns by handle), `directory` (loads cells from the store). Only the last
//! knows the store.

mod cell;
mod directory;
mod endpoint;
mod registry;
mod seen;
mod tell;
#[cfg(test)]
mod testing;

pub use cell::{AccountState, Cell, Shown};
pub use directory::{Directory, Turn};
pub use endpoint::{Client, Endpoint};
pub use seen::{AppearanceWatch, Presence, Seen};
