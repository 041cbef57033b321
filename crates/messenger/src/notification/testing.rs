//! A notification server for tests, without sockets, tasks or a database. A test sends commands to a session and reads
//! the lines that are queued for the client.

use std::net::SocketAddr;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use msnp::frame::Frame;
use msnp::notification::server_payload_length;
use msnp::{Dialect, DisplayName, Handle, Refusal};
use swallowtail_config::{Config, ConnectionLimits};
use swallowtail_store::accounts::{TicketLife, Tickets};
use swallowtail_store::roster::{Roster, Stamps};
use tokio::time::Instant;

use super::handling::Outcome;
use super::{NotificationSession, Role};
use crate::net::{Caller, CommandFuture, Connection, Handled, Outbox, Reachable, Session, Table};
use crate::service::Service;
use crate::storage::Storage;
use crate::storage::memory::Memory;

/// Marks the end of the connection among the lines that a client receives.
pub(super) const CLOSED: &str = "(closed)";
/// The names of the accounts on every test server, at example.com.
const ACCOUNTS: [&str; 4] = ["alice", "bob", "carol", "dave"];
/// The maximum number of bytes from other connections in a queue, as in the service.
const OUTBOX_LIMIT: usize = 256 * 1024;

/// Returns the address of an account.
pub(super) fn handle(name: &str) -> Handle {
    Handle::parse(&format!("{name}@example.com")).unwrap()
}

/// A service with the accounts in [`ACCOUNTS`].
pub(super) struct Server {
    pub(super) service: Arc<Service>,
    pub(super) store: Arc<Memory>,
    connections: Arc<Table>,
}

impl Server {
    pub(super) fn new() -> Self {
        Self::with(|_| {})
    }

    /// Creates a server with settings other than the defaults.
    pub(super) fn with(set: impl FnOnce(&mut Config)) -> Self {
        let mut config = Config::default();
        set(&mut config);
        let store = Memory::new();
        for name in ACCOUNTS {
            store.add(Roster::new(handle(name), DisplayName::new(name).unwrap(), Stamps::default()));
        }
        let tickets = Tickets::with_keys(vec![(1, vec![7; 32])]).unwrap();
        let service = Arc::new(Service::new(config, store.clone(), tickets));
        Self { service, store, connections: Table::new("chat", ConnectionLimits::new(&[], 100, 100, 100)) }
    }

    /// Creates a server with this many places for connections.
    pub(super) fn with_places(places: usize) -> Self {
        let limits = ConnectionLimits::new(&[], places, places, places).with_conversations(25);
        Self { connections: Table::new("chat", limits), ..Self::new() }
    }

    /// Opens a connection on which nothing has been sent yet. Rate limits apply to it.
    pub(super) fn connect(&self) -> Client {
        self.connect_to(Role::Notification, |_| {})
    }

    /// Opens a connection to a server of this role. `set` changes the connection's properties
    /// before its session begins.
    pub(super) fn connect_to(&self, role: Role, set: impl FnOnce(&mut Connection)) -> Client {
        let outbox = Outbox::new(OUTBOX_LIMIT);
        let network = Reachable { notification: 1863, switchboard: 1864, ..Reachable::default() };
        let (peer, local): (SocketAddr, SocketAddr) = (([192, 0, 2, 1], 5000).into(), ([192, 0, 2, 2], 1863).into());
        let caller = Caller::new(peer, local, Arc::new(network));
        let place = Arc::new(self.connections.admit(peer.ip(), outbox.clone()).unwrap());
        let mut connection = Connection { outbox: outbox.clone(), place, caller, limited: true };
        set(&mut connection);
        let session = NotificationSession::new(self.service.clone(), role, connection);
        Client {
            session,
            outbox,
            waiting: None,
            service: self.service.clone(),
            store: self.store.clone(),
            account: None,
            named: Vec::new(),
            over: false,
        }
    }

    /// Returns a ticket for an account.
    pub(super) async fn ticket(&self, name: &str) -> String {
        let account = self.store.account(&handle(name)).await.unwrap().unwrap();
        self.service.tickets.issue(&account, TicketLife::Rst).secret().to_owned()
    }

    /// Opens a connection that has offered the dialects in `offer` and sent the first USR, but not
    /// yet the ticket.
    pub(super) async fn before_ticket(&self, name: &str, offer: &str) -> Client {
        named(self.connect(), name, offer).await
    }

    /// Opens a connection that has offered the dialects in `offer` and signed in.
    pub(super) async fn sign_in(&self, name: &str, offer: &str) -> Client {
        self.sign_in_from(name, offer, |_| {}).await
    }

    /// Does the same as [`Self::sign_in`], after `set` has changed the connection's properties.
    pub(super) async fn sign_in_from(&self, name: &str, offer: &str, set: impl FnOnce(&mut Connection)) -> Client {
        let mut client = named(self.connect_to(Role::Notification, set), name, offer).await;
        let welcome = client.say(&format!("USR 3 TWN S {}", self.ticket(name).await)).await;
        assert!(welcome[0].starts_with("USR 3 OK"), "{welcome:?}");
        client.account = Some(handle(name));
        client
    }

    /// Opens a connection that has signed in, has received its lists, and is online.
    pub(super) async fn online(&self, name: &str, offer: &str) -> Client {
        let mut client = self.sign_in(name, offer).await;
        let old = ["MSNP8", "MSNP9"].iter().any(|old| offer.starts_with(old));
        client.say(if old { "SYN 4 0" } else { "SYN 4 0 0" }).await;
        client.say("CHG 5 NLN 0").await;
        client
    }

    /// Returns the roster of an account that is in use.
    pub(super) fn roster(&self, name: &str) -> Roster {
        self.service.directory.find(&handle(name)).unwrap().state().roster.clone()
    }

    /// Returns the sum of the list bits that `name` has for `other`.
    pub(super) fn lists(&self, name: &str, other: &str) -> u8 {
        self.store.kept(&handle(name)).unwrap().entries.get(&handle(other)).map_or(0, |entry| entry.lists.number())
    }
}

/// Sends VER and the first USR.
async fn named(mut client: Client, name: &str, offer: &str) -> Client {
    client.say(&format!("VER 1 {offer}")).await;
    client.say(&format!("USR 2 TWN I {name}@example.com")).await;
    client
}

/// The client's end of a session. It also does the work of a connection: it carries bytes and runs the session.
pub(super) struct Client {
    pub(super) session: NotificationSession,
    outbox: Arc<Outbox>,
    waiting: Option<CommandFuture<Outcome>>,
    service: Arc<Service>,
    store: Arc<Memory>,
    account: Option<Handle>,
    /// GUIDs of contacts and groups, with the names that replace them in tests.
    named: Vec<(String, String)>,
    over: bool,
}

impl Client {
    /// Sends a command, waits until the command is carried out, and returns every line that is
    /// queued then. In commands and in returned lines, the payload comes after the line end.
    /// `<bob>` means the GUID of the contact or group of that name.
    pub(super) async fn say(&mut self, command: &str) -> Vec<String> {
        self.send(command);
        self.wait().await;
        for cell in self.service.directory.cells() {
            assert_eq!(Some(&cell.state().roster), self.store.kept(&cell.handle).as_ref(), "after {command}");
        }
        self.received()
    }

    /// Sends a command. If the command has to wait for the store, [`Self::wait`] completes it.
    pub(super) fn send(&mut self, command: &str) {
        let command = self.with_guids(command);
        let (line, payload) = command.split_once("\r\n").unwrap_or((&command, ""));
        let handled = self.session.payload_length(line.as_bytes()).and_then(|length| {
            assert_eq!(length, payload.len(), "{command}");
            self.session.receive(Frame { line: line.as_bytes(), payload: payload.as_bytes() })
        });
        match handled {
            Ok(Handled::Done) => {}
            Ok(Handled::Wait(work)) => {
                self.waiting = Some(work);
                self.begin_waiting();
            }
            Err(refusal @ Refusal::Answer(..)) => self.session.refuse(refusal),
            Err(refusal) => {
                self.session.refuse(refusal);
                self.end();
            }
        }
    }

    /// Polls the work of the last command once, as the connection does before it waits.
    fn begin_waiting(&mut self) {
        if let Some(work) = &mut self.waiting
            && let Poll::Ready(outcome) = work.as_mut().poll(&mut Context::from_waker(Waker::noop()))
        {
            self.waiting = None;
            self.finish(outcome);
        }
    }

    /// Waits until the last command is carried out.
    pub(super) async fn wait(&mut self) {
        if let Some(work) = self.waiting.take() {
            let outcome = work.await;
            self.finish(outcome);
        }
    }

    fn finish(&mut self, outcome: Outcome) {
        if self.session.finish(outcome).is_err() {
            self.end();
        }
    }

    /// Sends the commands of `conversation` one after the other. Checks that the answer to each
    /// command is the text that follows the command in `conversation`.
    pub(super) async fn expect(&mut self, conversation: &[(&str, &str)]) {
        for (command, answer) in conversation {
            assert_eq!(self.say(command).await.join("\n"), *answer, "{command}");
        }
    }

    /// Returns the dialect of a client that is signed in.
    pub(super) fn dialect(&self) -> Dialect {
        self.service.directory.endpoint(self.account.as_ref().unwrap()).unwrap().client.dialect
    }

    /// Drops the connection, even in the middle of a command.
    pub(super) fn drop_connection(&mut self) {
        self.waiting = None;
        self.end();
    }

    /// Moves the clock forward, runs the session's timers that are due, and returns the queued lines.
    pub(super) async fn after(&mut self, time: Duration) -> Vec<String> {
        tokio::time::advance(time).await;
        while self.session.next_tick().is_some_and(|at| at <= Instant::now()) {
            if self.session.tick().is_err() {
                self.end();
            }
        }
        self.received()
    }

    /// Returns the lines that were queued since the last call. [`CLOSED`] comes last if the
    /// connection has ended.
    pub(super) fn received(&mut self) -> Vec<String> {
        self.learn_names();
        let (mut bytes, mut is_closed) = (Vec::new(), false);
        loop {
            let mut taken = Vec::new();
            match self.outbox.poll_take(&mut Context::from_waker(Waker::noop()), &mut taken) {
                Poll::Ready(_) if !taken.is_empty() => bytes.extend(taken),
                Poll::Ready(_) => {
                    is_closed = true;
                    break;
                }
                Poll::Pending => break,
            }
        }
        let mut lines = self.lines(&bytes);
        if is_closed {
            self.end();
            lines.push(CLOSED.to_owned());
        }
        lines
    }

    /// Ends the session, as its connection does.
    fn end(&mut self) {
        self.outbox.close();
        if !std::mem::replace(&mut self.over, true) {
            self.session.ended();
        }
    }

    /// Splits bytes into lines, each with its payload, if it has one.
    fn lines(&self, mut bytes: &[u8]) -> Vec<String> {
        let mut lines = Vec::new();
        while !bytes.is_empty() {
            let line = bytes.windows(2).position(|end| end == b"\r\n").unwrap();
            let payload = server_payload_length(&bytes[..line], bytes.len()).unwrap();
            let end = if payload == 0 { line } else { line + 2 + payload };
            lines.push(self.with_names(std::str::from_utf8(&bytes[..end]).unwrap()));
            bytes = &bytes[(line + 2 + payload)..];
        }
        lines
    }

    fn with_guids(&self, text: &str) -> String {
        self.named.iter().fold(text.to_owned(), |text, (name, guid)| text.replace(name, guid))
    }

    fn with_names(&self, text: &str) -> String {
        self.named.iter().fold(text.to_owned(), |text, (name, guid)| text.replace(guid, name))
    }

    /// Records the GUIDs of new contacts and groups. A GUID keeps its name when the group is renamed or removed.
    fn learn_names(&mut self) {
        let Some(cell) = self.account.as_ref().and_then(|account| self.service.directory.find(account)) else { return };
        let state = cell.state();
        let contacts = state.roster.contacts().filter_map(|(handle, entry)| {
            let name = handle.as_str().split('@').next()?;
            Some((format!("<{name}>"), entry.contact?.to_string()))
        });
        let groups = state.roster.groups.iter().map(|(guid, group)| (format!("<{}>", group.name), guid.to_string()));
        for (name, guid) in contacts.chain(groups) {
            if self.named.iter().any(|(_, known)| *known == guid) {
                continue;
            }
            self.named.retain(|(known, _)| *known != name);
            self.named.push((name, guid));
        }
    }
}
