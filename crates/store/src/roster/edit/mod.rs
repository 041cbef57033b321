//! The rules of ADC, ADD, REM, ADG, REG, RMG, SBP and REA (docs/protocol/ns.md sections 1.2, 1.3, 8 and 9): what a
//! command changes, or the code that refuses it.
//!
//! Each function looks at a roster and returns changes; it does not apply them. The caller sees to it that the roster
//! stays as it is until they are written and applied. A command that touches two accounts calls a function of each
//! roster.

mod contacts;
mod groups;
mod lists;
mod own;

pub use contacts::NewContact;
pub use groups::{GroupRemoval, NewGroup};
pub use lists::NewListEntry;

#[cfg(test)]
mod tests;
