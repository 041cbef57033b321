//! The durable state of the server: everything that the server needs after a restart.
//!
//! [`roster`] contains the lists, groups and settings of one account as plain data, and the rules
//! for changing them. [`accounts`] checks passwords, signs tickets and creates invite codes.
//! [`database`] keeps all this data in an embedded SQLite database. The crate contains nothing
//! about connections or presence, which exist only in memory.
//!
//! The word "account" has three meanings here. [`database::Account`] is a row with the address, the
//! name and the password hash. [`accounts::Accounts`] is the service in front of the rows. It
//! checks and hashes passwords. [`roster::Roster`] is the part of an account that its owner edits
//! with a client.

pub mod accounts;
pub mod database;
pub mod roster;
