//! Why signing in or changing an account failed.

use msnp::Handle;
use thiserror::Error;

use super::hasher::Busy;
use super::password::{BadPassword, HashError};
use crate::database::StoreError;

/// Why somebody may not come in.
#[derive(Debug, Error)]
pub enum AuthError {
    /// A wrong password or an unknown account: which of them nobody is told (security.md section 3).
    #[error("wrong address or password")]
    Denied,
    /// More sign-ins wait than can be handled soon, or too many of the caller's were wrong. Nothing was hashed.
    #[error("too many sign-ins at once")]
    Busy,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why an account was not made or changed.
#[derive(Debug, Error)]
pub enum AccountError {
    /// The password cannot be one.
    #[error(transparent)]
    Password(#[from] BadPassword),
    /// There is no such account.
    #[error("there is no account {0}")]
    Unknown(Handle),
    /// More passwords wait to be hashed than can be soon.
    #[error("too many passwords are being hashed at once; try again")]
    Busy,
    /// The password could not be hashed.
    #[error(transparent)]
    Hash(#[from] HashError),
    /// The store failed, or the address is taken.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<Busy> for AuthError {
    fn from(_: Busy) -> Self {
        Self::Busy
    }
}

impl From<Busy> for AccountError {
    fn from(_: Busy) -> Self {
        Self::Busy
    }
}
