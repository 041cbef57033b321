//! Two engines that are connected in memory, and tests that use them.

mod endings;
mod hostile;
mod official;
mod transfers;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use msnp::Handle;
use msnp::p2p::{Chunk, FileContext, Flags, slp};

use super::Engine;
use crate::p2p::{Event, TransferId};

const ALICE: usize = 0;
const BOB: usize = 1;

/// One account. It serves and accepts everything that its fields allow, and records its events except `Progress`.
struct Side {
    engine: Engine,
    handle: Handle,
    /// The object to serve.
    object: Option<Arc<[u8]>>,
    accepts: bool,
    /// The files that this side sends.
    files: BTreeMap<TransferId, Vec<u8>>,
    /// The parts of files and objects that have arrived.
    received: BTreeMap<TransferId, Vec<u8>>,
    events: Vec<Event>,
    last_progress: BTreeMap<TransferId, (u64, u64)>,
}

/// Two accounts in a conversation.
struct Pair {
    sides: [Side; 2],
    now: Instant,
    /// One or two words that describe each message that a side has sent.
    wire: Vec<String>,
}

/// Returns numbers that look random and are the same in each run.
fn numbers(seed: u32) -> impl FnMut() -> u32 + Send {
    let mut state = seed;
    move || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state ^ state >> 15
    }
}

fn handle(name: &str) -> Handle {
    Handle::parse(&format!("{name}@example.com")).unwrap()
}

fn bytes(length: usize, seed: u32) -> Vec<u8> {
    let mut next = numbers(seed);
    (0..length).map(|_| next().to_le_bytes()[1]).collect()
}

fn file(name: &str, size: usize) -> FileContext {
    FileContext { name: name.to_owned(), size: size as u64, preview: Vec::new() }
}

impl Side {
    fn new(name: &str, seed: u32) -> Self {
        let handle = handle(name);
        Self {
            engine: Engine::new(handle.clone(), numbers(seed)),
            handle,
            object: None,
            accepts: true,
            files: BTreeMap::new(),
            received: BTreeMap::new(),
            events: Vec::new(),
            last_progress: BTreeMap::new(),
        }
    }

    /// Handles all events as a program would.
    fn handle_events(&mut self, now: Instant) {
        while let Some(event) = self.engine.poll_event() {
            match &event {
                Event::ObjectRequested { id, .. } => {
                    if let Some(object) = &self.object {
                        self.engine.serve(*id, Arc::clone(object), now);
                    }
                }
                Event::FileOffered { id, .. } if self.accepts => self.engine.accept(*id, now),
                Event::NeedData { id, offset, at_most } => {
                    let rest = &self.files[id][usize::try_from(*offset).unwrap()..];
                    let used = self.engine.supply(*id, rest);
                    assert_eq!(used, (*at_most).min(rest.len()));
                }
                Event::Data { id, offset, bytes } => {
                    let received = self.received.entry(*id).or_default();
                    assert_eq!(received.len() as u64, *offset);
                    received.extend(bytes);
                }
                Event::ObjectReceived { id, bytes } => {
                    self.received.insert(*id, bytes.clone());
                }
                Event::Progress { id, done, total } => {
                    self.last_progress.insert(*id, (*done, *total));
                }
                _ => {}
            }
            if !matches!(event, Event::Progress { .. } | Event::Data { .. } | Event::NeedData { .. }) {
                self.events.push(event);
            }
        }
    }

    fn take_events(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.events)
    }
}

impl Pair {
    fn new() -> Self {
        let sides = [Side::new("alice", 1), Side::new("bob", 2)];
        Self { sides, now: Instant::now(), wire: Vec::new() }
    }

    /// Moves one message from one side to the other. Returns `false` if there is no message.
    fn step(&mut self, from: usize) -> bool {
        let [alice, bob] = &mut self.sides;
        let (sender, receiver) = if from == ALICE { (alice, bob) } else { (bob, alice) };
        let transmit = sender.engine.poll_transmit(self.now);
        sender.handle_events(self.now);
        let Some(transmit) = transmit else {
            return false;
        };
        assert_eq!(transmit.to, receiver.handle);
        self.wire.push(format!("{} {}", sender.handle.as_str().split('@').next().unwrap(), describe(&transmit.bytes)));
        receiver.engine.receive(&sender.handle, &transmit.bytes, self.now);
        receiver.handle_events(self.now);
        true
    }

    /// Moves up to `messages` messages, or fewer if both sides have no more.
    fn run_for(&mut self, messages: usize) {
        for side in &mut self.sides {
            side.handle_events(self.now);
        }
        for _ in 0..messages {
            if !self.step(ALICE) && !self.step(BOB) {
                return;
            }
        }
    }

    fn run(&mut self) {
        self.run_for(usize::MAX);
    }

    fn wait(&mut self, time: Duration) {
        self.now += time;
        for side in &mut self.sides {
            side.engine.handle_timeout(self.now);
            side.handle_events(self.now);
        }
    }

    fn offer(&mut self, from: usize, name: &str, data: Vec<u8>) -> TransferId {
        let to = self.sides[1 - from].handle.clone();
        let id = self.sides[from].engine.offer_file(&to, file(name, data.len()), self.now);
        self.sides[from].files.insert(id, data);
        id
    }

    fn request(&mut self, from: usize, size: usize) -> TransferId {
        let to = self.sides[1 - from].handle.clone();
        self.sides[from].engine.request_object(&to, "<msnobj/>", size as u64, 1, self.now)
    }

    /// Checks that nothing is left to do, and that nothing is stored.
    fn assert_idle(&mut self) {
        self.run();
        for side in &mut self.sides {
            assert!(side.engine.transfers.is_empty(), "{} has open transfers", side.handle);
            assert_eq!(side.engine.poll_timeout(), None);
        }
    }
}

/// Returns one or two words that describe a message.
fn describe(bytes: &[u8]) -> String {
    let chunk = Chunk::parse(bytes).unwrap();
    let header = chunk.header;
    if header.flags == Flags::ACK {
        return format!("ACK {}", header.session_id);
    }
    if header.session_id == 0 {
        let text = String::from_utf8_lossy(chunk.data);
        let message = slp::Message::parse(chunk.data);
        assert!(message.is_ok() || header.offset > 0 || !chunk.is_last(), "{text}");
        return text.split(' ').take(2).collect::<Vec<_>>().join(" ").replace("MSNSLP/1.0 ", "");
    }
    format!("{:?} {:?} {}", header.flags, chunk.data.len(), chunk.footer)
}
