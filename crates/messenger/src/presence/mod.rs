//! Presence: the accounts that are online, and the accounts that receive lines about them
//! (docs/protocol/ns.md section 2).
//!
//! Each account in use has one [`Cell`] with its roster, its presence, and its notification
//! connection. Account W may see account U if W has U on FL, and U's AL, BL and BLP allow W. If W
//! has U on FL, W is on U's reverse or pending list. So U's cell alone decides whether W may see U.
//! To change U, the server locks U's cell and appends lines to the outboxes of U's watchers (the
//! accounts that have U on FL). While an outbox or endpoint is locked, the server acquires no other
//! lock. Therefore lines about U reach each watcher in the order of U's changes, and two accounts
//! never wait for each other.
//!
//! Lists change in turns. Only the holder of an account's [`Turn`] edits its roster, and the holder keeps the turn
//! during the write to the store. Changes of presence do not need a turn.
//!
//! The modules, from the bottom up: `endpoint` (a signed-in client), `seen` (the presence that others see), `notice`
//! (the lines for a watcher), `cell`, `registry` (cells and turns by handle), `directory` (loads cells from the store).
//! Only `directory` uses the store.

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
