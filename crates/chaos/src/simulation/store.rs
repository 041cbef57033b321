//! A store in memory that is slow, fails, or is full.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use msnp::Handle;
use swallowtail_base::lock;
use swallowtail_messenger::storage::memory::Memory;
use swallowtail_messenger::storage::{Storage, StoreFuture};
use swallowtail_store::database::{Account, AccountId, ContactPhones, Edit, Expected, StoreError};
use swallowtail_store::roster::Roster;

use crate::random::Random;

/// The health of a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Health {
    /// The store answers immediately.
    Good,
    /// The store takes up to this many milliseconds for a call.
    Slow(u64),
    /// The store fails this percentage of calls, each after up to 50 ms.
    Failing(u64),
    /// Nothing can be written.
    Full,
}

/// The longest time until a call fails, in milliseconds.
const FAILURE: u64 = 50;

/// A store in memory with faults.
#[derive(Debug)]
pub(super) struct FaultyStore {
    memory: Arc<Memory>,
    state: Mutex<(Health, Random)>,
}

impl FaultyStore {
    pub(super) fn new(memory: Arc<Memory>, random: Random) -> Self {
        Self { memory, state: Mutex::new((Health::Good, random)) }
    }

    pub(super) fn set_health(&self, health: Health) {
        lock(&self.state).0 = health;
    }

    /// Waits for as long as one call takes, and decides whether the call fails.
    async fn pass(&self, writes: bool) -> Result<(), StoreError> {
        let (delay, fails) = {
            let (health, random) = &mut *lock(&self.state);
            match *health {
                Health::Good => (0, false),
                Health::Slow(most) => (random.below(most + 1), false),
                Health::Failing(percent) => (random.below(FAILURE), random.chance(percent)),
                Health::Full => (0, writes),
            }
        };
        if delay > 0 {
            tokio::time::sleep(Duration::from_millis(delay)).await;
        }
        if fails { Err(StoreError::Closed) } else { Ok(()) }
    }
}

impl Storage for FaultyStore {
    fn account<'a>(&'a self, handle: &'a Handle) -> StoreFuture<'a, Option<Account>> {
        Box::pin(async move {
            self.pass(false).await?;
            self.memory.account(handle).await
        })
    }

    fn roster<'a>(
        &'a self,
        handle: &'a Handle,
        expected: Option<Expected>,
    ) -> StoreFuture<'a, Option<(Account, Roster)>> {
        Box::pin(async move {
            self.pass(false).await?;
            self.memory.roster(handle, expected).await
        })
    }

    fn contact_phones<'a>(&'a self, owner: AccountId, handle: &'a Handle) -> StoreFuture<'a, Vec<ContactPhones>> {
        Box::pin(async move {
            self.pass(false).await?;
            self.memory.contact_phones(owner, handle).await
        })
    }

    fn write(&self, edit: Edit) -> StoreFuture<'_, ()> {
        Box::pin(async move {
            self.pass(true).await?;
            self.memory.write(edit).await
        })
    }
}
