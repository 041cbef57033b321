//! Who is on line, and who is told (docs/protocol/ns.md section 2).
//!
//! Each account that is in use has one [`Cell`]: its roster, its presence, and the way to its notification connection. Whether W
//! may see U depends on U's cell alone: W is on U's reverse or pending list (so W has U on FL), and U's own AL, BL and BLP allow
//! it. So a change of U holds U's cell, and appends to the outboxes of U's watchers; outboxes and endpoints are leaves, which nobody
//! locks anything under. Lines about U reach each watcher in the order of U's changes, and two accounts can never wait for each
//! other.
//!
//! Lists are changed in turns: who holds the [`Turn`] of an account is the only one to edit its roster, over the write to the
//! store. Presence does not wait for turns.

mod cell;
mod directory;
mod tell;

pub use cell::{AccountState, Cell, Client, Endpoint, Presence, Seen};
pub use directory::{Directory, Turn};
