//! Tests of turns and of the accounts in use, with a store in memory.

use std::time::Duration;

use msnp::{Dialect, ListBits, Status};
use swallowtail_store::database::{AccountId, Edit};
use swallowtail_store::roster::Change;
use tokio::task::JoinHandle;

use super::*;
use crate::presence::testing::{handle, is_closed, newcomer, online, read, roster, set_status};
use crate::storage::memory::Memory;

/// A timeout that passes only if the tested task is blocked, because the test's clock does not move
/// while any task can continue.
const LONG: Duration = Duration::from_secs(1);

struct World {
    store: Arc<Memory>,
    directory: Arc<Directory>,
}

impl World {
    /// Creates accounts without entries.
    fn new(names: impl IntoIterator<Item = &'static str>) -> Self {
        let store = Memory::new();
        for name in names {
            store.add(roster(name, []));
        }
        Self { directory: Directory::new(store.clone()), store }
    }

    fn add(&self, name: &str, entries: impl IntoIterator<Item = (&'static str, ListBits)>) -> AccountId {
        self.store.add(roster(name, entries))
    }

    /// Returns the cell of an account. Panics if the account does not exist.
    async fn load(&self, name: &str) -> Arc<Cell> {
        self.directory.turn(&handle(name)).await.cell().await.unwrap().unwrap()
    }

    /// Signs an account in with a client that receives list changes and presence.
    async fn sign_in(&self, name: &str) -> (Arc<Cell>, Arc<Endpoint>) {
        let cell = self.load(name).await;
        let endpoint = online(self.directory.next_epoch(), Dialect::Msnp12);
        cell.sign_in(&endpoint, |_| {});
        (cell, endpoint)
    }

    /// Returns whether the turn of an account is free.
    async fn is_free(&self, name: &str) -> bool {
        tokio::time::timeout(LONG, self.directory.turn(&handle(name))).await.is_ok()
    }

    fn spawn_turn(&self, name: &str) -> JoinHandle<Turn> {
        let (directory, handle) = (self.directory.clone(), handle(name));
        tokio::spawn(async move { directory.turn(&handle).await })
    }

    fn spawn_turns(&self, one: &str, other: &str) -> JoinHandle<(Turn, Turn)> {
        let (directory, one, other) = (self.directory.clone(), handle(one), handle(other));
        tokio::spawn(async move { directory.turns(&one, &other).await })
    }
}

/// Waits until every other task waits. The test's clock moves only when every task waits, so this
/// sleep does not end earlier.
async fn settle() {
    tokio::time::sleep(LONG).await;
}

#[tokio::test(start_paused = true)]
async fn the_turn_of_an_account_belongs_to_one_task_at_a_time_and_does_not_block_other_accounts() {
    let world = World::new([]);
    let turn = world.directory.turn(&handle("alice")).await;
    assert!(!world.is_free("alice").await);
    assert!(world.is_free("bob").await);
    drop(turn);
    assert!(world.is_free("alice").await);
}

#[tokio::test(start_paused = true)]
async fn a_task_that_needs_the_turns_of_two_accounts_takes_them_in_the_order_of_the_handles() {
    for (one, other) in [("alice", "bob"), ("bob", "alice")] {
        let world = World::new([]);
        let alice = world.directory.turn(&handle("alice")).await;
        let both = world.spawn_turns(one, other);
        settle().await;
        assert!(world.is_free("bob").await, "a task that waits for alice does not hold the turn of bob");
        drop(alice);
        let (first, second) = both.await.unwrap();
        assert_eq!((&first.place.handle, &second.place.handle), (&handle(one), &handle(other)));
        assert!(!world.is_free("alice").await);
        assert!(!world.is_free("bob").await);
    }
}

#[tokio::test(start_paused = true)]
async fn edits_by_two_accounts_about_each_other_do_not_deadlock() {
    let world = World::new([]);
    let cross = |one, other| {
        let (directory, one, other) = (world.directory.clone(), handle(one), handle(other));
        tokio::spawn(async move {
            for _ in 0..100 {
                let _both = directory.turns(&one, &other).await;
                tokio::task::yield_now().await;
            }
        })
    };
    let tasks = [cross("alice", "bob"), cross("bob", "alice")];
    for task in tasks {
        tokio::time::timeout(LONG, task).await.expect("deadlock").unwrap();
    }
    assert_eq!(world.directory.registry.len(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_wait_for_a_turn_leaves_no_slot_in_memory() {
    let world = World::new([]);
    let turn = world.directory.turn(&handle("alice")).await;
    let waiter = world.spawn_turn("alice");
    settle().await;
    waiter.abort();
    assert!(waiter.await.unwrap_err().is_cancelled());
    assert_eq!(world.directory.registry.len(), 1, "the turn is still held");
    drop(turn);
    assert_eq!(world.directory.registry.len(), 0);
}

#[tokio::test(start_paused = true)]
async fn if_a_waiter_is_cancelled_the_next_waiter_gets_the_turn() {
    let world = World::new([]);
    let turn = world.directory.turn(&handle("alice")).await;
    let (first, second) = (world.spawn_turn("alice"), world.spawn_turn("alice"));
    settle().await;
    first.abort();
    drop(turn);
    let turn = second.await.unwrap();
    assert!(!world.is_free("alice").await, "there is one turn, not one for each waiter");
    drop(turn);
    assert_eq!(world.directory.registry.len(), 0);
}

#[tokio::test]
async fn an_unused_account_is_dropped_from_memory_and_read_again_when_needed() {
    let world = World::new(["alice"]);
    let cell = world.load("alice").await;
    assert!(Arc::ptr_eq(&cell, &world.load("alice").await));
    assert!(Arc::ptr_eq(&cell, &world.directory.find(&handle("alice")).unwrap()));
    assert_eq!(world.directory.cells().len(), 1);
    let mut edit = Edit::by(cell.id);
    edit.push(cell.id, &[Change::Name(msnp::DisplayName::new("Alice A").unwrap())]);
    world.store.write(edit).await.unwrap();
    assert_eq!(cell.name().as_str(), "alice", "the account in memory is changed only by edits of this server");
    drop(cell);
    assert!(world.directory.find(&handle("alice")).is_none());
    assert_eq!(world.directory.registry.len(), 0);
    assert_eq!(world.load("alice").await.name().as_str(), "Alice A");
}

#[tokio::test]
async fn a_task_can_take_the_turn_of_an_address_before_the_account_exists() {
    let world = World::new([]);
    let turn = world.directory.turn(&handle("alice")).await;
    assert!(turn.cell().await.unwrap().is_none());
    world.add("alice", []);
    assert!(turn.cell().await.unwrap().is_some(), "the account was created during the turn");
    drop(turn);
    assert_eq!(world.directory.registry.len(), 0);
}

#[tokio::test]
async fn an_account_can_be_loaded_again_as_soon_as_the_store_can_be_read_again() {
    let world = World::new(["alice"]);
    let turn = world.directory.turn(&handle("alice")).await;
    world.store.reads.set_broken(true);
    assert!(turn.cell().await.is_err());
    world.store.reads.set_broken(false);
    assert!(turn.cell().await.unwrap().is_some());
}

#[tokio::test(start_paused = true)]
async fn an_account_that_two_tasks_need_at_the_same_time_is_loaded_only_once() {
    let world = World::new(["alice"]);
    let load = || {
        let directory = world.directory.clone();
        tokio::spawn(async move { directory.turn(&handle("alice")).await.cell().await.unwrap().unwrap() })
    };
    let mut hold = world.store.reads.hold().await;
    let (first, second) = (load(), load());
    hold.reached().await;
    settle().await;
    assert!(world.directory.find(&handle("alice")).is_none());
    drop(hold);
    assert!(Arc::ptr_eq(&first.await.unwrap(), &second.await.unwrap()));
}

#[tokio::test(start_paused = true)]
async fn a_session_ends_if_its_address_now_belongs_to_another_account() {
    let world = World::new([]);
    world.add("alice", [("bob", List::Reverse | List::Allow)]);
    world.add("bob", [("alice", List::Forward | List::Reverse | List::Allow)]);
    let (alice, old) = world.sign_in("alice").await;
    let (bob, client) = world.sign_in("bob").await;
    set_status(&alice, old.epoch, Status::Online);
    read(&client);

    world.store.remove(&handle("alice"));
    let id = world.add("alice", []);
    let new = world.load("alice").await;
    assert_eq!((new.id, alice.id == id), (id, false));
    assert!(new.endpoint().is_none());
    assert_eq!(read(&old), "OUT\r\n");
    assert!(is_closed(&old));
    settle().await;
    assert_eq!(read(&client), "FLN alice@example.com\r\nREM 0 RL alice@example.com\r\n");
    assert!(!bob.state().roster.entries.get(&handle("alice")).unwrap().watches());

    drop(alice);
    assert!(
        Arc::ptr_eq(&new, &world.directory.find(&handle("alice")).unwrap()),
        "the end of the old cell changes nothing"
    );
}

#[tokio::test(start_paused = true)]
async fn a_session_ends_if_its_account_has_been_removed() {
    let world = World::new(["alice"]);
    let (_alice, client) = world.sign_in("alice").await;
    world.store.remove(&handle("alice"));
    let turn = world.directory.turn(&handle("alice")).await;
    assert!(turn.cell().await.unwrap().is_none());
    assert_eq!(read(&client), "OUT\r\n");
    assert!(world.directory.find(&handle("alice")).is_none());
}

#[tokio::test(start_paused = true)]
async fn each_loaded_account_waits_for_its_own_turn_and_then_forgets_a_removed_watcher() {
    let world = World::new([]);
    world.add("bob", [("alice", List::Reverse | List::Allow)]);
    world.add("carol", [("alice", List::Allow.into())]);
    let (bob, bobs) = world.sign_in("bob").await;
    let (_carol, carols) = world.sign_in("carol").await;
    let turn = world.directory.turn(&handle("bob")).await;
    world.directory.forget_watcher(handle("alice"));
    settle().await;
    assert_eq!(read(&bobs), "", "another edit is running");
    drop(turn);
    settle().await;
    assert_eq!(read(&bobs), "REM 0 RL alice@example.com\r\n");
    assert_eq!(bob.state().roster.entries.get(&handle("alice")).unwrap().lists, List::Allow.into());
    assert_eq!(read(&carols), "", "alice did not watch carol");
}

#[tokio::test(start_paused = true)]
async fn a_removed_watcher_is_kept_if_a_new_account_with_its_address_is_already_a_watcher() {
    for (lists, expected) in
        [(ListBits::from(List::Forward), ""), (List::Block.into(), "REM 0 RL alice@example.com\r\n")]
    {
        let world = World::new([]);
        world.add("alice", [("bob", lists)]);
        world.add("bob", [("alice", List::Reverse | List::Allow)]);
        let _alice = world.load("alice").await;
        let (bob, client) = world.sign_in("bob").await;
        world.directory.forget_watcher(handle("alice"));
        settle().await;
        assert_eq!(read(&client), expected, "{lists}");
        assert_eq!(bob.state().roster.entries.get(&handle("alice")).unwrap().watches(), expected.is_empty(), "{lists}");
    }
}

#[tokio::test]
async fn the_directory_finds_only_signed_in_accounts_and_does_not_count_hidden_accounts_as_online() {
    let world = World::new(["alice", "bob", "carol"]);
    let (alice, client) = world.sign_in("alice").await;
    let (bob, bobs) = world.sign_in("bob").await;
    let _carol = world.load("carol").await;
    assert!(Arc::ptr_eq(&world.directory.endpoint(&handle("alice")).unwrap(), &client));
    assert!(world.directory.endpoint(&handle("carol")).is_none());
    assert_eq!(world.directory.endpoints().len(), 2);
    assert_eq!(world.directory.count_seen(None), 0);
    set_status(&alice, client.epoch, Status::Online);
    set_status(&bob, bobs.epoch, Status::Hidden);
    assert_eq!(world.directory.count_seen(None), 1);
    assert_eq!(world.directory.count_seen(Some(&handle("alice"))), 0);
    let later = newcomer(world.directory.next_epoch());
    assert!(later.epoch > bobs.epoch && bobs.epoch > client.epoch);
}
