//! One connection of a client: it reads frames, writes bytes, and shows both to a [`Tap`].

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use msnp::Malformed;
use msnp::frame::{Decoder, Flow, Frame, LineRules, Receiver};
use msnp::{notification, switchboard};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// The default time limit for a connection, and for each line that is waited for.
pub(super) const TIMEOUT: Duration = Duration::from_secs(20);
/// The longest payload that is accepted from a server, in bytes.
const MAX_PAYLOAD: usize = 64 * 1024;
/// The most frames that wait in the queue while another one is waited for: more than the longest contact list, so that only
/// a server that never stops is given up.
const MAX_FRAMES: usize = 50_000;

/// A function that is called with everything that a connection sends and receives.
pub type Tap = Arc<dyn Fn(Wire<'_>) + Send + Sync>;

/// A line that a client sent or received.
#[derive(Clone, Copy, Debug)]
pub struct Wire<'a> {
    /// Whether the client sent it.
    pub sent: bool,
    /// The line, without its line break.
    pub line: &'a [u8],
    /// The payload of the line.
    pub payload: &'a [u8],
}

/// A received frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnedFrame {
    /// The line, without its line break.
    pub line: Vec<u8>,
    /// The payload.
    pub payload: Vec<u8>,
}

impl OwnedFrame {
    /// Returns the frame as the codec expects it.
    #[must_use]
    pub fn as_frame(&self) -> Frame<'_> {
        Frame { line: &self.line, payload: &self.payload }
    }
}

/// Connects. Without a time limit, this takes minutes if a firewall drops the packets.
pub(super) async fn connect(address: SocketAddr, limit: Duration) -> anyhow::Result<TcpStream> {
    let cannot = || format!("could not connect to {address}");
    let connected = timeout(limit, TcpStream::connect(address)).await;
    connected.with_context(|| format!("no answer for {} s", limit.as_secs())).with_context(cannot)?.with_context(cannot)
}

/// A connection to a server.
pub struct Link {
    stream: TcpStream,
    decoder: Decoder,
    inbox: Inbox,
    tap: Tap,
    limit: Duration,
}

struct Inbox {
    frames: VecDeque<OwnedFrame>,
    payload_length: fn(&[u8]) -> Result<usize, Malformed>,
    tap: Tap,
}

impl Receiver for Inbox {
    type Stop = Malformed;

    fn payload_length(&mut self, line: &[u8]) -> Result<usize, Malformed> {
        (self.payload_length)(line)
    }

    fn receive(&mut self, frame: Frame<'_>) -> Result<Flow, Malformed> {
        (self.tap)(Wire { sent: false, line: frame.line, payload: frame.payload });
        self.frames.push_back(OwnedFrame { line: frame.line.to_vec(), payload: frame.payload.to_vec() });
        Ok(Flow::Continue)
    }
}

impl Link {
    /// Connects to a notification server. `limit` applies to the connection, and then to each line that is waited for.
    pub async fn notification(address: SocketAddr, tap: Tap, limit: Duration) -> anyhow::Result<Self> {
        let length = |line: &[u8]| notification::server_payload_length(line, MAX_PAYLOAD);
        Self::dial(address, LineRules::NOTIFICATION, length, tap, limit).await
    }

    /// Connects to a switchboard, like [`Self::notification`].
    pub async fn switchboard(address: SocketAddr, tap: Tap, limit: Duration) -> anyhow::Result<Self> {
        Self::dial(address, LineRules::SWITCHBOARD, switchboard::server_payload_length, tap, limit).await
    }

    async fn dial(
        address: SocketAddr,
        rules: LineRules,
        payload_length: fn(&[u8]) -> Result<usize, Malformed>,
        tap: Tap,
        limit: Duration,
    ) -> anyhow::Result<Self> {
        let stream = connect(address, limit).await?;
        stream.set_nodelay(true)?;
        let inbox = Inbox { frames: VecDeque::new(), payload_length, tap: tap.clone() };
        Ok(Self { stream, decoder: Decoder::new(rules), inbox, tap, limit })
    }

    /// Sends one command.
    pub async fn send(&mut self, bytes: &[u8]) -> anyhow::Result<()> {
        let end = bytes.windows(2).position(|pair| pair == b"\r\n").unwrap_or(bytes.len());
        let payload = bytes.get(end + 2..).unwrap_or_default();
        (self.tap)(Wire { sent: true, line: &bytes[..end], payload });
        self.stream.write_all(bytes).await.context("the server closed the connection")
    }

    /// Waits for the first frame from which `pick` returns something, among the frames in the queue and those still to come.
    /// The other frames stay in the queue.
    pub async fn wait_for<T>(&mut self, mut pick: impl FnMut(&OwnedFrame) -> Option<T>) -> anyhow::Result<T> {
        let mut seen = 0;
        loop {
            while let Some(frame) = self.inbox.frames.get(seen) {
                if let Some(found) = pick(frame) {
                    self.inbox.frames.remove(seen);
                    return Ok(found);
                }
                seen += 1;
            }
            if self.inbox.frames.len() >= MAX_FRAMES {
                bail!("the server sent {MAX_FRAMES} other lines");
            }
            if !self.read().await? {
                bail!("the server closed the connection");
            }
        }
    }

    /// Waits for the next frame without a time limit. Returns `None` when the server has closed the connection. No frame
    /// is lost if the future is dropped.
    pub async fn next(&mut self) -> anyhow::Result<Option<OwnedFrame>> {
        loop {
            if let Some(frame) = self.inbox.frames.pop_front() {
                return Ok(Some(frame));
            }
            if !self.read_once().await? {
                return Ok(None);
            }
        }
    }

    /// Waits until the server closes the connection.
    pub async fn closed(&mut self) -> anyhow::Result<()> {
        while self.read().await? {}
        Ok(())
    }

    /// Reads once, within the time limit. Returns whether the stream continues.
    async fn read(&mut self) -> anyhow::Result<bool> {
        let limit = self.limit;
        let read = timeout(limit, self.read_once()).await;
        read.with_context(|| format!("nothing was received for {} s", limit.as_secs()))?
    }

    async fn read_once(&mut self) -> anyhow::Result<bool> {
        let mut chunk = [0; 4096];
        // A reset ends a connection, as a FIN does.
        let count = self.stream.read(&mut chunk).await.unwrap_or(0);
        self.decoder.feed(&chunk[..count], &mut self.inbox).context("the server sent something malformed")?;
        Ok(count > 0)
    }
}
