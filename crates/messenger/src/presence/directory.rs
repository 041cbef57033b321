//! Finds the accounts in use, and loads an account from the store when it is needed.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};

use msnp::notification::ContactLine;
use msnp::{Handle, List};
use swallowtail_base::clock;
use swallowtail_store::database::{Expected, StoreError};
use tokio::sync::OwnedMutexGuard;

use super::cell::{Cell, Neighbours};
use super::endpoint::Endpoint;
use super::registry::{Place, Registry};
use crate::storage::Storage;

/// Finds the accounts in use, and loads an account when it is needed.
#[derive(Debug)]
pub struct Directory {
    storage: Arc<dyn Storage>,
    registry: Arc<Registry>,
    epochs: AtomicU64,
}

/// The exclusive right to edit one account's roster. The holder keeps the turn during the write to the store.
#[derive(Debug)]
pub struct Turn {
    directory: Arc<Directory>,
    // `_guard` must be dropped before `place`. While the turn is held, `place` keeps the slot of
    // the account in the registry. The slot contains the lock of the turn, so there is only one
    // such lock for the account. Every task that waits for the turn has its own place.
    _guard: OwnedMutexGuard<()>,
    place: Place,
}

impl Directory {
    /// Creates a directory of the accounts in `storage`. None of them is in use yet.
    #[must_use]
    pub fn new(storage: Arc<dyn Storage>) -> Arc<Self> {
        Arc::new(Self { storage, registry: Arc::default(), epochs: AtomicU64::new(1) })
    }

    /// Returns the number of the next sign-in.
    pub fn next_epoch(&self) -> u64 {
        self.epochs.fetch_add(1, Ordering::Relaxed)
    }

    /// Returns the cell of an account, if the account is in use. Every signed-in account is in use.
    #[must_use]
    pub fn find(&self, handle: &Handle) -> Option<Arc<Cell>> {
        self.registry.find(handle)
    }

    /// Returns the notification connection of an account, if the account is signed in.
    #[must_use]
    pub fn endpoint(&self, handle: &Handle) -> Option<Arc<Endpoint>> {
        self.registry.endpoint(handle)
    }

    /// Returns all accounts in use, in the order of their handles, so that the server always sends
    /// lines to all accounts in the same order.
    #[must_use]
    pub fn cells(&self) -> Vec<Arc<Cell>> {
        let mut cells = self.registry.cells();
        cells.sort_unstable_by(|one, other| one.handle.cmp(&other.handle));
        cells
    }

    /// Returns the notification connections of all signed-in accounts.
    #[must_use]
    pub fn endpoints(&self) -> Vec<Arc<Endpoint>> {
        self.cells().iter().filter_map(|cell| cell.endpoint()).collect()
    }

    /// Returns the number of accounts that others can see online. `except` does not count. Hidden
    /// accounts do not count, because on a small server the number would reveal them (security.md
    /// section 3).
    #[must_use]
    pub fn count_seen(&self, except: Option<&Handle>) -> usize {
        let counts = |cell: &&Arc<Cell>| Some(&cell.handle) != except && cell.state().seen().is_some();
        self.registry.cells().iter().filter(counts).count()
    }

    /// Waits for the turn of one account (see [`Turn`]).
    pub async fn turn(self: &Arc<Self>, handle: &Handle) -> Turn {
        let place = self.registry.place(handle);
        Turn { directory: self.clone(), _guard: place.turn().await, place }
    }

    /// Waits for the turns of two accounts, always in the order of their handles, so that there is no deadlock.
    pub async fn turns(self: &Arc<Self>, one: &Handle, other: &Handle) -> (Turn, Turn) {
        if one < other {
            let first = self.turn(one).await;
            (first, self.turn(other).await)
        } else {
            let first = self.turn(other).await;
            (self.turn(one).await, first)
        }
    }

    /// Removes an account that no longer exists from the watchers of all accounts in use (ns.md
    /// section 1.2 rule 11). The deletion of the account has already removed it from the lists in
    /// the store. Runs in the background, because this method waits for the turn of each account in
    /// use.
    pub fn forget_watcher(self: &Arc<Self>, gone: Handle) {
        let directory = self.clone();
        tokio::spawn(async move {
            for cell in directory.cells() {
                let _turn = directory.turn(&cell.handle).await;
                directory.forget_watcher_of(&cell, &gone);
            }
        });
    }

    fn forget_watcher_of(&self, cell: &Cell, gone: &Handle) {
        // Since the deletion, a new account with the same address may have added the account of
        // `cell` to FL.
        let is_watched_again = self.find(gone).is_some_and(|new| {
            new.state().roster.entries.get(&cell.handle).is_some_and(|entry| entry.is_on(List::Forward))
        });
        let changes = cell.state().roster.become_unwatched(gone, clock::timestamp());
        if !is_watched_again && !changes.is_empty() {
            cell.apply_foreign(&changes, &ContactLine::ReverseRemoved(gone.clone()).into());
        }
    }
}

impl Turn {
    /// Returns the cell of the account, loaded from the store if it is not in use. Returns `None` if the account does
    /// not exist.
    ///
    /// # Errors
    /// Fails if the store cannot be read.
    pub async fn cell(&self) -> Result<Option<Arc<Cell>>, StoreError> {
        self.cell_of(None).await
    }

    /// Returns the cell of the account, like [`Turn::cell`], but `None` if the account is not the `expected` one. Usually
    /// this takes one trip to the store.
    ///
    /// The operator's commands run in another process. They can remove an account and create another one with the same
    /// address. Therefore this method looks up the number of the account, and ends a session that belongs to a removed
    /// account.
    ///
    /// # Errors
    /// Fails if the store cannot be read.
    pub async fn cell_of(&self, expected: Option<Expected>) -> Result<Option<Arc<Cell>>, StoreError> {
        let (storage, handle) = (&self.directory.storage, &self.place.handle);
        if let Some(cell) = self.place.cell() {
            if let Some(account) = storage.account(handle).await?.filter(|account| account.id == cell.id) {
                let is_expected = expected.is_none_or(|expected| account.is(expected));
                return Ok(is_expected.then_some(cell));
            }
            self.place.forget_cell();
            cell.expel();
            self.directory.forget_watcher(handle.clone());
        }
        // No other task can load the account now, because every load needs the turn, and this value
        // holds the turn.
        let Some((account, roster)) = storage.roster(handle, expected).await? else { return Ok(None) };
        let registry: Weak<Registry> = Arc::downgrade(&self.directory.registry);
        let cell = Arc::new(Cell::new(account.id, roster, registry));
        self.place.set_cell(&cell);
        Ok(Some(cell))
    }
}

#[cfg(test)]
mod tests;
