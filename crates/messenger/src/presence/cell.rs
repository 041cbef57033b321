//! One account in use.

use std::collections::{BTreeSet, HashMap};
use std::fmt::Debug;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, Weak};

use msnp::notification::{OutReason, ServerCommand};
use msnp::{DisplayName, Handle, Timestamp, TrId};
use swallowtail_base::lock;
use swallowtail_store::database::AccountId;
use swallowtail_store::roster::{Change, Roster};

use super::endpoint::Endpoint;
use super::notice::{self, Notice};
use super::seen::{Appearance, AppearanceWatch, Presence, Seen};

/// The interface through which a cell reaches the other accounts.
pub(super) trait Neighbours: Debug + Send + Sync {
    /// Returns the notification connection of an account, if the account is signed in.
    fn endpoint(&self, handle: &Handle) -> Option<Arc<Endpoint>>;

    /// Records that the cell of this account was dropped.
    fn cell_is_gone(&self, handle: &Handle);
}

/// An account in use: it is signed in, or an edit is running on its own lists or on a list that contains the account.
#[derive(Debug)]
pub struct Cell {
    /// The account's number.
    pub id: AccountId,
    /// The account's address.
    pub handle: Handle,
    state: Mutex<AccountState>,
    /// The account's notification connection. While this lock is held, no other lock is acquired.
    endpoint: Mutex<Option<Arc<Endpoint>>>,
    neighbours: Weak<dyn Neighbours>,
}

/// The lists, settings and presence of an account.
#[derive(Debug)]
pub struct AccountState {
    /// Lists, groups and settings, as they are in the store.
    pub roster: Roster,
    /// The status, picture and personal message that the current session has set.
    pub presence: Presence,
    /// The appearance of the account. It is replaced whenever the account starts to appear offline to
    /// other users.
    appearance: Appearance,
}

impl AccountState {
    /// Returns the presence that others see. Returns `None` if the account is hidden or has not sent its first CHG.
    #[must_use]
    pub fn seen(&self) -> Option<Seen> {
        self.presence.seen(&self.roster)
    }

    /// Returns a watch that reports whether the account has gone offline for other users.
    #[must_use]
    pub fn watch_appearance(&self) -> AppearanceWatch {
        self.appearance.watch()
    }

    /// Returns the presence that `watcher` sees (`shown` in ns.md section 2).
    #[must_use]
    pub fn seen_by(&self, watcher: &Handle) -> Option<Seen> {
        if self.roster.shows_to(watcher) { self.seen() } else { None }
    }
}

/// A lock on an account that a watcher may see. The account cannot change while this value exists,
/// so no later NLN can overtake lines that are appended to the watcher's outbox. Drop this value
/// soon, and lock no other account before you drop it.
pub struct Shown<'a> {
    state: MutexGuard<'a, AccountState>,
    seen: Seen,
}

impl Shown<'_> {
    /// Returns the lists and settings of the account.
    #[must_use]
    pub fn roster(&self) -> &Roster {
        &self.state.roster
    }

    /// Sends ILN and UBX to the watcher. `trid` is the transaction id of the watcher's command: the CHG that brought
    /// the watcher online, or the command that added the account to the watcher's FL.
    pub fn introduce_to(self, watcher: &Endpoint, trid: TrId) {
        let lines = notice::introduction(&self.seen, trid, watcher.client.dialect);
        watcher.present(&self.state.roster.owner, &lines);
    }
}

impl Cell {
    pub(super) fn new(id: AccountId, roster: Roster, neighbours: Weak<dyn Neighbours>) -> Self {
        Self {
            id,
            handle: roster.owner.clone(),
            state: Mutex::new(AccountState {
                roster,
                presence: Presence::default(),
                appearance: Appearance::default(),
            }),
            endpoint: Mutex::default(),
            neighbours,
        }
    }

    /// Locks the account. The account cannot change until the guard is dropped, so keep the guard
    /// only briefly.
    pub fn state(&self) -> MutexGuard<'_, AccountState> {
        lock(&self.state)
    }

    /// Returns the notification connection, if the account is signed in.
    #[must_use]
    pub fn endpoint(&self) -> Option<Arc<Endpoint>> {
        lock(&self.endpoint).clone()
    }

    /// Makes `endpoint` the account's only session. An older session receives `OUT OTH` and is closed, and others see
    /// the account go offline. After that `welcome` queues the first line of the new session.
    pub fn sign_in(&self, endpoint: &Arc<Endpoint>, welcome: impl FnOnce(&Roster)) {
        let mut state = self.state();
        let older = lock(&self.endpoint).replace(endpoint.clone());
        if let Some(older) = older {
            older.close_with(&ServerCommand::Out(Some(OutReason::SignedInElsewhere)));
        }
        self.forget_presence(&mut state);
        welcome(&state.roster);
    }

    /// Ends a session, unless a later session has already replaced it.
    pub fn sign_out(&self, epoch: u64) {
        let mut state = self.state();
        let mut endpoint = lock(&self.endpoint);
        if endpoint.as_ref().is_none_or(|endpoint| endpoint.epoch != epoch) {
            return;
        }
        *endpoint = None;
        drop(endpoint);
        self.forget_presence(&mut state);
    }

    /// Ends the current session, because its account was removed or its password changed. The client receives `OUT`,
    /// the connection closes, and others see the account go offline.
    pub fn expel(&self) {
        let Some(endpoint) = self.endpoint() else { return };
        endpoint.close_with(&ServerCommand::Out(None));
        self.sign_out(endpoint.epoch);
    }

    fn forget_presence(&self, state: &mut AccountState) {
        self.change(state, watchers(&state.roster), |state| state.presence = Presence::default(), |_| {});
    }

    /// Changes the presence of the account, for CHG and UUX. Calls `answer` first, then sends the
    /// lines for the watchers. Does nothing if `epoch` is not the current session of the account,
    /// for example because a later sign-in has replaced the session.
    pub fn set_presence(&self, epoch: u64, answer: impl FnOnce(), set: impl FnOnce(&mut Presence)) {
        let mut state = self.state();
        if self.endpoint().is_none_or(|endpoint| endpoint.epoch != epoch) {
            return;
        }
        let concerned = watchers(&state.roster);
        self.change(&mut state, concerned, |state| set(&mut state.presence), |_| answer());
    }

    /// Applies changes that the account's own client made. The changes are already in the store.
    /// Calls `answer` first, with the changed roster, and then sends the lines for the watchers.
    pub fn apply(&self, changes: &[Change], answer: impl FnOnce(&Roster)) {
        let mut state = self.state();
        let concerned = concerned(&state.roster, changes);
        let apply = |state: &mut AccountState| changes.iter().for_each(|change| state.roster.apply(change));
        self.change(&mut state, concerned, apply, answer);
    }

    /// Applies changes that another account caused (rules 2 and 3 of ns.md section 1.2). Sends
    /// `line` to the account's client, if the server has answered the client's SYN.
    pub fn apply_foreign(&self, changes: &[Change], line: &ServerCommand) {
        let mut state = self.state();
        changes.iter().for_each(|change| state.roster.apply(change));
        if let Some(endpoint) = self.endpoint()
            && endpoint.synced.load(Ordering::Acquire)
        {
            endpoint.send_change(line, state.roster.stamps.version);
        }
    }

    /// Calls `change`, then calls `answer`, and then sends each watcher in `concerned` the lines
    /// for that watcher.
    fn change(
        &self,
        state: &mut AccountState,
        concerned: Vec<Handle>,
        change: impl FnOnce(&mut AccountState),
        answer: impl FnOnce(&Roster),
    ) {
        let before = state.seen();
        let allowed: Vec<bool> = concerned.iter().map(|watcher| state.roster.shows_to(watcher)).collect();
        change(state);
        answer(&state.roster);
        let after = state.seen();
        if after.is_none() {
            state.appearance = Appearance::default();
        }
        let Some(neighbours) = self.neighbours.upgrade() else { return };
        let mut notice = Notice::new(before.as_ref(), after.as_ref());
        for (watcher, allowed_before) in concerned.iter().zip(allowed) {
            let kind = notice.kind(allowed_before, state.roster.shows_to(watcher));
            if let Some(kind) = kind
                && let Some(endpoint) = neighbours.endpoint(watcher)
                && endpoint.is_present()
            {
                notice.send(kind, &endpoint);
            }
        }
    }

    /// Sends a telephone number of the account to every watcher that sees the account. Clients keep these numbers in
    /// their copies of the list (ns.md section 1.4). Therefore `versions` contains the list version of each account
    /// that has this account on FL.
    pub fn send_number(&self, line: &ServerCommand, versions: &HashMap<Handle, u32>) {
        let Some(neighbours) = self.neighbours.upgrade() else { return };
        let state = self.state();
        if state.seen().is_none() {
            return;
        }
        for watcher in state.roster.watchers().filter(|watcher| state.roster.shows_to(watcher)) {
            if let (Some(version), Some(endpoint)) = (versions.get(watcher), neighbours.endpoint(watcher))
                && endpoint.is_present()
            {
                endpoint.send_change(line, *version);
            }
        }
    }

    /// Locks the account and returns it as `watcher` sees it. Returns `None` if the account must
    /// appear offline to `watcher`.
    #[must_use]
    pub fn shown_to(&self, watcher: &Handle) -> Option<Shown<'_>> {
        let state = self.state();
        let seen = state.seen_by(watcher)?;
        Some(Shown { state, seen })
    }

    /// Gives the list a new version and returns this version. Called when a contact's number has
    /// changed, because clients' copies of the list are then out of date.
    pub fn touch_list(&self, now: Timestamp) -> u32 {
        let mut state = self.state();
        state.roster.stamps = state.roster.stamps.list_changed(now);
        state.roster.stamps.version
    }

    /// Returns the current display name.
    #[must_use]
    pub fn name(&self) -> DisplayName {
        self.state().roster.name.clone()
    }
}

/// Returns all accounts that have this account on FL, each once.
fn watchers(roster: &Roster) -> Vec<Handle> {
    roster.watchers().cloned().collect()
}

/// Returns all accounts for which this account may look different after `changes`, each once.
fn concerned(roster: &Roster, changes: &[Change]) -> Vec<Handle> {
    let mut concerned = BTreeSet::new();
    for change in changes {
        match change {
            Change::Entry(handle, _) => {
                concerned.insert(handle.clone());
            }
            Change::Name(_) | Change::Settings(_) => concerned.extend(watchers(roster)),
            Change::Group(..) | Change::OtherContactsName(_) | Change::GroupRemoved(_) => {}
            Change::ListChanged(_) | Change::SettingsChanged(_) => {}
        }
    }
    concerned.into_iter().collect()
}

impl Drop for Cell {
    fn drop(&mut self) {
        if let Some(neighbours) = self.neighbours.upgrade() {
            neighbours.cell_is_gone(&self.handle);
        }
    }
}

#[cfg(test)]
mod tests;
