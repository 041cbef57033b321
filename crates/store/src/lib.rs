//! Durable state: everything the server needs again after a restart.
//!
//! [`roster`] holds the lists, groups and settings of one account as plain data, and the rules for changing them.
//! [`accounts`] checks passwords, signs tickets and creates invite codes. [`database`] keeps all of it in an embedded
//! SQLite database. The crate knows nothing about connections or presence: those live in memory and are rebuilt.
//!
//! "Account" means three things here. [`database::Account`] is a row: address, name, password hash.
//! [`accounts::Accounts`] is the service in front of the rows, which checks and hashes passwords. [`roster::Roster`] is
//! the part of an account that its owner edits with a client.

pub mod accounts;
pub mod database;
pub mod roster;
