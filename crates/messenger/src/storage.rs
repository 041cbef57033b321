//! The interface between the messaging services and the store.
//!
//! The services use the store only through [`Storage`], so that their tests run without a database. This module has no
//! logic of its own.

use std::fmt::Debug;
use std::pin::Pin;

use msnp::Handle;
use swallowtail_store::database::{Account, AccountId, ContactPhones, Edit, Expected, Store, StoreError};
use swallowtail_store::roster::Roster;

#[cfg(any(test, feature = "simulation"))]
pub mod memory;

/// The result of a call to the store. One allocation for each call costs little compared with the disk.
pub type StoreFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// Reads and edits accounts and their rosters.
pub trait Storage: Debug + Send + Sync {
    /// Returns the account at this address, if it exists.
    ///
    /// # Errors
    /// Fails if the store cannot be read.
    fn account<'a>(&'a self, handle: &'a Handle) -> StoreFuture<'a, Option<Account>>;

    /// Returns the account at this address and its roster. Both are read in one trip to the store. Returns `None` if
    /// the account does not exist, or if it is not the `expected` one (see [`Store::roster`]).
    ///
    /// # Errors
    /// Fails if the store cannot be read.
    fn roster<'a>(
        &'a self,
        handle: &'a Handle,
        expected: Option<Expected>,
    ) -> StoreFuture<'a, Option<(Account, Roster)>>;

    /// Returns the telephone numbers of those contacts of `owner` that have numbers and let `owner` see them (ns.md
    /// section 6, BPR). `handle` is the address of `owner`.
    ///
    /// # Errors
    /// Fails if the store cannot be read.
    fn contact_phones<'a>(&'a self, owner: AccountId, handle: &'a Handle) -> StoreFuture<'a, Vec<ContactPhones>>;

    /// Carries out an edit. The edit is durable when this returns.
    ///
    /// # Errors
    /// Fails without any change if the edit cannot be written.
    fn write(&self, edit: Edit) -> StoreFuture<'_, ()>;
}

impl Storage for Store {
    fn account<'a>(&'a self, handle: &'a Handle) -> StoreFuture<'a, Option<Account>> {
        Box::pin(self.account(handle))
    }

    fn roster<'a>(
        &'a self,
        handle: &'a Handle,
        expected: Option<Expected>,
    ) -> StoreFuture<'a, Option<(Account, Roster)>> {
        Box::pin(self.roster(handle, expected))
    }

    fn contact_phones<'a>(&'a self, owner: AccountId, handle: &'a Handle) -> StoreFuture<'a, Vec<ContactPhones>> {
        Box::pin(self.contact_phones(owner, handle))
    }

    fn write(&self, edit: Edit) -> StoreFuture<'_, ()> {
        Box::pin(self.write(edit))
    }
}
