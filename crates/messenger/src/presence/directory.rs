//! All accounts in use, by handle.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, Weak};

use msnp::notification::ContactLine;
use msnp::{Handle, List};
use tokio::sync::OwnedMutexGuard;

use super::cell::{Cell, Endpoint};
use crate::storage::Storage;
use swallowtail_base::clock;
use swallowtail_base::lock;
use swallowtail_store::database::StoreError;

/// Parts of the map, each with its own lock, so that lookups of many cores rarely meet.
const SHARDS: usize = 64;

/// Finds accounts in use, and loads those that come into use.
#[derive(Debug)]
pub struct Directory {
    store: Arc<dyn Storage>,
    shards: Vec<Mutex<HashMap<Handle, Arc<Slot>>>>,
    hasher: RandomState,
    epochs: AtomicU64,
}

/// The place of an account: its turn, and its cell if there is one.
#[derive(Debug, Default)]
pub(super) struct Slot {
    turn: Arc<tokio::sync::Mutex<()>>,
    cell: Mutex<Weak<Cell>>,
}

/// The right to edit one account's roster. Kept over the write to the store, given back when it is dropped.
#[derive(Debug)]
pub struct Turn {
    handle: Handle,
    directory: Arc<Directory>,
    slot: Option<Arc<Slot>>,
    _guard: OwnedMutexGuard<()>,
}

impl Directory {
    /// Nobody is in use yet.
    #[must_use]
    pub fn new(store: Arc<dyn Storage>) -> Arc<Self> {
        let shards = (0..SHARDS).map(|_| Mutex::default()).collect();
        Arc::new(Self { store, shards, hasher: RandomState::new(), epochs: AtomicU64::new(1) })
    }

    /// The number of the next sign-in.
    pub fn next_epoch(&self) -> u64 {
        self.epochs.fetch_add(1, Ordering::Relaxed)
    }

    /// The cell of an account, if it is in use. Whoever is signed in is.
    #[must_use]
    pub fn find(&self, handle: &Handle) -> Option<Arc<Cell>> {
        let shard = lock(self.shard(handle));
        let slot = shard.get(handle)?;
        lock(&slot.cell).upgrade()
    }

    /// The notification connection of an account, if it is signed in.
    #[must_use]
    pub fn endpoint(&self, handle: &Handle) -> Option<Arc<Endpoint>> {
        self.find(handle)?.endpoint()
    }

    /// Every notification connection there is.
    #[must_use]
    pub fn endpoints(&self) -> Vec<Arc<Endpoint>> {
        self.cells().iter().filter_map(|cell| cell.endpoint()).collect()
    }

    /// How many accounts others could see on line. Who is hidden is not counted: in a small circle a number would give them away (security.md section 3).
    #[must_use]
    pub fn count_seen(&self) -> usize {
        self.cells().iter().filter(|cell| cell.state().seen().is_some()).count()
    }

    /// Waits for the turn of one account.
    pub async fn turn(self: &Arc<Self>, handle: &Handle) -> Turn {
        let slot = lock(self.shard(handle)).entry(handle.clone()).or_default().clone();
        let turn = slot.turn.clone();
        let mut waiting = Waiting { handle, directory: self, slot: Some(slot) };
        let guard = turn.lock_owned().await;
        Turn { handle: handle.clone(), directory: self.clone(), slot: waiting.slot.take(), _guard: guard }
    }

    /// Waits for the turns of two accounts, always in the order of their handles, so that nobody waits in a circle.
    pub async fn turns(self: &Arc<Self>, one: &Handle, other: &Handle) -> (Turn, Turn) {
        if one < other {
            let first = self.turn(one).await;
            (first, self.turn(other).await)
        } else {
            let first = self.turn(other).await;
            (self.turn(one).await, first)
        }
    }

    fn shard(&self, handle: &Handle) -> &Mutex<HashMap<Handle, Arc<Slot>>> {
        let hash = self.hasher.hash_one(handle);
        // The remainder is below SHARDS, the length of the vector.
        &self.shards[usize::try_from(hash % SHARDS as u64).unwrap_or_default()]
    }

    /// An account is gone: those in use do not count it among their watchers any more (ns.md section 1.2 rule 11). In the store
    /// that was done when it was removed. Each of them has its own turn, so this goes on by itself.
    pub fn forget_watcher(self: &Arc<Self>, gone: Handle) {
        let directory = self.clone();
        tokio::spawn(async move {
            for cell in directory.cells() {
                let _turn = directory.turn(&cell.handle).await;
                // Somebody new at that address may have put this account on FL meanwhile.
                let is_watched_anew = directory.find(&gone).is_some_and(|new| {
                    new.state().roster.entries.get(&cell.handle).is_some_and(|entry| entry.is_on(List::Forward))
                });
                let changes = cell.state().roster.become_unwatched(&gone, clock::timestamp());
                if !is_watched_anew && !changes.is_empty() {
                    cell.apply_foreign(&changes, &ContactLine::ReverseRemoved(gone.clone()).into());
                }
            }
        });
    }

    /// Every account in use.
    #[must_use]
    pub fn cells(&self) -> Vec<Arc<Cell>> {
        let mut all = Vec::new();
        for shard in &self.shards {
            all.extend(lock(shard).values().filter_map(|slot| lock(&slot.cell).upgrade()));
        }
        all
    }

    /// Gives up the place of an account that nobody uses any more.
    pub(super) fn forget_unused(&self, handle: &Handle) {
        let mut shard = lock(self.shard(handle));
        if shard.get(handle).is_some_and(|slot| Arc::strong_count(slot) == 1) {
            shard.remove(handle);
        }
    }
}

/// Somebody who waits for a turn, and may give up.
struct Waiting<'a> {
    handle: &'a Handle,
    directory: &'a Directory,
    slot: Option<Arc<Slot>>,
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        if self.slot.take().is_some() {
            self.directory.forget_unused(self.handle);
        }
    }
}

impl Turn {
    /// The cell of the account, loaded from the store if it is not in use. `None` when there is no such account.
    ///
    /// The operator's commands remove accounts from another process, and may give the address to somebody else: so the number of
    /// the account is looked up, and a session of another one is ended.
    ///
    /// # Errors
    /// The store could not be read.
    pub async fn cell(&self) -> Result<Option<Arc<Cell>>, StoreError> {
        let Some(slot) = &self.slot else { return Ok(None) };
        let account = self.directory.store.account(&self.handle).await?;
        let known = lock(&slot.cell).upgrade();
        if let Some(cell) = known {
            if account.is_some_and(|account| account.id == cell.id) {
                return Ok(Some(cell));
            }
            *lock(&slot.cell) = Weak::new();
            cell.expel();
            self.directory.forget_watcher(self.handle.clone());
        }
        // Nobody else can load it meanwhile: that takes the turn too.
        let Some((id, roster)) = self.directory.store.roster(&self.handle).await? else {
            return Ok(None);
        };
        let cell = Arc::new(Cell::new(id, roster, Arc::downgrade(&self.directory), slot.clone()));
        *lock(&slot.cell) = Arc::downgrade(&cell);
        Ok(Some(cell))
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.slot = None;
        self.directory.forget_unused(&self.handle);
    }
}
