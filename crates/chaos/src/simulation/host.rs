//! The server of a schedule (one simulated run). It consists of the messenger and a store in
//! memory.

use std::net::SocketAddr;
use std::sync::Arc;

use msnp::{DisplayName, Handle, List};
use swallowtail_config::{Config, ConnectionLimits};
use swallowtail_messenger::chat::{Chat, ChatServer};
use swallowtail_messenger::net::{Caller, Reachable, Table};
use swallowtail_messenger::service::Service;
use swallowtail_messenger::storage::memory::Memory;
use swallowtail_store::accounts::{TicketLife, Tickets};
use swallowtail_store::database::{Account, AccountId};
use swallowtail_store::roster::{Entry, Roster, Stamps};

use super::choices::Choices;
use super::store::FaultyStore;
use super::stranger;
use super::wire::{Quality, Wire, connection};
use crate::history::{Action, Parts};
use crate::truth::parts_of;

/// A limit on the number of connections, so high that no schedule (simulated run) reaches it.
const CONNECTIONS: usize = 10_000;
/// The probability, in percent, that one account has another account on FL at the start.
const ACQUAINTED: u64 = 50;
/// The probability, in percent, that one account has another account on AL at the start, unless it
/// has the other account on BL.
const ALLOWED: u64 = 60;
/// The probability, in percent, that one account has another account on BL at the start.
const BLOCKED: u64 = 8;

/// The server of a schedule.
pub(super) struct Host {
    service: Arc<Service>,
    connections: Arc<Table>,
    chat: Chat,
    pub(super) store: Arc<FaultyStore>,
    memory: Arc<Memory>,
    /// The accounts and their numbers.
    accounts: Vec<(Handle, AccountId)>,
    stranger: (Handle, AccountId),
    network: Arc<Reachable>,
}

impl Host {
    /// Starts a server with this many accounts, some of which know each other.
    pub(super) fn start(accounts: usize, choices: &mut Choices) -> Option<Self> {
        let memory = Memory::new();
        let rosters = acquainted(accounts, choices)?;
        let accounts = rosters.into_iter().map(|roster| (roster.owner.clone(), memory.add(roster))).collect();
        let stranger = roster(stranger::HANDLE, "Stranger")?;
        let stranger = (stranger.owner.clone(), memory.add(stranger));
        let store = Arc::new(FaultyStore::new(memory.clone(), choices.random()));
        let tickets = Tickets::with_keys(vec![(1, vec![7; 32])])?;
        let service = Arc::new(Service::new(Config::default(), store.clone(), tickets));
        let exempt = &service.config.limits.exempt;
        let connections = Table::new("chat", ConnectionLimits::new(exempt, CONNECTIONS, CONNECTIONS, CONNECTIONS));
        let chat = Chat::new(service.clone(), connections.clone());
        let network = Arc::new(Reachable { notification: 1863, switchboard: 1864, ..Reachable::default() });
        Some(Self { service, connections, chat, store, memory, accounts, stranger, network })
    }

    /// Returns the addresses of all accounts, except the account of the stranger (the client that
    /// may send anything).
    pub(super) fn handles(&self) -> impl Iterator<Item = String> {
        self.accounts.iter().map(|(handle, _)| handle.to_string())
    }

    /// Opens a connection to a service, from an address. Returns `None` if the server refuses it.
    pub(super) fn connect(
        &self,
        server: ChatServer,
        from: SocketAddr,
        choices: &mut Choices,
        quality: Quality,
        step: u64,
    ) -> Option<Wire> {
        let local = SocketAddr::from(([192, 0, 2, 1], 1863));
        let caller = Caller::new(from, local, self.network.clone());
        let place = self.chat.admit(caller.peer).ok()?;
        let (wire, stream) = connection(choices.random(), quality, step);
        let chat = self.chat.clone();
        tokio::spawn(async move { chat.serve(stream, &caller, server, place).await });
        Some(wire)
    }

    /// Returns a ticket for an account.
    pub(super) fn ticket(&self, number: usize) -> Option<String> {
        self.ticket_of(self.accounts.get(number)?)
    }

    /// Returns a ticket for the account of the stranger (the client that may send anything).
    pub(super) fn stranger_ticket(&self) -> Option<String> {
        self.ticket_of(&self.stranger)
    }

    /// Returns the address that the stranger (the client that may send anything) connects from. The
    /// server limits the rates of this address.
    pub(super) fn stranger_address(&self) -> SocketAddr {
        SocketAddr::from(([192, 0, 2, 200], 5000))
    }

    fn ticket_of(&self, (handle, id): &(Handle, AccountId)) -> Option<String> {
        let account = Account {
            id: *id,
            handle: handle.clone(),
            name: self.memory.kept(handle)?.name,
            password_hash: String::new(),
            password_version: 1,
            created_at: 0,
        };
        Some(self.service.tickets.issue(&account, TicketLife::Rst).secret().to_owned())
    }

    /// Returns every account as it is in the store, except the account of the stranger (the client
    /// that may send anything).
    pub(super) fn truth(&self) -> Vec<(String, Parts)> {
        let kept = self.accounts.iter().filter_map(|(handle, _)| self.memory.kept(handle));
        kept.map(|roster| (roster.owner.to_string(), parts_of(&roster))).collect()
    }

    /// Returns the differences between the accounts in memory and the accounts in the store. If a
    /// client has changed a telephone number, `compares_stamps` must be false. Such a change also
    /// changes the stamps of other accounts, and the order of these changes is not certain.
    pub(super) fn differences(&self, compares_stamps: bool) -> Vec<Action> {
        let mut differences = Vec::new();
        for cell in self.service.directory.cells() {
            let mut used = cell.state().roster.clone();
            let Some(kept) = self.memory.kept(&cell.handle) else { continue };
            if !compares_stamps {
                used.stamps = kept.stamps;
            }
            if used != kept {
                let what = format!("the server uses {used:?}, but its store has {kept:?}");
                differences.push(Action::Surprise { what });
            }
        }
        differences
    }

    /// Returns the data that is left in memory although every connection has ended and no client
    /// can reconnect.
    pub(super) fn leftovers(&self) -> Option<String> {
        let left = [
            ("accounts in use", self.service.directory.cells().len()),
            ("switchboard sessions", self.service.switchboard.len()),
            ("connections", self.connections.len()),
        ];
        let left: Vec<_> = left.into_iter().filter(|(_, count)| *count > 0).collect();
        let what = left.iter().map(|(what, count)| format!("{count} {what}"));
        let what = what.collect::<Vec<_>>().join(", ");
        (!left.is_empty()).then(|| format!("after all clients had left, the server still had {what}"))
    }
}

/// Puts an address on a list of a roster. Returns the entry for the address.
fn put<'a>(roster: &'a mut Roster, handle: &Handle, list: List) -> &'a mut Entry {
    let entry = roster.entries.entry(handle);
    entry.lists |= list;
    entry
}

/// Returns `count` new accounts. Some of them are on the lists of others.
fn acquainted(count: usize, choices: &mut Choices) -> Option<Vec<Roster>> {
    let named = |number: usize| roster(&format!("user{number}@example.com"), &format!("User {number}"));
    let mut rosters = (0..count).map(named).collect::<Option<Vec<_>>>()?;
    // One generator makes all choices of one kind, so that these choices use few bytes of a
    // fuzzer's input.
    let mut random = choices.random();
    for one in 0..count {
        for other in (0..count).filter(|other| *other != one) {
            let (owner, contact) = (rosters[one].owner.clone(), rosters[other].owner.clone());
            if random.chance(BLOCKED) {
                put(&mut rosters[one], &contact, List::Block);
            } else if random.chance(ALLOWED) {
                put(&mut rosters[one], &contact, List::Allow);
            }
            if random.chance(ACQUAINTED) {
                put(&mut rosters[one], &contact, List::Forward).contact = Some(swallowtail_base::random::guid());
                put(&mut rosters[other], &owner, List::Reverse);
            }
        }
    }
    Some(rosters)
}

/// Returns a new account.
fn roster(handle: &str, name: &str) -> Option<Roster> {
    Some(Roster::new(Handle::parse(handle).ok()?, DisplayName::new(name)?, Stamps::default()))
}
