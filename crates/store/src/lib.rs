//! Durable truth: what the server must still know after a restart.
//!
//! [`roster`] has the lists, groups and settings of one account as plain data, and the rules of changing them. [`accounts`] has passwords,
//! tickets and invite codes. [`database`] keeps both in an embedded SQLite database. The crate knows nothing about connections or
//! presence: those live in memory and are rebuilt.

pub mod accounts;
pub mod database;
pub mod roster;
