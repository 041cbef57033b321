//! The accounts in use, by handle. Each account has a turn (the exclusive right to edit its
//! roster), and a cell if the account is loaded.
//!
//! The registry only finds cells. [`super::directory`] loads missing cells.

use std::collections::HashMap;
use std::sync::{Arc, Weak};

use msnp::Handle;
use swallowtail_base::Sharded;
use tokio::sync::OwnedMutexGuard;

use super::cell::{Cell, Neighbours};
use super::endpoint::Endpoint;

/// Finds accounts in use.
#[derive(Debug, Default)]
pub(super) struct Registry {
    slots: Sharded<HashMap<Handle, Slot>>,
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
    /// Returns the cell of an account, if the account is in use.
    pub(super) fn find(&self, handle: &Handle) -> Option<Arc<Cell>> {
        self.slots.lock(handle).get(handle)?.cell.upgrade()
    }

    /// Returns the cells of all accounts in use, in no particular order.
    pub(super) fn cells(&self) -> Vec<Arc<Cell>> {
        let mut all = Vec::new();
        for slots in self.slots.lock_each() {
            all.extend(slots.values().filter_map(|slot| slot.cell.upgrade()));
        }
        all
    }

    /// Returns a [`Place`], which keeps the slot of an account. The account need not exist.
    pub(super) fn place(self: &Arc<Self>, handle: &Handle) -> Place {
        let mut slots = self.slots.lock(handle);
        let slot = slots.entry(handle.clone()).or_default();
        slot.places += 1;
        Place { handle: handle.clone(), registry: self.clone(), turn: slot.turn.clone() }
    }

    /// Returns the number of slots.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.slots.lock_each().map(|slots| slots.len()).sum()
    }

    /// Changes the slot of an account, if the slot exists. Removes the slot if it is unused after
    /// the change.
    fn update(&self, handle: &Handle, change: impl FnOnce(&mut Slot)) {
        let mut slots = self.slots.lock(handle);
        let Some(slot) = slots.get_mut(handle) else { return };
        change(slot);
        if slot.places == 0 && slot.cell.strong_count() == 0 {
            slots.remove(handle);
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
