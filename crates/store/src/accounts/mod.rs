//! Accounts and their passwords.
//!
//! [`Accounts`] is the service that checks and hashes passwords. The Passport endpoints, the sign-up page and the
//! command line call it. No other part of the server sees a password. The service reads and writes rows through
//! [`Store`](crate::database::Store). An [`Account`](crate::database::Account) is one row, which contains the password
//! hash and never the password. The rules are in docs/protocol/security.md sections 1 to 3.

mod error;
mod familiar;
mod hashing;
mod identity;
mod invite;
pub mod password;
mod reserved;
mod sendable;
mod service;
mod tickets;
mod workspace;

pub use error::{AccountError, AuthError};
pub use hashing::{Origin, hashing_memory};
pub use identity::{default_name, member_id};
pub use invite::InviteCode;
pub use reserved::is_reserved;
pub use sendable::{Unsendable, check_sendable};
pub use service::{Accounts, STORE_PATIENCE};
pub use tickets::{Claims, TicketLife, Tickets};
