//! Accounts, lists, invites and keys in an embedded SQLite database.
//!
//! A change is on the disk before the client receives its reply, because the database uses a write-ahead log and
//! `synchronous = full`. All changes go through one thread, which puts pending edits into one transaction, so that they
//! share an fsync. Reads have their own threads and connections, and never wait for a write.
//!
//! [`Store`] is the handle. Each method is in the module for the rows that the method uses:
//! `accounts` creates, reads and removes [`Account`]s, `rosters` and `phones` read lists, `writer`
//! and `changes` write lists, and `check` looks for damage. `thread` and `queue` pass work to the
//! connections, and `sql` runs statements on them. `files` decides whether a data directory can be
//! used. Passwords are hashed in [`crate::accounts`], never here.

mod account;
mod accounts;
mod changes;
mod check;
mod claim;
mod columns;
mod data_error;
mod edit;
mod error;
mod failure;
mod files;
mod invites;
mod keys;
mod migrate;
mod open;
mod phones;
mod queue;
mod rosters;
mod sql;
mod store;
mod thread;
mod writer;

pub use account::{Account, AccountId, Expected, NewAccount};
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
