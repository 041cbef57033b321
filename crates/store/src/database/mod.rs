//! Accounts, lists, invites and keys in an embedded SQLite database.
//!
//! A change is on the disk before the client gets its answer: the database runs with a write-ahead log and `synchronous
//! = full`. Changes of lists go through one writer, which puts all pending edits into one transaction, so that they
//! share an fsync. Reads have their own connections and never wait for a write.
//!
//! [`Store`] is the handle, and its methods stand with the rows they work on: `accounts` creates, reads and removes
//! [`Account`]s, `rosters` and `phones` read lists, `writer` and `changes` write them. Passwords are hashed in
//! [`crate::accounts`], before they get here.

mod account;
mod accounts;
mod changes;
mod check;
mod claim;
mod columns;
mod data_error;
mod edit;
mod error;
mod files;
mod invites;
mod keys;
mod migrate;
mod open;
mod phones;
mod rosters;
mod store;
mod writer;

pub use account::{Account, AccountId, NewAccount};
pub use check::{CheckStep, Checked, check};
pub use claim::Claim;
pub use data_error::DataError;
pub use edit::Edit;
pub use error::StoreError;
pub use files::IfMissing;
pub use invites::{Invite, NewInvite};
pub use phones::ContactPhones;
pub use store::Store;

#[cfg(test)]
mod tests;
