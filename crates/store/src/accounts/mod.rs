//! Accounts and their passwords.
//!
//! [`Accounts`] is the service that checks and hashes passwords. The Passport endpoints, the sign-up page and the
//! command line call it; no other part of the server sees a password. It reads and writes the rows through
//! [`Store`](crate::database::Store), whose [`Account`](crate::database::Account) is one row, with the hash and never
//! the password. Rules: docs/protocol/security.md sections 1 to 3.

mod error;
mod hasher;
mod identity;
mod invite;
pub mod password;
mod reserved;
mod sendable;
mod service;
mod tickets;

pub use error::{AccountError, AuthError};
pub use identity::{default_name, member_id};
pub use invite::InviteCode;
pub use reserved::is_reserved;
pub use sendable::{Unsendable, check_sendable};
pub use service::Accounts;
pub use tickets::{Claims, TicketLife, Tickets};
