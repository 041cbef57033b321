//! What the messaging services ask of the store.
//!
//! The services know the store only by [`Storage`], so that their tests run without a database. What is in the store is
//! decided there; this module adds nothing to it.

use std::fmt::Debug;
use std::pin::Pin;

use msnp::Handle;
use swallowtail_store::database::{Account, AccountId, ContactPhones, Edit, Store, StoreError};
use swallowtail_store::roster::Roster;

#[cfg(test)]
pub(crate) mod memory;

/// A call of the store. One allocation for each is nothing beside the disk.
pub type StoreFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// Accounts and their rosters, as the messaging services read and edit them.
pub trait Storage: Debug + Send + Sync {
    /// Returns the account at this address, if there is one.
    ///
    /// # Errors
    /// The store could not be read.
    fn account<'a>(&'a self, handle: &'a Handle) -> StoreFuture<'a, Option<Account>>;

    /// Returns the number and the roster of the account at this address, if there is one.
    ///
    /// # Errors
    /// The store could not be read.
    fn roster<'a>(&'a self, handle: &'a Handle) -> StoreFuture<'a, Option<(AccountId, Roster)>>;

    /// Returns the telephone numbers of all contacts of `owner`, whose address is `handle`, that have any and let
    /// `owner` see them (ns.md section 6, BPR).
    ///
    /// # Errors
    /// The store could not be read.
    fn contact_phones<'a>(&'a self, owner: AccountId, handle: &'a Handle) -> StoreFuture<'a, Vec<ContactPhones>>;

    /// Carries out an edit. The edit is durable when this returns.
    ///
    /// # Errors
    /// Nothing of the edit was carried out.
    fn write(&self, edit: Edit) -> StoreFuture<'_, ()>;
}

impl Storage for Store {
    fn account<'a>(&'a self, handle: &'a Handle) -> StoreFuture<'a, Option<Account>> {
        Box::pin(self.account(handle))
    }

    fn roster<'a>(&'a self, handle: &'a Handle) -> StoreFuture<'a, Option<(AccountId, Roster)>> {
        Box::pin(self.roster(handle))
    }

    fn contact_phones<'a>(&'a self, owner: AccountId, handle: &'a Handle) -> StoreFuture<'a, Vec<ContactPhones>> {
        Box::pin(self.contact_phones(owner, handle))
    }

    fn write(&self, edit: Edit) -> StoreFuture<'_, ()> {
        Box::pin(self.write(edit))
    }
}
