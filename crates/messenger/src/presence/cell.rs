//! One account in use.

use std::collections::HashMap;
use std::ops::Deref;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, Weak};

use msnp::notification::{OutReason, PresenceLine, ServerCommand};
use msnp::payload::PersonalMessage;
use msnp::{Capabilities, Dialect, DisplayName, Handle, MsnObject, Reader, Status, Timestamp, TrId};

use super::directory::{Directory, Slot};
use super::tell;
use crate::net::Outbox;
use crate::quirks::Quirks;
use swallowtail_base::lock;
use swallowtail_store::database::AccountId;
use swallowtail_store::roster::{Change, Roster};

/// An account in use: it is signed in, or somebody edits a list that it is on.
#[derive(Debug)]
pub struct Cell {
    /// The account's number.
    pub id: AccountId,
    /// The account's address.
    pub handle: Handle,
    state: Mutex<AccountState>,
    /// Where its notification connection is. A leaf: nothing is locked under it.
    endpoint: Mutex<Option<Arc<Endpoint>>>,
    directory: Weak<Directory>,
    /// Keeps the place in the directory while the cell lives; taken when it is dropped.
    slot: Option<Arc<Slot>>,
}

/// What a cell knows.
#[derive(Debug)]
pub struct AccountState {
    /// Lists, groups and settings, as they are in the store.
    pub roster: Roster,
    /// What the account says of itself in this session.
    pub presence: Presence,
}

/// What the client said of itself; forgotten when it signs out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Presence {
    /// The status of the last CHG; none before the first.
    pub status: Option<Status>,
    /// The capabilities of the last CHG.
    pub capabilities: Capabilities,
    /// The display picture of the last CHG.
    pub object: Option<MsnObject>,
    /// The personal message of the last UUX.
    pub message: Option<PersonalMessage>,
}

/// What others see of somebody on line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// What ILN and NLN say.
    pub line: msnp::notification::PresenceInfo,
    /// What UBX says.
    pub message: Option<PersonalMessage>,
}

/// A client, as far as others need to know it.
#[derive(Clone, Debug)]
pub struct Client {
    /// What it speaks.
    pub dialect: Dialect,
    /// Where lines for it go.
    pub outbox: Arc<Outbox>,
    /// The address of this notification server that it can dial.
    pub notification: String,
    /// The switchboard address that it can dial.
    pub switchboard: String,
    /// What it gets that others do not.
    pub quirks: Quirks,
    /// Whether its rates are bounded.
    pub limited: bool,
}

/// The notification connection of a signed-in account, for everybody who has something to say to it.
#[derive(Debug)]
pub struct Endpoint {
    /// Which sign-in this is: a later one of the same account has a higher number.
    pub epoch: u64,
    /// Who is at the other end.
    pub client: Client,
    /// Whether SYN was answered: list changes by others are told from then on.
    pub synced: AtomicBool,
    /// Whether the first CHG was answered: presence is told from then on.
    pub present: AtomicBool,
    /// Whether calls are taken (IMS).
    pub takes_calls: AtomicBool,
}

impl Deref for Endpoint {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}

impl Endpoint {
    /// The connection of a client that just signed in.
    #[must_use]
    pub fn new(epoch: u64, client: Client) -> Self {
        let (synced, present, takes_calls) = (AtomicBool::new(false), AtomicBool::new(false), AtomicBool::new(true));
        Self { epoch, client, synced, present, takes_calls }
    }

    /// Whether the client is told of the presence of others.
    #[must_use]
    pub fn is_present(&self) -> bool {
        self.present.load(Ordering::Acquire)
    }

    /// Says something that somebody else did. `false` when the connection cannot take it.
    pub fn send(&self, line: &ServerCommand) -> bool {
        self.outbox.send(|out| line.encode(self.dialect, out)).is_some()
    }

    /// Says something that the client itself asked for.
    pub fn reply(&self, line: &ServerCommand) {
        self.outbox.reply(|out| line.encode(self.dialect, out));
    }

    /// As [`Self::send`], for a line that tells a change of the client's own lists, which have this version now.
    pub fn send_change(&self, line: &ServerCommand, list_version: u32) -> bool {
        let reader = self.reader(list_version);
        self.outbox.send(|out| line.encode(reader, out)).is_some()
    }

    /// As [`Self::reply`], for a line that tells a change of the client's own lists, which have this version now.
    pub fn reply_change(&self, line: &ServerCommand, list_version: u32) {
        let reader = self.reader(list_version);
        self.outbox.reply(|out| line.encode(reader, out));
    }

    fn reader(&self, list_version: u32) -> Reader {
        Reader { dialect: self.dialect, list_version, old_group_answers: self.quirks.old_group_answers }
    }
}

impl AccountState {
    /// What others see, if they may see anything: the account is past its first CHG and not hidden.
    #[must_use]
    pub fn seen(&self) -> Option<Seen> {
        let status = self.presence.status.filter(|status| *status != Status::Hidden)?;
        Some(Seen {
            line: msnp::notification::PresenceInfo {
                status,
                handle: self.roster.owner.clone(),
                name: self.roster.name.clone(),
                capabilities: self.presence.capabilities,
                object: self.presence.object.clone(),
            },
            message: self.presence.message.clone(),
        })
    }

    /// What `watcher` sees: `shown` of ns.md section 2.
    #[must_use]
    pub fn seen_by(&self, watcher: &Handle) -> Option<Seen> {
        if self.roster.shows_to(watcher) { self.seen() } else { None }
    }
}

/// Whom a change may concern.
enum Concerned {
    Nobody,
    Everybody,
    Only(Handle),
}

impl Cell {
    pub(super) fn new(id: AccountId, roster: Roster, directory: Weak<Directory>, slot: Arc<Slot>) -> Self {
        Self {
            id,
            handle: roster.owner.clone(),
            state: Mutex::new(AccountState { roster, presence: Presence::default() }),
            endpoint: Mutex::default(),
            directory,
            slot: Some(slot),
        }
    }

    /// Looks at the account. Nobody can change it meanwhile, so hold it shortly.
    pub fn state(&self) -> MutexGuard<'_, AccountState> {
        lock(&self.state)
    }

    /// The notification connection, if the account is signed in.
    #[must_use]
    pub fn endpoint(&self) -> Option<Arc<Endpoint>> {
        lock(&self.endpoint).clone()
    }

    /// Makes `endpoint` the account's only session. An older one hears `OUT OTH` and is closed, and to others that is a
    /// departure, before `welcome` queues the first line of the new one.
    pub fn sign_in(&self, endpoint: &Arc<Endpoint>, welcome: impl FnOnce(&Roster)) {
        let mut state = self.state();
        let older = lock(&self.endpoint).replace(endpoint.clone());
        if let Some(older) = older {
            let out = ServerCommand::Out(Some(OutReason::SignedInElsewhere));
            older.outbox.close_with(|bytes| out.encode(older.dialect, bytes));
        }
        self.change(&mut state, Concerned::Everybody, |state| state.presence = Presence::default(), |_| {});
        welcome(&state.roster);
    }

    /// Ends a session, unless a later one took over already.
    pub fn sign_out(&self, epoch: u64) {
        let mut state = self.state();
        let mut endpoint = lock(&self.endpoint);
        if endpoint.as_ref().is_none_or(|endpoint| endpoint.epoch != epoch) {
            return;
        }
        *endpoint = None;
        drop(endpoint);
        self.change(&mut state, Concerned::Everybody, |state| state.presence = Presence::default(), |_| {});
    }

    /// Whoever is signed in has no right to be any more: the session hears `OUT` and is closed, and to others that is a departure.
    pub fn expel(&self) {
        let Some(endpoint) = self.endpoint() else { return };
        let out = ServerCommand::Out(None);
        endpoint.outbox.close_with(|bytes| out.encode(endpoint.dialect, bytes));
        self.sign_out(endpoint.epoch);
    }

    /// CHG and UUX: changes what the account says of itself. `answer` comes first, then the lines to others.
    /// Nothing happens when a later sign-in took over.
    pub fn set_presence(&self, epoch: u64, answer: impl FnOnce(), set: impl FnOnce(&mut Presence)) {
        let mut state = self.state();
        if self.endpoint().is_none_or(|endpoint| endpoint.epoch != epoch) {
            return;
        }
        self.change(&mut state, Concerned::Everybody, |state| set(&mut state.presence), |_| answer());
    }

    /// Carries out changes of the account's own making that are in the store. `answer`, which sees the roster after them, comes
    /// first, then the lines to others.
    pub fn apply(&self, changes: &[Change], answer: impl FnOnce(&Roster)) {
        let mut state = self.state();
        let concerned = changes.iter().find_map(|change| match change {
            Change::Entry(handle, _) => Some(Concerned::Only(handle.clone())),
            Change::Name(_) | Change::Settings(_) => Some(Concerned::Everybody),
            Change::Group(..) | Change::OtherContactsName(_) | Change::GroupRemoved(_) => None,
            Change::ListChanged(_) | Change::SettingsChanged(_) => None,
        });
        let apply = |state: &mut AccountState| changes.iter().for_each(|change| state.roster.apply(change));
        self.change(&mut state, concerned.unwrap_or(Concerned::Nobody), apply, answer);
    }

    /// Carries out changes that somebody else made (rules 2 and 3 of ns.md section 1.2), and says so if SYN was answered.
    pub fn apply_foreign(&self, changes: &[Change], line: &ServerCommand) {
        let mut state = self.state();
        changes.iter().for_each(|change| state.roster.apply(change));
        if let Some(endpoint) = self.endpoint()
            && endpoint.synced.load(Ordering::Acquire)
        {
            endpoint.send_change(line, state.roster.stamps.version);
        }
    }

    /// Changes the state, answers, and tells every watcher concerned what is different for it now.
    fn change(
        &self,
        state: &mut AccountState,
        concerned: Concerned,
        change: impl FnOnce(&mut AccountState),
        answer: impl FnOnce(&Roster),
    ) {
        let watchers: Vec<Handle> = match concerned {
            Concerned::Nobody => Vec::new(),
            Concerned::Everybody => state.roster.watchers().cloned().collect(),
            Concerned::Only(handle) => vec![handle],
        };
        let before = state.seen();
        let allowed: Vec<bool> = watchers.iter().map(|watcher| state.roster.shows_to(watcher)).collect();
        change(state);
        answer(&state.roster);
        let Some(directory) = self.directory.upgrade() else { return };
        let after = state.seen();
        let mut news = tell::News::new(before.as_ref(), after.as_ref());
        for (watcher, allowed_before) in watchers.iter().zip(allowed) {
            let kind = news.kind(allowed_before, state.roster.shows_to(watcher));
            if let Some(kind) = kind
                && let Some(endpoint) = directory.endpoint(watcher)
                && endpoint.is_present()
            {
                news.send(kind, &endpoint);
            }
        }
    }

    /// Tells everybody who sees the account of a number of it. `versions` has the list version of each who has it on FL now, since the
    /// copy of the list that clients keep holds the numbers (ns.md section 1.4).
    pub fn tell_number(&self, line: &ServerCommand, versions: &HashMap<Handle, u32>) {
        let Some(directory) = self.directory.upgrade() else { return };
        let state = self.state();
        if state.seen().is_none() {
            return;
        }
        for watcher in state.roster.watchers().filter(|watcher| state.roster.shows_to(watcher)) {
            if let (Some(version), Some(endpoint)) = (versions.get(watcher), directory.endpoint(watcher))
                && endpoint.is_present()
            {
                endpoint.send_change(line, *version);
            }
        }
    }

    /// Shows the account to `reader`, who came on line or put it on FL: ILN and UBX with the transaction id of that command.
    /// Appended under the cell, so that it cannot overtake a later NLN.
    pub fn show_to(&self, watcher: &Handle, reader: &Endpoint, trid: TrId, before: impl FnOnce(&Roster)) {
        let state = self.state();
        if let Some(seen) = state.seen_by(watcher) {
            before(&state.roster);
            reader.reply(&PresenceLine::Initial(trid, seen.line).into());
            if let Some(message) = seen.message.filter(|_| reader.dialect >= Dialect::Msnp11) {
                reader.reply(&PresenceLine::Message(self.handle.clone(), Some(message)).into());
            }
        }
    }

    /// Notes that the copies of the list that clients keep are old: a contact's number changed. The list version now.
    pub fn touch_list(&self, now: Timestamp) -> u32 {
        let mut state = self.state();
        state.roster.stamps = state.roster.stamps.list_changed(now);
        state.roster.stamps.version
    }

    /// The display name now.
    #[must_use]
    pub fn name(&self) -> DisplayName {
        self.state().roster.name.clone()
    }
}

impl Drop for Cell {
    fn drop(&mut self) {
        self.slot = None;
        if let Some(directory) = self.directory.upgrade() {
            directory.forget_unused(&self.handle);
        }
    }
}
