//! Checks passwords, and creates, changes and removes accounts for the operator's commands and the sign-up page.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use msnp::{DisplayName, Handle};
use tokio::time::{Instant, timeout_at};

use super::error::{AccountError, AuthError};
use super::familiar::Familiar;
use super::hashing::{Hasher, Origin, Rank};
use super::invite::InviteCode;
use super::password::{self, HashError, Workspace};
use crate::database::{Account, NewAccount, Store, StoreError};

/// The longest time that a sign-in may wait for the store. If the store is slower, the server
/// answers the client with an error. A client that receives an answer within 10 s tries again
/// later. A client that receives no answer in that time waits until its own timeout.
pub const STORE_PATIENCE: Duration = Duration::from_secs(8);

/// The account service: a store, and the pool that hashes passwords. Clones are cheap.
#[derive(Clone, Debug)]
pub struct Accounts {
    store: Store,
    hasher: Hasher,
    familiar: Arc<Familiar>,
    /// True if the store did not answer the last sign-in in time.
    is_store_slow: Arc<AtomicBool>,
    /// The contact that each new account gets.
    first_contact: Option<Handle>,
}

impl Accounts {
    /// Creates the service for the accounts of `store`.
    #[must_use]
    pub fn new(store: Store) -> Self {
        Self {
            store,
            hasher: Hasher::for_this_machine(),
            familiar: Arc::new(Familiar::new()),
            is_store_slow: Arc::default(),
            first_contact: None,
        }
    }

    /// Puts this address on the contact list of each account that this service creates from now on,
    /// and allows the address to see the account. An account with this address does not get the
    /// contact.
    #[must_use]
    pub fn with_first_contact(self, contact: Option<Handle>) -> Self {
        Self { first_contact: contact, ..self }
    }

    /// Returns the store that keeps the accounts.
    #[must_use]
    pub const fn store(&self) -> &Store {
        &self.store
    }

    /// Returns the account that the password is for, if the password is correct.
    ///
    /// The server takes the same time to refuse an unknown account, an invalid address and a wrong
    /// password. While many passwords wait, the server first checks the passwords that come from an
    /// IP address from which their account has lately signed in.
    ///
    /// # Errors
    /// Returns [`StoreError::Slow`] if the store does not answer within 8 s.
    pub async fn authenticate(&self, origin: &Origin, password: &[u8]) -> Result<Account, AuthError> {
        let begun = Instant::now();
        let password = msnp::text::decode_ansi(password).into_owned();
        // A password that no account can have is refused without any work. Such a quick refusal
        // reveals nothing about any account.
        if password::check(&password).is_err() {
            return Err(AuthError::Denied);
        }
        // Wait for a thread first, so that a flood of sign-ins does not reach the store.
        let turn = self.hasher.turn(origin, self.familiar.rank(origin, &password)).await?;
        let account = match origin.handle() {
            Some(handle) => self.account_in_time(handle, begun).await?,
            None => None,
        };
        let stored = account.as_ref().map(|account| account.password_hash.clone());
        let (password, checked) = turn
            .run(move |workspace| {
                let checked = verify_and_strengthen(workspace, &password, stored.as_deref());
                (password, checked)
            })
            .await?;
        let (is_correct, stronger) = checked?;
        let account = account.filter(|_| is_correct).ok_or(AuthError::Denied)?;
        self.familiar.note(origin, &password);
        if let Some(stronger) = stronger {
            self.keep_stronger(&account, &stronger).await;
        }
        Ok(account)
    }

    /// Reads an account for a sign-in that began at the time `begun`.
    ///
    /// The time limit is [`STORE_PATIENCE`]. Usually the time is counted from this call. If the
    /// store was too slow for the previous sign-in, the time is counted from `begun`, so it
    /// includes the time for which this sign-in waited for a thread. The reason is that a sign-in
    /// occupies its thread while it waits for the store. If the time were always counted from this
    /// call, queued sign-ins would fail one after the other. Counted from `begun`, they all fail at
    /// the same time.
    async fn account_in_time(&self, handle: &Handle, begun: Instant) -> Result<Option<Account>, StoreError> {
        let from = if self.is_store_slow.load(Ordering::Relaxed) { begun } else { Instant::now() };
        let read = timeout_at(from + STORE_PATIENCE, self.store.account(handle)).await;
        self.is_store_slow.store(read.is_err(), Ordering::Relaxed);
        read.unwrap_or(Err(StoreError::Slow))
    }

    /// Returns whether the account of `origin` has signed in from the IP address of `origin` within
    /// the last 30 days. The server forgets these sign-ins when it restarts, and remembers at most
    /// eight IP addresses for each account.
    #[must_use]
    pub fn is_familiar(&self, origin: &Origin) -> bool {
        self.familiar.knows(origin)
    }

    /// Creates an account.
    pub async fn create(&self, handle: Handle, name: DisplayName, password: &str) -> Result<(), AccountError> {
        let password_hash = self.hash_as(Rank::Familiar, &Origin::operator(), password).await?;
        let account = NewAccount { handle, name, password_hash };
        Ok(self.import(&[account]).await?)
    }

    /// Changes the password of an account. This invalidates the account's tickets.
    pub async fn set_password(&self, handle: &Handle, password: &str) -> Result<(), AccountError> {
        let hash = self.hash_as(Rank::Familiar, &Origin::operator(), password).await?;
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

    /// Returns whether an account with this address exists.
    pub async fn exists(&self, handle: &Handle) -> Result<bool, StoreError> {
        Ok(self.store.account(handle).await?.is_some())
    }

    /// Returns all accounts, sorted by address.
    pub async fn list(&self) -> Result<Vec<Account>, StoreError> {
        self.store.accounts().await
    }

    /// Creates accounts whose passwords are already hashed. Creates all of them or none.
    pub async fn import(&self, accounts: &[NewAccount]) -> Result<(), StoreError> {
        self.store.create_accounts(accounts, self.first_contact.as_ref()).await
    }

    /// Creates an account whose password is already hashed. If there is a code, counts one use of
    /// the code, and fails if the code is not valid.
    pub async fn sign_up(&self, account: &NewAccount, code: Option<&InviteCode>) -> Result<(), StoreError> {
        match code {
            Some(code) => {
                let contact = self.first_contact.as_ref();
                self.store.create_invited_account(account, &code.hash(), contact).await
            }
            None => self.import(std::slice::from_ref(account)).await,
        }
    }

    /// Returns whether a code can create an account now.
    pub async fn is_valid_invite(&self, code: &InviteCode) -> Result<bool, StoreError> {
        self.store.is_valid_invite(&code.hash()).await
    }

    /// Returns whether there is a code that can create an account now.
    pub async fn has_valid_invites(&self) -> Result<bool, StoreError> {
        self.store.has_valid_invites().await
    }

    /// Hashes a password. Returns the hash in the form in which the store keeps it.
    pub async fn hash(&self, origin: &Origin, password: &str) -> Result<String, AccountError> {
        self.hash_as(Rank::Stranger, origin, password).await
    }

    async fn hash_as(&self, rank: Rank, origin: &Origin, password: &str) -> Result<String, AccountError> {
        password::check(password)?;
        let password = password.to_owned();
        let turn = self.hasher.turn(origin, rank).await?;
        let hash = turn.run(move |workspace| workspace.hash(&password)).await?;
        Ok(hash?)
    }

    /// Stores a stronger hash of the same password. The sign-in succeeds even if the new hash
    /// cannot be stored.
    async fn keep_stronger(&self, account: &Account, hash: &str) {
        let kept = self.store.replace_password_hash(account.id, &account.password_hash, hash).await;
        if let Err(error) = kept {
            tracing::warn!(%error, "could not store a stronger password hash");
        }
    }
}

/// Returns whether the password is correct. If the password is correct and the stored hash is weak,
/// also returns a hash with the current parameters.
fn verify_and_strengthen(
    workspace: &mut Workspace,
    password: &str,
    stored: Option<&str>,
) -> Result<(bool, Option<String>), HashError> {
    let is_correct = workspace.verify(password, stored)?;
    let is_weak = is_correct && stored.is_some_and(password::is_weak);
    Ok((is_correct, is_weak.then(|| workspace.hash(password).ok()).flatten()))
}

#[cfg(test)]
mod tests;
