//! The rules of ADC, ADD, REM, ADG, REG, RMG, SBP and REA (docs/protocol/ns.md sections 1.2, 1.3, 8 and 9). Each rule
//! returns the changes that a command makes, or the error code that refuses the command.
//!
//! Each function reads a roster and returns changes, but does not apply them. The caller must keep
//! the roster unchanged until the changes are written and applied. For a command that affects two
//! accounts, the caller calls a function of each of the two rosters.

mod contacts;
mod groups;
mod lists;
mod own;

pub use contacts::NewContact;
pub use groups::{GroupRemoval, NewGroup};
pub use lists::NewListEntry;

#[cfg(test)]
mod tests;
