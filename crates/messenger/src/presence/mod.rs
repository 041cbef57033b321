//! Presence: which accounts are online, and which others are sent that (docs/protocol/ns.md section 2).
//!
//! Each account in use has one [`Cell`] with its roster, its presence, and its notification connection. Whether account
//! W may see account U depends only on U's cell: W is on U's reverse or pending list (so W has U on FL), and U's AL, BL
//! and BLP allow it. A change of U locks U's cell and appends lines to the outboxes of U's watchers. No other lock is
//! taken while an outbox or endpoint is locked. So lines about U reach each watcher in the order of U's changes, and
//! two accounts never wait for each other.
//!
//! Lists are changed in turns: only the holder of an account's [`Turn`] edits its roster, and it keeps the turn during
//! the write to the store. Changes of presence do not need a turn.
//!
//! From the bottom: `endpoint` (a signed-in client), `seen` (what an account shows), `notice` (the lines for a watcher),
//! `cell`, `registry` (cells and turns by handle), `directory` (loads cells from the store). Only `directory` uses the
//! store.

mod cell;
mod directory;
mod endpoint;
mod notice;
mod registry;
mod seen;
#[cfg(test)]
mod testing;

pub use cell::{AccountState, Cell, Shown};
pub use directory::{Directory, Turn};
pub use endpoint::{Client, Endpoint};
pub use seen::{AppearanceWatch, Presence, Seen};
