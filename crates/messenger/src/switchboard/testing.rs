//! Clients of a switchboard for tests, without sockets or a database. A test passes lines to their sessions and reads
//! their outboxes.

use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use msnp::frame::{Frame, LineRules};
use msnp::switchboard::{Cookie, Participant};
use msnp::{Capabilities, Dialect, DisplayName, Handle, Refusal, Status};
use swallowtail_base::lock;
use swallowtail_config::{ConnectionLimits, Limits, RateLimits};
use swallowtail_store::roster::{Roster, Stamps};
use tokio::io::DuplexStream;
use tokio::time::Instant;

use super::{Claims, Right, Switchboard, SwitchboardSession};
use crate::net::{Caller, Connection, Outbox, Session, Table, Taken, connection};
use crate::presence::{AccountState, Cell, Client, Directory, Endpoint, Presence};
use crate::quirks::Quirks;
use crate::rates::Rates;
use crate::storage::memory::Memory;

/// The size of a queue in bytes: more than any test needs.
const ROOM: usize = 1 << 20;

pub(super) fn handle(name: &str) -> Handle {
    Handle::parse(&format!("{name}@example.com")).unwrap()
}

pub(super) fn participant(name: &str) -> Participant {
    let display_name = DisplayName::new(name).unwrap();
    Participant { handle: handle(name), name: display_name, capabilities: Some(Capabilities(4)) }
}

/// Removes and returns everything in a queue, like a connection that writes all of it.
pub(super) fn unread(outbox: &Outbox) -> String {
    let (mut read, mut bytes) = (Vec::new(), Vec::new());
    while outbox.poll_take(&mut Context::from_waker(Waker::noop()), &mut bytes) == Poll::Ready(Taken::Bytes) {
        read.append(&mut bytes);
    }
    String::from_utf8(read).unwrap()
}

/// A switchboard with a store, a directory and connections.
pub(super) struct World {
    pub(super) switchboard: Arc<Switchboard>,
    store: Arc<Memory>,
    directory: Arc<Directory>,
    /// The accounts that are signed in. This list keeps them in use.
    signed_in: Mutex<Vec<Arc<Cell>>>,
    connections: Arc<Table>,
    limited: bool,
}

impl World {
    /// Creates a switchboard whose clients have no rate limits.
    pub(super) fn new(limits: &Limits) -> Self {
        Self::with_rates(limits, RateLimits::default(), false)
    }

    /// Creates a switchboard whose clients have rate limits if `limited` is true.
    pub(super) fn with_rates(limits: &Limits, rates: RateLimits, limited: bool) -> Self {
        let store = Memory::new();
        let directory = Directory::new(store.clone());
        let switchboard = Switchboard::new(limits, directory.clone(), Arc::new(Rates::new(rates)));
        let all = ConnectionLimits::new(&[], 100, 100, 100);
        let (signed_in, connections) = (Mutex::default(), Table::new("chat", all));
        Self { switchboard, store, directory, signed_in, connections, limited }
    }

    /// Signs an account in, sets its status to online, and then applies `change`. Returns its notification connection.
    pub(super) async fn sign_in(&self, name: &str, change: impl FnOnce(&mut AccountState, &Endpoint)) -> Arc<Endpoint> {
        self.store.add(Roster::new(handle(name), DisplayName::new(name).unwrap(), Stamps::default()));
        let cell = self.directory.turn(&handle(name)).await.cell().await.unwrap().unwrap();
        let client = Client {
            dialect: Dialect::Msnp12,
            outbox: Outbox::new(ROOM),
            notification: "192.0.2.1:1863".to_owned(),
            switchboard: "192.0.2.1:1864".to_owned(),
            quirks: Quirks::NONE,
            limited: false,
        };
        let endpoint = Arc::new(Endpoint::new(self.directory.next_epoch(), client));
        cell.sign_in(&endpoint, |_| {});
        let online = Presence { status: Some(Status::Online), capabilities: Capabilities(4), ..Presence::default() };
        cell.set_presence(endpoint.epoch, || {}, |presence| *presence = online);
        change(&mut cell.state(), &endpoint);
        lock(&self.signed_in).push(cell);
        endpoint
    }

    /// Ends a notification connection, as its client does when it crashes or signs out.
    pub(super) fn sign_out(&self, name: &str, endpoint: &Endpoint) {
        self.directory.find(&handle(name)).unwrap().sign_out(endpoint.epoch);
    }

    /// Changes the status of an account that is signed in.
    pub(super) fn set_status(&self, name: &str, endpoint: &Endpoint, status: Status) {
        let cell = self.directory.find(&handle(name)).unwrap();
        cell.set_presence(endpoint.epoch, || {}, |presence| presence.status = Some(status));
    }

    /// Issues a cookie for an account.
    pub(super) fn cookie(&self, name: &str, right: Right) -> Cookie {
        self.switchboard.cookies.issue(Claims { right, who: participant(name), dialect: Dialect::Msnp12 })
    }

    /// Returns a new connection.
    pub(super) fn connect(&self) -> Person {
        self.connect_with_room(ROOM)
    }

    pub(super) fn connect_with_room(&self, room: usize) -> Person {
        let outbox = Outbox::new(room);
        let address = "192.0.2.7:1863".parse().unwrap();
        let caller = Caller::new(address, address, Arc::default());
        let place = Arc::new(self.connections.admit(address.ip(), outbox.clone()).unwrap());
        let connection = Connection { outbox: outbox.clone(), place, caller, limited: self.limited };
        Person { session: SwitchboardSession::new(self.switchboard.clone(), connection), outbox, trid: 0 }
    }

    /// Returns a connection that has opened a session.
    pub(super) fn open(&self, name: &str) -> Person {
        let mut person = self.connect();
        let answer = person.says(&format!("USR {{}} {name}@example.com {}", self.cookie(name, Right::Open).0));
        assert_eq!(answer, format!("USR 1 OK {name}@example.com {name}\r\n"));
        person
    }

    /// Returns a connection that has joined this session.
    pub(super) fn join(&self, name: &str, session: u32) -> Person {
        self.join_with_room(name, session, ROOM)
    }

    pub(super) fn join_with_room(&self, name: &str, session: u32, room: usize) -> Person {
        let mut person = self.connect_with_room(room);
        let cookie = self.cookie(name, Right::Join(session)).0;
        let answer = person.says(&format!("ANS {{}} {name}@example.com {cookie} {session}"));
        assert!(answer.ends_with("ANS 1 OK\r\n"), "{answer}");
        person
    }
}

/// One switchboard connection.
pub(super) struct Person {
    session: SwitchboardSession,
    outbox: Arc<Outbox>,
    trid: u32,
}

impl Person {
    /// Sends a line after replacing `{}` with the next transaction id. Returns everything that the server has sent
    /// since the last read.
    pub(super) fn says(&mut self, line: &str) -> String {
        self.says_with(line, "")
    }

    pub(super) fn says_with(&mut self, line: &str, payload: &str) -> String {
        self.trid += 1;
        let line = line.replace("{}", &self.trid.to_string());
        let frame = Frame { line: line.as_bytes(), payload: payload.as_bytes() };
        let length = self.session.payload_length(frame.line);
        let result = length.and_then(|length| {
            assert_eq!(length, payload.len());
            self.session.receive(frame).map(drop)
        });
        if let Err(refusal) = result {
            self.session.refuse(refusal);
            if !matches!(refusal, Refusal::Answer(..)) {
                self.outbox.close();
                self.hangs_up();
            }
        }
        self.reads()
    }

    /// Sends a message with an acknowledgement flag.
    pub(super) fn writes(&mut self, flag: &str, text: &str) -> String {
        self.says_with(&format!("MSG {{}} {flag} {}", text.len()), text)
    }

    pub(super) fn reads(&self) -> String {
        unread(&self.outbox)
    }

    /// Returns whether the server has closed the connection.
    pub(super) fn is_closed(&self) -> bool {
        self.outbox.own_unsent().is_none()
    }

    /// Does the work of the session that is due now. In the server, the task of the connection does
    /// this work.
    pub(super) fn ticks(&mut self) {
        if self.session.next_tick().is_some_and(|due| due <= Instant::now()) {
            self.session.tick().unwrap();
        }
    }

    /// Serves the connection over a stream that holds up to `room` bytes in each direction. Returns the client's end.
    pub(super) fn served(self, room: usize) -> DuplexStream {
        let (near, far) = tokio::io::duplex(room);
        tokio::spawn(connection::serve(far, self.session, self.outbox, LineRules::SWITCHBOARD));
        near
    }

    /// Ends the connection.
    pub(super) fn hangs_up(&mut self) {
        self.session.ended();
    }

    /// Returns the id of the session that this connection is in.
    pub(super) fn board(&self) -> u32 {
        self.session.board_id().unwrap()
    }
}
