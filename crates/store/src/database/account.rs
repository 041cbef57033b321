//! An account as a row of the database.

use std::fmt;

use msnp::{DisplayName, Handle};
use rusqlite::Row;

use super::error::StoreError;

/// The number of an account. No other account ever gets the same number, even after the account was
/// removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountId(pub i64);

/// The part of an account's row that signing in needs. `Debug` omits the password hash.
#[derive(Clone)]
pub struct Account {
    /// Its number.
    pub id: AccountId,
    /// Its address.
    pub handle: Handle,
    /// Its display name.
    pub name: DisplayName,
    /// The hash of its password, a PHC string. Secret.
    pub password_hash: String,
    /// The version of its password. Each change of the password raises it by one.
    pub password_version: i64,
    /// The time when the account was created, in Unix time.
    pub created_at: i64,
}

/// An account and the version of its password, as a ticket names them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expected {
    /// The number of the account.
    pub id: AccountId,
    /// The version of the password.
    pub password_version: i64,
}

/// An account to be created. `Debug` omits the password hash.
#[derive(Clone)]
pub struct NewAccount {
    /// Its address.
    pub handle: Handle,
    /// Its display name.
    pub name: DisplayName,
    /// The hash of its password, a PHC string. Secret.
    pub password_hash: String,
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Account").field("id", &self.id).field("handle", &self.handle).finish_non_exhaustive()
    }
}

impl fmt::Debug for NewAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewAccount").field("handle", &self.handle).field("name", &self.name).finish_non_exhaustive()
    }
}

/// The columns of [`Account::from_row`]. A macro, so that statements can be built from it at compile time.
macro_rules! columns {
    () => {
        "id, handle, display_name, password_hash, password_version, created_at"
    };
}
pub(super) use columns;

impl Account {
    /// Returns whether this is the expected account, and its password has not changed.
    #[must_use]
    pub fn is(&self, expected: Expected) -> bool {
        self.id == expected.id && self.password_version == expected.password_version
    }

    /// Parses a row that begins with the columns of [`columns`].
    pub(super) fn from_row(row: &Row<'_>) -> Result<Self, StoreError> {
        let (handle, name): (String, String) = (row.get(1)?, row.get(2)?);
        Ok(Self {
            id: AccountId(row.get(0)?),
            handle: Handle::parse_lax(&handle).map_err(|_| StoreError::Malformed("handle"))?,
            name: DisplayName::new(&name).ok_or(StoreError::Malformed("display name"))?,
            password_hash: row.get(3)?,
            password_version: row.get(4)?,
            created_at: row.get(5)?,
        })
    }
}
