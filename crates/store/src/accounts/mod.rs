//! Accounts and their passwords.
//!
//! [`Accounts`] is what signs people in and what the operator's commands change. The Passport endpoints and the command line
//! call it; nobody else sees a password. Rules: docs/protocol/security.md sections 1 to 3.

mod error;
mod hasher;
mod identity;
mod invite;
pub mod password;
mod reserved;
mod service;
mod tickets;

pub use error::{AccountError, AuthError};
pub use identity::{default_name, member_id};
pub use invite::InviteCode;
pub use reserved::is_reserved;
pub use service::Accounts;
pub use tickets::{Claims, TicketLife, Tickets};
