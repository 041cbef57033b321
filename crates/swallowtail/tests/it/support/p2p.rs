//! Sends pictures and files between clients at full speed, in the chunks that official clients send
//! (docs/protocol/payloads.md section 7).

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::time::timeout;

use super::people::text_message;
use super::time::PATIENCE;
use super::wire::Wire;

/// The maximum number of data bytes in one message.
const CHUNK: usize = 1202;

/// A file or picture to send.
pub(crate) struct Blob {
    id: u32,
    data: Vec<u8>,
}

impl Blob {
    /// Creates a blob of this length, with bytes that look like noise and differ between ids.
    pub(crate) fn noise(id: u32, length: usize) -> Self {
        let mut state = u64::from(id) | 1 << 40;
        let next = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state.to_le_bytes()[3]
        };
        Self { id, data: std::iter::repeat_with(next).take(length).collect() }
    }

    pub(crate) fn len(&self) -> usize {
        self.data.len()
    }

    /// Returns the digest that a receiver must compute.
    pub(crate) fn digest(&self) -> (u32, Vec<u8>) {
        (self.id, Sha256::digest(&self.data).to_vec())
    }

    /// Returns the payloads of the messages that carry the blob.
    fn payloads(&self, to: &str) -> impl Iterator<Item = Vec<u8>> {
        let head = format!("MIME-Version: 1.0\r\nContent-Type: application/x-msnmsgrp2p\r\nP2P-Dest: {to}\r\n\r\n");
        self.data.chunks(CHUNK).enumerate().map(move |(index, data)| {
            let mut payload = head.clone().into_bytes();
            payload.extend(2_718_281_u32.to_le_bytes());
            payload.extend(self.id.to_le_bytes());
            payload.extend(u64::try_from(index * CHUNK).unwrap().to_le_bytes());
            payload.extend(u64::try_from(self.len()).unwrap().to_le_bytes());
            payload.extend(u32::try_from(data.len()).unwrap().to_le_bytes());
            payload.extend(0x0100_0030_u32.to_le_bytes());
            payload.extend([0; 16]);
            payload.extend_from_slice(data);
            payload.extend(2_u32.to_be_bytes());
            payload
        })
    }
}

/// Returns the commands that send blobs, and the number of commands. The commands send a chunk of
/// each blob in turn. Their transaction ids begin at 1.
pub(crate) fn commands(to: &str, blobs: &[Blob]) -> (Vec<u8>, u32) {
    let mut queues: Vec<_> = blobs.iter().map(|blob| blob.payloads(to)).collect();
    let (mut bytes, mut count) = (Vec::new(), 0);
    while !queues.is_empty() {
        queues.retain_mut(|queue| {
            let Some(payload) = queue.next() else { return false };
            count += 1;
            bytes.extend(format!("MSG {count} D {}\r\n", payload.len()).into_bytes());
            bytes.extend(payload);
            true
        });
    }
    (bytes, count)
}

/// Joins chunks. The chunks of one blob must arrive in order and without a gap.
#[derive(Default)]
pub(crate) struct Collector {
    /// The received part of each blob, by id.
    pub(crate) blobs: BTreeMap<u32, Vec<u8>>,
    complete: usize,
}

impl Collector {
    /// Adds the payload of a message if it is a chunk. Returns whether it is one.
    pub(crate) fn take(&mut self, payload: &[u8]) -> bool {
        let Some(end) = payload.windows(4).position(|four| four == b"\r\n\r\n") else { return false };
        if !payload[..end].windows(10).any(|word| word == b"msnmsgrp2p") {
            return false;
        }
        let (header, data) = payload[end + 4..payload.len() - 4].split_at(48);
        let number = |at: usize| u64::from_le_bytes(header[at..at + 8].try_into().unwrap());
        let id = u32::from_le_bytes(header[4..8].try_into().unwrap());
        let blob = self.blobs.entry(id).or_default();
        assert_eq!(usize::try_from(number(8)).unwrap(), blob.len(), "the next chunk of {id}");
        blob.extend_from_slice(data);
        self.complete += usize::from(usize::try_from(number(16)).unwrap() == blob.len());
        true
    }

    /// Returns the digest of each blob, like [`Blob::digest`].
    pub(crate) fn digests(&self) -> Vec<(u32, Vec<u8>)> {
        self.blobs.iter().map(|(id, data)| (*id, Sha256::digest(data).to_vec())).collect()
    }
}

/// Reads the lines of a server as fast as they arrive.
pub(crate) struct Lines<R> {
    stream: BufReader<R>,
    pub(crate) line: String,
    pub(crate) payload: Vec<u8>,
}

impl<R: AsyncRead + Unpin> Lines<R> {
    pub(crate) fn new(stream: R) -> Self {
        Self { stream: BufReader::with_capacity(64 * 1024, stream), line: String::new(), payload: Vec::new() }
    }

    /// Reads the next line and its payload. Returns `false` if the server has closed the connection.
    pub(crate) async fn next(&mut self) -> bool {
        timeout(PATIENCE, self.read()).await.unwrap()
    }

    async fn read(&mut self) -> bool {
        self.line.clear();
        self.payload.clear();
        if self.stream.read_line(&mut self.line).await.unwrap_or(0) == 0 {
            return false;
        }
        self.line.truncate(self.line.trim_end().len());
        if self.line.starts_with("MSG ") {
            self.payload.resize(self.line.rsplit(' ').next().unwrap().parse().unwrap(), 0);
            return self.stream.read_exact(&mut self.payload).await.is_ok();
        }
        true
    }
}

/// A member of a switchboard session that can read and write at the same time.
pub(crate) struct Party {
    pub(crate) lines: Lines<OwnedReadHalf>,
    pub(crate) write: OwnedWriteHalf,
}

impl From<Wire> for Party {
    fn from(wire: Wire) -> Self {
        let (read, write) = wire.into_stream().into_split();
        Self { lines: Lines::new(read), write }
    }
}

impl Party {
    /// Sends `blobs` to the user `to`. At the same time, reads messages until the server has
    /// acknowledged each sent message and `expected` blobs from the other side are complete. Skips
    /// messages that are not chunks.
    pub(crate) async fn transfer(mut self, to: &str, blobs: &[Blob], expected: usize) -> (Self, Collector) {
        let (bytes, count) = commands(to, blobs);
        let mut write = self.write;
        let writing = tokio::spawn(async move {
            write.write_all(&bytes).await.unwrap();
            write
        });
        let (mut collector, mut acknowledged) = (Collector::default(), 0);
        while acknowledged < count || collector.complete < expected {
            assert!(self.lines.next().await, "closed after {acknowledged} of {count}");
            match self.lines.line.split_once(' ') {
                Some(("MSG", _)) => drop(collector.take(&self.lines.payload)),
                Some(("ACK", trid)) => {
                    acknowledged += 1;
                    assert_eq!(trid, acknowledged.to_string());
                }
                _ => panic!("{} to {to}", self.lines.line),
            }
        }
        self.write = writing.await.unwrap();
        (self, collector)
    }

    /// Sends a message without asking for an acknowledgement.
    pub(crate) async fn say(&mut self, text: &str) {
        let payload = text_message(text);
        let head = format!("MSG 1 U {}\r\n", payload.len());
        self.write.write_all(&[head.as_bytes(), &payload].concat()).await.unwrap();
    }

    /// Reads up to a message with this text.
    pub(crate) async fn receive(&mut self, text: &str) {
        let payload = text_message(text);
        while self.lines.payload != payload {
            assert!(self.lines.next().await, "closed before {text:?}");
        }
        self.lines.payload.clear();
    }

    /// Measures the round trip of a line to the other member, which runs [`Self::echo`].
    pub(crate) async fn round_trip(&mut self, number: usize) -> Duration {
        let begun = Instant::now();
        self.say(&format!("ping {number}")).await;
        self.receive(&format!("pong {number}")).await;
        begun.elapsed()
    }

    /// Answers each message "ping N" with "pong N". Stops after the message "no more", or when the
    /// server closes the connection.
    pub(crate) async fn echo(mut self) -> Self {
        while self.lines.next().await {
            let text = self.lines.payload.rsplit(|byte| *byte == b'\n').next().unwrap_or_default();
            match std::str::from_utf8(text).ok().and_then(|text| text.split_once(' ')) {
                Some(("ping", number)) => {
                    let pong = format!("pong {number}");
                    self.say(&pong).await;
                }
                Some(("no", "more")) => break,
                _ => {}
            }
        }
        self
    }
}

/// Exchanges pings and pongs until `done` is true for the number of round trips so far. Returns the
/// duration of each round trip, and both members.
pub(crate) async fn chat_until(
    mut caller: Party,
    callee: Party,
    done: impl Fn(usize) -> bool,
) -> (Vec<Duration>, [Party; 2]) {
    let echo = tokio::spawn(callee.echo());
    let mut times = Vec::new();
    while !done(times.len()) {
        times.push(caller.round_trip(times.len()).await);
    }
    caller.say("no more").await;
    (times, [caller, echo.await.unwrap()])
}
