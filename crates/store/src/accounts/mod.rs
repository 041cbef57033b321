//! Accounts and their passwords.
//!
//! [`Accounts`] is what signs people in and what the operator's commands change. The Passport endpoints and the command line
//! call it; nobody else sees a password. Rules: docs/protocol/security.md sections 1 to 3.

mod hasher;
mod invite;
pub mod password;
mod reserved;
mod tickets;

use msnp::{DisplayName, Handle};
use thiserror::Error;

use crate::database::{Account, AccountId, NewAccount, Store, StoreError};
use hasher::{Busy, Hasher};
pub use invite::InviteCode;
use password::{BadPassword, HashError};
pub use reserved::is_reserved;
pub use tickets::{Claims, TicketLife, Tickets};

/// The accounts of a store, with the pool that hashes their passwords. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Accounts {
    store: Store,
    hasher: Hasher,
}

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

impl Accounts {
    /// The accounts of this store.
    #[must_use]
    pub fn new(store: Store) -> Self {
        Self { store, hasher: Hasher::for_this_machine() }
    }

    /// Returns the store that keeps them.
    #[must_use]
    pub const fn store(&self) -> &Store {
        &self.store
    }

    /// The account of this address, if the password is its own.
    ///
    /// An unknown account, a word that is no address and a wrong password take the same time.
    pub async fn authenticate(&self, handle: &str, password: &[u8]) -> Result<Account, AuthError> {
        let password = msnp::text::decode_ansi(password).into_owned();
        // What no account can have is denied without work; that tells nothing about any account.
        if password::check(&password).is_err() {
            return Err(AuthError::Denied);
        }
        // The place in the queue comes first: under a flood not even the store is asked.
        let place = self.hasher.enter()?;
        let account = match Handle::parse_lax(handle) {
            Ok(handle) => self.store.account(&handle).await?,
            Err(_) => None,
        };
        let stored = account.as_ref().map(|account| account.password_hash.clone());
        let (good, stronger) = place
            .run(move || {
                let good = password::verify(&password, stored.as_deref());
                (good, good.then(|| strengthen(&password, stored.as_deref())).flatten())
            })
            .await?;
        let account = account.filter(|_| good).ok_or(AuthError::Denied)?;
        if let Some(stronger) = stronger {
            self.keep_stronger(&account, &stronger).await;
        }
        Ok(account)
    }

    /// Makes an account.
    pub async fn create(&self, handle: Handle, name: DisplayName, password: &str) -> Result<(), AccountError> {
        let password_hash = self.hash(password).await?;
        let account = NewAccount { handle, name, password_hash };
        Ok(self.store.create_accounts(&[account]).await?)
    }

    /// Gives an account another password; its tickets are dead.
    pub async fn set_password(&self, handle: &Handle, password: &str) -> Result<(), AccountError> {
        let hash = self.hash(password).await?;
        match self.store.set_password(handle, &hash).await? {
            true => Ok(()),
            false => Err(AccountError::Unknown(handle.clone())),
        }
    }

    /// Removes an account with its lists.
    pub async fn remove(&self, handle: &Handle) -> Result<(), AccountError> {
        match self.store.remove_account(handle).await? {
            true => Ok(()),
            false => Err(AccountError::Unknown(handle.clone())),
        }
    }

    /// Whether an address is an account.
    pub async fn exists(&self, handle: &Handle) -> Result<bool, StoreError> {
        Ok(self.store.account(handle).await?.is_some())
    }

    /// All accounts, by address.
    pub async fn list(&self) -> Result<Vec<Account>, StoreError> {
        self.store.accounts().await
    }

    /// Makes all of these accounts, whose passwords are hashed already, or none.
    pub async fn import(&self, accounts: &[NewAccount]) -> Result<(), StoreError> {
        self.store.create_accounts(accounts).await
    }

    /// Makes an account whose password is hashed already; with a code only if that is good for one more, and then it is used.
    pub async fn sign_up(&self, account: &NewAccount, code: Option<&InviteCode>) -> Result<(), StoreError> {
        match code {
            Some(code) => self.store.create_invited_account(account, &code.hash()).await,
            None => self.store.create_accounts(std::slice::from_ref(account)).await,
        }
    }

    /// Whether a code could make an account now.
    pub async fn is_good_invite(&self, code: &InviteCode) -> Result<bool, StoreError> {
        self.store.is_good_invite(&code.hash()).await
    }

    /// Whether anybody at all could sign up with a code now.
    pub async fn has_good_invites(&self) -> Result<bool, StoreError> {
        self.store.has_good_invites().await
    }

    /// What is kept of a password.
    pub async fn hash(&self, password: &str) -> Result<String, AccountError> {
        password::check(password)?;
        let password = password.to_owned();
        let hash = self.hasher.enter()?.run(move || password::hash(&password)).await?;
        Ok(hash?)
    }

    /// Best effort: who is signed in stays so whatever happens here.
    async fn keep_stronger(&self, account: &Account, hash: &str) {
        let kept = self.store.replace_password_hash(account.id, &account.password_hash, hash).await;
        if let Err(error) = kept {
            tracing::warn!(%error, "a password hash could not be renewed");
        }
    }
}

/// What others see of somebody who has not chosen a name: the part of the address before the @.
#[must_use]
pub fn default_name(handle: &Handle) -> DisplayName {
    let local = handle.as_str().split('@').next().unwrap_or_default();
    DisplayName::new(local).unwrap_or_else(|| DisplayName::from(handle))
}

/// A hash with our parameters in the place of a weaker one.
fn strengthen(password: &str, stored: Option<&str>) -> Option<String> {
    stored.filter(|hash| password::is_weak(hash)).and_then(|_| password::hash(password).ok())
}

/// The 64-bit number that clients know an account by: PUID, and MemberIdHigh and MemberIdLow of the profile.
///
/// High is 1 and low the number of the account. Old clients show low as a signed number, so both stay below 2^31
/// (docs/protocol/payloads.md section 9); an id that large is never reached.
#[must_use]
pub fn member_id(account: AccountId) -> u64 {
    const LOW: i64 = 0x7FFF_FFFF;
    (1 << 32) | (account.0 & LOW).unsigned_abs()
}

#[cfg(test)]
mod tests;
