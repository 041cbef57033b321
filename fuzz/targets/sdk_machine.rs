//! Checks the state machine of the client SDK against any notification server and any switchboard.
//!
//! The input is a script. Each step of the script begins with two bytes. The first byte selects the
//! kind of the step, such as data from a server or a lost connection. The second byte is the number
//! of data bytes that follow. The machine is signed in at the beginning. The machine must not
//! panic, and must not keep more data than its limits allow. It must report exactly one result for
//! each message that it is told to send.

#![no_main]

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use libfuzzer_sys::fuzz_target;
use msnp::Handle;
use msnp::notification::Ticket;
use msnp_client::machine::limits::{MAX_CONVERSATIONS, MAX_ENTRIES, MAX_MEMBERS};
use msnp_client::machine::{Edit, LinkId, Machine, MessageId, Options, Output, Target};

/// The maximum number of steps of a script.
const MAX_STEPS: usize = 200;
/// The maximum number of bytes that the machine may write after one step.
const MAX_WRITTEN: usize = 2 * 1024 * 1024;

/// The lines that a server sends while the machine signs in.
const SIGN_IN: [&str; 5] = [
    "VER 1 MSNP12\r\nCVR 2 7 7 7 http://a http://b\r\nUSR 3 TWN S policy\r\n",
    "USR 4 OK alice@example.com 1 0\r\n",
    "SYN 5 a b 1 1\r\nLSG Friends f1f9a363-4ee9-4a33-a434-b056a4c55b98\r\n",
    "LST N=bob@example.com F=Bob C=c1f9a363-4ee9-4a33-a434-b056a4c55b98 11 1\r\n",
    "CHG 6 NLN 0\r\n",
];

/// A machine, and the connections that it has opened.
struct Stage {
    machine: Machine,
    now: Instant,
    links: Vec<LinkId>,
    notification: Option<LinkId>,
    switchboard: Option<LinkId>,
    /// The messages that the machine was told to send and whose result it has not reported yet.
    unanswered: BTreeSet<MessageId>,
    connections: usize,
}

impl Stage {
    fn online() -> Self {
        let handle = Handle::parse("alice@example.com").expect("an address");
        let now = Instant::now();
        let mut stage = Self {
            machine: Machine::new(Options::new(handle, 1), now),
            now,
            links: Vec::new(),
            notification: None,
            switchboard: None,
            unanswered: BTreeSet::new(),
            connections: 0,
        };
        stage.machine.sign_in(stage.now);
        stage.drain();
        for lines in SIGN_IN {
            stage.hear(stage.notification, lines.as_bytes());
        }
        assert!(stage.machine.is_signed_in());
        stage
    }

    /// Carries out the outputs of the machine. Every connection that the machine asks for succeeds
    /// immediately.
    fn drain(&mut self) {
        while let Some(output) = self.machine.poll() {
            match output {
                Output::Connect { link, target } => {
                    match target {
                        Target::Notification(_) => self.notification = Some(link),
                        Target::Switchboard(_) => self.switchboard = Some(link),
                    }
                    self.links.push(link);
                    self.connections += 1;
                    assert!(self.connections < 100_000, "the machine connects without end");
                    self.machine.connected(link, self.now);
                }
                Output::Disconnect { link, .. } => self.links.retain(|open| *open != link),
                Output::FetchTicket { .. } => {
                    let ticket = Ticket::parse("t=secret&p=").expect("a ticket");
                    self.machine.ticket(Ok(ticket), self.now);
                }
                Output::Sent(id, _) => assert!(self.unanswered.remove(&id), "a second result"),
                Output::Event(_) | Output::Edited(..) => {}
            }
        }
        let mut written = 0;
        for link in self.machine.writable().collect::<Vec<_>>() {
            assert!(self.links.contains(&link), "bytes for a connection that is not open");
            written += self.machine.take_bytes(link, self.now).len();
        }
        assert!(written <= MAX_WRITTEN, "{written} bytes");
    }

    fn hear(&mut self, link: Option<LinkId>, bytes: &[u8]) {
        if let Some(link) = link {
            self.machine.received(link, bytes, self.now);
        }
        self.drain();
    }

    fn step(&mut self, kind: u8, bytes: &[u8]) {
        let bob = Handle::parse("bob@example.com").expect("an address");
        match kind % 10 {
            0..=2 => self.hear(self.notification, bytes),
            3..=5 => self.hear(self.switchboard, bytes),
            6 => self.pass(Duration::from_secs(bytes.len() as u64)),
            7 => {
                let conversation = self.machine.conversation_with(&bob, self.now);
                let id = self.machine.send(conversation, bytes.to_vec(), self.now);
                self.unanswered.insert(id);
            }
            8 => {
                let edit = match bytes.len() % 4 {
                    0 => Edit::Accept(bob),
                    1 => Edit::Block(bob),
                    2 => Edit::RemoveContact(bob),
                    _ => Edit::AddContact(bob),
                };
                self.machine.edit(edit, self.now);
            }
            _ => {
                let link = if bytes.is_empty() { self.notification } else { self.switchboard };
                if let Some(link) = link {
                    self.links.retain(|open| *open != link);
                    self.machine.disconnected(link, "gone", self.now);
                }
            }
        }
        self.drain();
    }

    /// Lets time pass, and runs the timers that are due in this time.
    fn pass(&mut self, time: Duration) {
        let end = self.now + time;
        while let Some(timeout) = self.machine.timeout().filter(|timeout| *timeout <= end) {
            let before = self.now;
            self.now = self.now.max(timeout);
            self.machine.handle_timeout(self.now);
            self.drain();
            let next = self.machine.timeout();
            assert!(self.now > before || next != Some(timeout), "a timer that stays due");
        }
        self.now = end;
    }

    fn check(&mut self) {
        let roster = self.machine.roster();
        assert!(roster.entries().count() <= MAX_ENTRIES);
        let bob = Handle::parse("bob@example.com").expect("an address");
        let conversation = self.machine.conversation_with(&bob, self.now);
        assert!(self.machine.invited(conversation).len() <= MAX_MEMBERS);
        assert!(self.links.len() <= MAX_CONVERSATIONS + 1);
        self.machine.leave(self.now);
        self.drain();
        assert!(self.unanswered.is_empty(), "a message without a result");
        assert!(self.links.iter().all(|link| self.machine.take_bytes(*link, self.now).is_empty()));
        self.pass(Duration::from_secs(3600));
        assert!(!self.machine.is_signed_in());
    }
}

fuzz_target!(|script: &[u8]| {
    let mut stage = Stage::online();
    let mut rest = script;
    for _ in 0..MAX_STEPS {
        let [kind, length, after @ ..] = rest else { break };
        let (bytes, next) = after.split_at(after.len().min((*length).into()));
        stage.step(*kind, bytes);
        rest = next;
    }
    stage.check();
});
