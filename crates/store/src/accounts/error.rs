//! The errors of signing in and of changing accounts.

use msnp::Handle;
use thiserror::Error;

use super::hashing::Busy;
use super::password::{BadPassword, HashError};
use crate::database::StoreError;

/// The reason why a sign-in was refused.
#[derive(Debug, Error)]
pub enum AuthError {
    /// The password is wrong or the account does not exist. The error does not reveal which of the
    /// two is true (security.md section 3).
    #[error("wrong address or password")]
    Denied,
    /// Too many sign-ins wait, too many passwords from this caller were wrong, or the machine is out of memory. The
    /// password was not checked.
    #[error("too many sign-ins at the same time, too many wrong passwords from this address, or not enough memory")]
    Busy,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The reason why an account was not created or changed.
#[derive(Debug, Error)]
pub enum AccountError {
    /// The password is empty or too long.
    #[error(transparent)]
    Password(#[from] BadPassword),
    /// The account does not exist.
    #[error("the account {0} does not exist")]
    Unknown(Handle),
    /// Too many passwords are queued for hashing.
    #[error("too many passwords are being hashed at the same time; try again")]
    Busy,
    /// The password could not be hashed.
    #[error(transparent)]
    Hash(#[from] HashError),
    /// The store failed, or the address already has an account.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<Busy> for AuthError {
    fn from(_: Busy) -> Self {
        Self::Busy
    }
}

impl From<HashError> for AuthError {
    fn from(_: HashError) -> Self {
        Self::Busy
    }
}

impl From<Busy> for AccountError {
    fn from(_: Busy) -> Self {
        Self::Busy
    }
}
