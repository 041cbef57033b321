//! A store in memory, for tests. Tests can make it fail, and make its callers wait.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use msnp::{Handle, Timestamp};
use swallowtail_base::lock;
use swallowtail_store::database::{Account, AccountId, ContactPhones, Edit, Expected, StoreError};
use swallowtail_store::roster::{Roster, Settings};
use tokio::sync::{OwnedMutexGuard, watch};

use super::{Storage, StoreFuture};

/// Accounts and rosters in memory. Applies an edit in the same way as the database does.
#[derive(Debug, Default)]
pub struct Memory {
    /// The gate that every call must pass before it reads from the store.
    pub reads: Gate,
    /// The gate that every edit passes before it is carried out.
    pub writes: Gate,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// The number of the newest account. Numbers are never reused.
    last: i64,
    accounts: BTreeMap<AccountId, Kept>,
}

#[derive(Debug)]
struct Kept {
    roster: Roster,
    password_version: i64,
}

impl Kept {
    fn account(&self, id: AccountId) -> Account {
        Account {
            id,
            handle: self.roster.owner.clone(),
            name: self.roster.name.clone(),
            password_hash: String::new(),
            password_version: self.password_version,
            created_at: 0,
        }
    }
}

/// A gate that all calls of one kind have to pass before they reach the store.
#[derive(Debug, Default)]
pub struct Gate {
    turn: Arc<tokio::sync::Mutex<()>>,
    is_broken: AtomicBool,
    /// The number of calls that have reached the gate.
    calls: watch::Sender<u64>,
}

/// Keeps a gate closed until this value is dropped.
#[derive(Debug)]
pub struct Hold {
    calls: watch::Receiver<u64>,
    _closed: OwnedMutexGuard<()>,
}

impl Gate {
    /// Makes every call wait until the returned [`Hold`] is dropped.
    pub async fn hold(&self) -> Hold {
        let closed = self.turn.clone().lock_owned().await;
        Hold { calls: self.calls.subscribe(), _closed: closed }
    }

    /// If `is_broken` is true, makes every later call fail. Otherwise, later calls succeed again.
    /// Calls that already wait at the gate count as later calls.
    pub fn set_broken(&self, is_broken: bool) {
        self.is_broken.store(is_broken, Ordering::Release);
    }

    async fn pass(&self) -> Result<(), StoreError> {
        self.calls.send_modify(|calls| *calls += 1);
        drop(self.turn.lock().await);
        if self.is_broken.load(Ordering::Acquire) { Err(StoreError::Closed) } else { Ok(()) }
    }
}

impl Hold {
    /// Waits until another call has reached the closed gate.
    pub async fn reached(&mut self) {
        // An error means that the store is gone, and that no further call can arrive.
        let _ = self.calls.changed().await;
    }
}

impl Memory {
    /// Creates a store without accounts.
    pub fn new() -> Arc<Self> {
        Arc::default()
    }

    /// Adds an account with this roster. Returns its number.
    pub fn add(&self, roster: Roster) -> AccountId {
        let mut state = lock(&self.state);
        state.last += 1;
        let id = AccountId(state.last);
        state.accounts.insert(id, Kept { roster, password_version: 1 });
        id
    }

    /// Removes an account, and removes it from RL and PL of the other accounts, as the database does.
    pub fn remove(&self, handle: &Handle) {
        let mut state = lock(&self.state);
        state.accounts.retain(|_, kept| kept.roster.owner != *handle);
        for kept in state.accounts.values_mut() {
            for change in kept.roster.become_unwatched(handle, Timestamp::default()) {
                kept.roster.apply(&change);
            }
        }
    }

    /// Returns the stored roster of an account.
    pub fn kept(&self, handle: &Handle) -> Option<Roster> {
        lock(&self.state).find(handle).map(|(_, kept)| kept.roster.clone())
    }
}

impl State {
    fn find(&self, handle: &Handle) -> Option<(AccountId, &Kept)> {
        self.accounts.iter().find(|(_, kept)| kept.roster.owner == *handle).map(|(id, kept)| (*id, kept))
    }

    fn contact_phones(&self, owner: AccountId, handle: &Handle) -> Vec<ContactPhones> {
        let contacts = self.accounts.get(&owner).into_iter().flat_map(|kept| kept.roster.contacts());
        let shown = contacts.filter_map(|(contact, _)| {
            let theirs = &self.find(contact)?.1.roster;
            // Other users see only a contact's numbers and paging, not its other settings.
            let Settings { add_prompt, privacy, .. } = Settings::default();
            let settings = Settings { add_prompt, privacy, ..theirs.settings.clone() };
            let has_any = settings != Settings::default();
            (has_any && theirs.allows(handle)).then(|| ContactPhones { handle: contact.clone(), settings })
        });
        shown.collect()
    }

    fn write(&mut self, edit: &Edit) -> Result<(), StoreError> {
        if !self.accounts.contains_key(&edit.editor()) {
            return Err(StoreError::Gone);
        }
        for (account, change) in edit.changes() {
            if let Some(kept) = self.accounts.get_mut(account) {
                kept.roster.apply(change);
            }
        }
        if let Some((contact, now)) = edit.touched() {
            let rosters = self.accounts.values_mut().map(|kept| &mut kept.roster);
            for roster in rosters.filter(|roster| roster.contacts().any(|(handle, _)| handle == contact)) {
                roster.stamps = roster.stamps.list_changed(*now);
            }
        }
        Ok(())
    }
}

impl Storage for Memory {
    fn account<'a>(&'a self, handle: &'a Handle) -> StoreFuture<'a, Option<Account>> {
        Box::pin(async move {
            self.reads.pass().await?;
            let state = lock(&self.state);
            Ok(state.find(handle).map(|(id, kept)| kept.account(id)))
        })
    }

    fn roster<'a>(
        &'a self,
        handle: &'a Handle,
        expected: Option<Expected>,
    ) -> StoreFuture<'a, Option<(Account, Roster)>> {
        Box::pin(async move {
            self.reads.pass().await?;
            let state = lock(&self.state);
            let found = state.find(handle).map(|(id, kept)| (kept.account(id), kept));
            let found = found.filter(|(account, _)| expected.is_none_or(|expected| account.is(expected)));
            Ok(found.map(|(account, kept)| (account, kept.roster.clone())))
        })
    }

    fn contact_phones<'a>(&'a self, owner: AccountId, handle: &'a Handle) -> StoreFuture<'a, Vec<ContactPhones>> {
        Box::pin(async move {
            self.reads.pass().await?;
            Ok(lock(&self.state).contact_phones(owner, handle))
        })
    }

    fn write(&self, edit: Edit) -> StoreFuture<'_, ()> {
        Box::pin(async move {
            if edit.is_empty() {
                return Ok(());
            }
            self.writes.pass().await?;
            lock(&self.state).write(&edit)
        })
    }
}

#[cfg(test)]
mod tests {
    use msnp::{DisplayName, List};
    use swallowtail_store::roster::{Change, Entry, Stamps};

    use super::*;

    fn handle(name: &str) -> Handle {
        Handle::parse(&format!("{name}@example.com")).unwrap()
    }

    fn add(store: &Memory, name: &str) -> AccountId {
        store.add(Roster::new(handle(name), DisplayName::new(name).unwrap(), Stamps::default()))
    }

    fn renamed(by: AccountId, name: &str) -> Edit {
        let mut edit = Edit::by(by);
        edit.push(by, &[Change::Name(DisplayName::new(name).unwrap())]);
        edit
    }

    #[tokio::test]
    async fn an_edit_is_stored_unless_its_account_was_removed_or_the_store_fails() {
        let store = Memory::new();
        let alice = add(&store, "alice");
        store.write(renamed(alice, "Alice")).await.unwrap();
        store.writes.set_broken(true);
        assert!(matches!(store.write(renamed(alice, "Other")).await, Err(StoreError::Closed)));
        store.writes.set_broken(false);
        assert_eq!(store.kept(&handle("alice")).unwrap().name.as_str(), "Alice");
        store.remove(&handle("alice"));
        assert!(matches!(store.write(renamed(alice, "Other")).await, Err(StoreError::Gone)));
    }

    #[tokio::test]
    async fn an_edit_that_a_test_holds_back_is_stored_only_after_the_test_releases_it() {
        let store = Memory::new();
        let alice = add(&store, "alice");
        let mut hold = store.writes.hold().await;
        let write = tokio::spawn({
            let store = store.clone();
            async move { store.write(renamed(alice, "Alice")).await }
        });
        hold.reached().await;
        assert_eq!(store.kept(&handle("alice")).unwrap().name.as_str(), "alice");
        drop(hold);
        write.await.unwrap().unwrap();
        assert_eq!(store.kept(&handle("alice")).unwrap().name.as_str(), "Alice");
    }

    #[tokio::test]
    async fn a_contact_shows_its_phone_numbers_unless_it_blocks_the_user() {
        let store = Memory::new();
        let (alice, bob) = (add(&store, "alice"), add(&store, "bob"));
        let on = |list: List| Entry { lists: list.into(), ..Entry::default() };
        let settings = Settings { home_phone: Some("1".into()), ..Settings::default() };
        let mut edit = Edit::by(alice);
        edit.push(alice, &[Change::Entry(handle("bob"), on(List::Forward))]);
        edit.push(bob, &[Change::Settings(settings.clone())]);
        store.write(edit).await.unwrap();
        let seen = store.contact_phones(alice, &handle("alice")).await.unwrap();
        assert_eq!(seen, [ContactPhones { handle: handle("bob"), settings }]);
        let mut edit = Edit::by(bob);
        edit.push(bob, &[Change::Entry(handle("alice"), on(List::Block))]);
        store.write(edit).await.unwrap();
        assert_eq!(store.contact_phones(alice, &handle("alice")).await.unwrap(), []);
    }
}
