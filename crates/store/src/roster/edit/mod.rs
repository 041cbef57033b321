//! The rules of ADC, ADD, REM, ADG, REG, RMG, SBP and REA (docs/protocol/ns.md sections 1.2, 1.3, 8 and 9): what a command changes, or the
//! code that refuses it.
//!
//! Each function looks at rosters and returns changes; none is carried out here. A command that touches two accounts gets both
//! rosters, which nobody else may change until the changes are applied.

mod contacts;
mod groups;
mod lists;
mod own;

pub use contacts::NewContact;
pub use groups::{GroupRemoval, NewGroup};
pub use lists::NewListEntry;

#[cfg(test)]
mod tests;
