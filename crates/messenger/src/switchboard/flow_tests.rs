//! Tests of files and chat in one session. The tests measure the speed of the files and of the
//! chat, with a clock that only the tests move.
//!
//! The members are served over in-memory streams, whose capacity stands for the send buffer of a socket.

use std::time::Duration;

use swallowtail_config::Limits;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, ReadHalf, WriteHalf, copy, sink, split};
use tokio::task::JoinHandle;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep};

use super::testing::World;

/// The number of unsent bytes that the kernel accepts (`site/src/accept.rs`).
const SOCKET: usize = 4 * 1024;
/// The size of a member's queue in bytes. The server uses the same size.
const QUEUE: usize = 256 * 1024;
/// The message that alice sends after a file.
const END: &[u8] = b"the end";
/// The time between two reads of a reader with limited speed.
const TICK: Duration = Duration::from_millis(10);

/// A session of alice and others. Alice sends files.
struct Members {
    world: World,
    board: u32,
    alice: WriteHalf<DuplexStream>,
}

impl Members {
    fn new() -> Self {
        let world = World::new(&Limits::default());
        let alice = world.open("alice");
        let board = alice.board();
        let (answers, alice) = split(alice.served(SOCKET));
        read_all(answers);
        Self { world, board, alice }
    }

    fn join(&self, name: &str) -> (ReadHalf<DuplexStream>, WriteHalf<DuplexStream>) {
        split(self.world.join_with_room(name, self.board, QUEUE).served(SOCKET))
    }

    /// Sends a member `length` bytes of a file, in chunks, and then the line [`END`].
    fn send_file(self, to: &str, length: usize) -> JoinHandle<Self> {
        let chunk = message("D", &chunk(to));
        let mut this = self;
        tokio::spawn(async move {
            for _ in 0..length / chunk.len() {
                this.alice.write_all(&chunk).await.unwrap();
            }
            this.alice.write_all(&message("U", END)).await.unwrap();
            this
        })
    }
}

/// Everything that a member received.
#[derive(Default)]
struct Received {
    bytes: Vec<u8>,
    /// For each read, the time when the read ended, and the total number of bytes that were
    /// received until that time.
    reads: Vec<(Instant, usize)>,
}

impl Received {
    /// Returns when the last byte of this text arrived.
    fn time_of(&self, text: &str) -> Option<Instant> {
        let end = std::str::from_utf8(&self.bytes).unwrap().find(text)? + text.len();
        self.reads.iter().find(|(_, total)| *total >= end).map(|(time, _)| *time)
    }
}

/// Reads at most `per_second` bytes per second, until `done` returns true for the received bytes.
fn read(
    mut stream: ReadHalf<DuplexStream>,
    per_second: usize,
    done: impl Fn(&[u8]) -> bool + Send + 'static,
) -> JoinHandle<Received> {
    tokio::spawn(async move {
        let mut received = Received::default();
        let mut clock = interval(TICK);
        clock.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while !done(&received.bytes) {
            clock.tick().await;
            let end = received.bytes.len() + per_second / 100;
            while received.bytes.len() < end && !done(&received.bytes) {
                let room = end - received.bytes.len();
                received.bytes.reserve(room);
                if (&mut stream).take(room as u64).read_buf(&mut received.bytes).await.unwrap_or(0) == 0 {
                    return received;
                }
                received.reads.push((Instant::now(), received.bytes.len()));
            }
        }
        received
    })
}

/// Reads and discards everything that arrives.
fn read_all(mut stream: ReadHalf<DuplexStream>) {
    tokio::spawn(async move { copy(&mut stream, &mut sink()).await });
}

fn message(flag: &str, payload: &[u8]) -> Vec<u8> {
    [format!("MSG 1 {flag} {}\r\n", payload.len()).as_bytes(), payload].concat()
}

/// A full chunk of a file.
fn chunk(to: &str) -> Vec<u8> {
    let head =
        format!("MIME-Version: 1.0\r\nContent-Type: application/x-msnmsgrp2p\r\nP2P-Dest: {to}@example.com\r\n\r\n");
    [head.as_bytes(), &[b'x'; 48 + 1202 + 4]].concat()
}

#[tokio::test(start_paused = true)]
async fn a_chat_line_arrives_within_100_ms_at_a_member_that_is_receiving_a_file() {
    for per_second in [300_000, 1_000_000] {
        let members = Members::new();
        let (from_bob, _bob) = members.join("bob");
        let (from_carol, mut carol) = members.join("carol");
        read_all(from_carol);
        let bob = read(from_bob, per_second, move |bytes| bytes.len() >= 5 * per_second);
        let begun = Instant::now();
        let sending = members.send_file("bob", 10 * per_second);
        let mut said = Vec::new();
        for number in 0..90 {
            sleep(Duration::from_millis(53)).await;
            let text = format!("line {number};");
            carol.write_all(&message("U", text.as_bytes())).await.unwrap();
            said.push((text, Instant::now()));
        }
        let received = bob.await.unwrap();
        let longest = said.iter().map(|(text, at)| received.time_of(text).unwrap() - *at).max().unwrap();
        assert!(longest <= Duration::from_millis(100), "{per_second}: {longest:?}");
        let speed = received.bytes.len() as f64 / begun.elapsed().as_secs_f64();
        assert!(speed > 0.98 * per_second as f64, "{per_second}: {speed}");
        sending.abort();
    }
}

#[tokio::test(start_paused = true)]
async fn a_slow_member_does_not_slow_a_file_for_another_member() {
    const FILE: usize = 5_000_000;
    let members = Members::new();
    let (from_bob, _bob) = members.join("bob");
    let (from_carol, _carol) = members.join("carol");
    read(from_carol, 20_000, |_| false);
    let begun = Instant::now();
    let bob = read(from_bob, 1_000_000, |bytes| bytes.ends_with(END));
    let _members = members.send_file("bob", FILE).await.unwrap();
    bob.await.unwrap();
    let took = begun.elapsed();
    assert!(took < Duration::from_secs(15), "{took:?}; at the speed of carol it would take 250 s");
}

#[tokio::test(start_paused = true)]
async fn a_member_that_reads_50_kb_per_second_receives_a_whole_file_and_still_gets_chat_lines_promptly() {
    const FILE: usize = 400_000;
    let members = Members::new();
    let (from_bob, _bob) = members.join("bob");
    let (from_carol, mut carol) = members.join("carol");
    read_all(from_carol);
    let bob = read(from_bob, 50_000, |bytes| bytes.ends_with(END));
    let sending = members.send_file("bob", FILE);
    sleep(Duration::from_secs(4)).await;
    let said = Instant::now();
    carol.write_all(&message("U", b"hello, bob")).await.unwrap();
    let _members = sending.await.unwrap();
    let received = bob.await.unwrap();
    assert!(received.bytes.len() > FILE);
    let took = received.time_of("hello, bob").unwrap() - said;
    assert!(took < Duration::from_millis(500), "{took:?}");
}
