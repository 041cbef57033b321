//! Finds the promises that a server broke. The checker reads only the history.
//!
//! The checker knows the order of the events of one connection, and their times. It takes nothing
//! else for granted: two events of different connections are ordered only if one ended before the
//! other began. So its results are also correct for a server that runs on many cores behind a slow
//! network. The history must not end before every open connection has received all lines that the
//! server owes it. The cost grows a little faster than the length of the history.

mod boards;
mod edits;
mod index;
mod order;
mod presence;
mod privacy;
mod sessions;
mod spans;
#[cfg(test)]
mod testing;
mod values;
mod violation;

use super::History;
use index::Index;
use values::Values;
use violation::Found;

pub use violation::{Promise, Violation};

/// Returns every violation in a history.
#[must_use]
pub fn check(history: &History) -> Vec<Violation> {
    let index = Index::new(history);
    let values = Values::new(&index);
    let mut found = Found::default();
    sessions::check(&index, &mut found);
    boards::check(&index, &mut found);
    edits::check(&index, &mut found);
    presence::check(&index, &values, &mut found);
    privacy::check(&index, &values, &mut found);
    found.into_violations()
}
