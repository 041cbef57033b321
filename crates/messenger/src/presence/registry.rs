//! The accounts in use, by handle. Each account has a turn (the exclusive right to edit its
//! roster), and a cell if the account is loaded.
//!
//! The registry only finds cells. [`super::directory`] loads missing cells.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex, Weak};

use msnp::Handle;
use swallowtail_base::lock;
use tokio::sync::OwnedMutexGuard;

use super::cell::{Cell, Neighbours};
use super::endpoint::Endpoint;

/// The number of parts of the map. Each part has its own lock, so that lookups on many cores rarely wait for each
/// other.
const SHARDS: usize = 64;

type Shard = Mutex<HashMap<Handle, Slot>>;

/// Finds accounts in use.
#[derive(Debug)]
pub(super) struct Registry {
    shards: Vec<Shard>,
    hasher: RandomState,
}

/// The turn and the cell of one account. The slot is removed when no [`Place`] refers to it and it
/// has no cell.
#[derive(Debug, Default)]
struct Slot {
    /// The number of [`Place`]s that refer to this slot.
    places: usize,
    turn: Arc<tokio::sync::Mutex<()>>,
    cell: Weak<Cell>,
}

/// Keeps the slot of one account in the registry until this value is dropped.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) handle: Handle,
    registry: Arc<Registry>,
    turn: Arc<tokio::sync::Mutex<()>>,
}

impl Registry {
    pub(super) fn new() -> Arc<Self> {
        let shards = (0..SHARDS).map(|_| Mutex::default()).collect();
        Arc::new(Self { shards, hasher: RandomState::new() })
    }

    /// Returns the cell of an account, if the account is in use.
    pub(super) fn find(&self, handle: &Handle) -> Option<Arc<Cell>> {
        lock(self.shard(handle)).get(handle)?.cell.upgrade()
    }

    /// Returns the cells of all accounts in use, in no particular order.
    pub(super) fn cells(&self) -> Vec<Arc<Cell>> {
        let mut all = Vec::new();
        for shard in &self.shards {
            all.extend(lock(shard).values().filter_map(|slot| slot.cell.upgrade()));
        }
        all
    }

    /// Returns a [`Place`], which keeps the slot of an account. The account need not exist.
    pub(super) fn place(self: &Arc<Self>, handle: &Handle) -> Place {
        let mut shard = lock(self.shard(handle));
        let slot = shard.entry(handle.clone()).or_default();
        slot.places += 1;
        Place { handle: handle.clone(), registry: self.clone(), turn: slot.turn.clone() }
    }

    /// Returns the number of slots in all shards.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.shards.iter().map(|shard| lock(shard).len()).sum()
    }

    fn shard(&self, handle: &Handle) -> &Shard {
        let hash = self.hasher.hash_one(handle);
        // The remainder is below SHARDS, the length of the vector.
        &self.shards[usize::try_from(hash % SHARDS as u64).unwrap_or_default()]
    }

    /// Changes the slot of an account, if the slot exists. Removes the slot if it is unused after
    /// the change.
    fn update(&self, handle: &Handle, change: impl FnOnce(&mut Slot)) {
        let mut shard = lock(self.shard(handle));
        let Some(slot) = shard.get_mut(handle) else { return };
        change(slot);
        if slot.places == 0 && slot.cell.strong_count() == 0 {
            shard.remove(handle);
        }
    }
}

impl Neighbours for Registry {
    fn endpoint(&self, handle: &Handle) -> Option<Arc<Endpoint>> {
        self.find(handle)?.endpoint()
    }

    fn cell_is_gone(&self, handle: &Handle) {
        self.update(handle, |_| {});
    }
}

impl Place {
    /// Waits for the turn of the account, the exclusive right to edit its roster.
    pub(super) async fn turn(&self) -> OwnedMutexGuard<()> {
        self.turn.clone().lock_owned().await
    }

    /// Returns the cell of the account, if the account is in use.
    pub(super) fn cell(&self) -> Option<Arc<Cell>> {
        self.registry.find(&self.handle)
    }

    /// Makes `cell` the cell that [`Registry::find`] returns.
    pub(super) fn set_cell(&self, cell: &Arc<Cell>) {
        self.registry.update(&self.handle, |slot| slot.cell = Arc::downgrade(cell));
    }

    /// Removes the cell from the registry, even if it is still in use elsewhere.
    pub(super) fn forget_cell(&self) {
        self.registry.update(&self.handle, |slot| slot.cell = Weak::new());
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.registry.update(&self.handle, |slot| slot.places -= 1);
    }
}
