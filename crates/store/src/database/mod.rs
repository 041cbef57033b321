//! Durable truth: accounts, lists and keys in an embedded SQLite database.
//!
//! Whatever was answered to a client is on the disk before the answer leaves: the database runs with a write-ahead log and
//! `synchronous = full`. Changes of lists go through one writer, which puts all that wait into one transaction, so that they
//! share an fsync. Reading has its own connections and never waits for a write.

mod account;
mod accounts;
mod changes;
mod claim;
mod columns;
mod edit;
mod error;
mod invites;
mod keys;
mod migrate;
mod open;
mod phones;
mod rosters;
mod store;
mod writer;

pub use account::{Account, AccountId, NewAccount};
pub use claim::Claim;
pub use edit::Edit;
pub use error::StoreError;
pub use invites::{Invite, NewInvite};
pub use phones::ContactPhones;
pub use store::Store;

#[cfg(test)]
mod tests;
