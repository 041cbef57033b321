//! One connection of a client: frames in, bytes out, and somebody who may look on.

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

/// How long a connection, and each line that is waited for, may take unless somebody has less time.
pub(super) const PATIENCE: Duration = Duration::from_secs(20);
/// The longest payload that is taken from a server.
const MAX_PAYLOAD: usize = 64 * 1024;

/// Somebody who sees what goes over the wire.
pub type Tap = Arc<dyn Fn(Wire<'_>) + Send + Sync>;

/// Something that went over the wire.
#[derive(Clone, Copy, Debug)]
pub struct Wire<'a> {
    /// Whether the client sent it.
    pub sent: bool,
    /// The line.
    pub line: &'a [u8],
    /// Its payload.
    pub payload: &'a [u8],
}

/// A frame that came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnedFrame {
    /// The words.
    pub line: Vec<u8>,
    /// The payload.
    pub payload: Vec<u8>,
}

impl OwnedFrame {
    /// As the codec takes it.
    #[must_use]
    pub fn as_frame(&self) -> Frame<'_> {
        Frame { line: &self.line, payload: &self.payload }
    }
}

/// Connects. A firewall that drops what comes would have us wait for minutes.
pub(super) async fn connect(address: SocketAddr, patience: Duration) -> anyhow::Result<TcpStream> {
    let cannot = || format!("cannot dial {address}");
    let connected = timeout(patience, TcpStream::connect(address)).await;
    connected
        .with_context(|| format!("no answer for {} s", patience.as_secs()))
        .with_context(cannot)?
        .with_context(cannot)
}

/// A connection to a server.
pub struct Link {
    stream: TcpStream,
    decoder: Decoder,
    inbox: Inbox,
    tap: Tap,
    patience: Duration,
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
    /// Dials a notification server. `patience` is for the connection, and then for each line that is waited for.
    pub async fn notification(address: SocketAddr, tap: Tap, patience: Duration) -> anyhow::Result<Self> {
        let length = |line: &[u8]| notification::server_payload_length(line, MAX_PAYLOAD);
        Self::dial(address, LineRules::NOTIFICATION, length, tap, patience).await
    }

    /// Dials a switchboard, as [`Self::notification`].
    pub async fn switchboard(address: SocketAddr, tap: Tap, patience: Duration) -> anyhow::Result<Self> {
        Self::dial(address, LineRules::SWITCHBOARD, switchboard::server_payload_length, tap, patience).await
    }

    async fn dial(
        address: SocketAddr,
        rules: LineRules,
        payload_length: fn(&[u8]) -> Result<usize, Malformed>,
        tap: Tap,
        patience: Duration,
    ) -> anyhow::Result<Self> {
        let stream = connect(address, patience).await?;
        stream.set_nodelay(true)?;
        let inbox = Inbox { frames: VecDeque::new(), payload_length, tap: tap.clone() };
        Ok(Self { stream, decoder: Decoder::new(rules), inbox, tap, patience })
    }

    /// Sends one command.
    pub async fn send(&mut self, bytes: &[u8]) -> anyhow::Result<()> {
        let end = bytes.windows(2).position(|pair| pair == b"\r\n").unwrap_or(bytes.len());
        let payload = bytes.get(end + 2..).unwrap_or_default();
        (self.tap)(Wire { sent: true, line: &bytes[..end], payload });
        self.stream.write_all(bytes).await.context("the server closed the connection")
    }

    /// The first frame, of those that came and those that come, in which `pick` finds what it looks for. Others stay
    /// for later.
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
            if !self.read().await? {
                bail!("the server closed the connection");
            }
        }
    }

    /// The next frame, of those that came and those that come, however long it takes; `None` when the server closed.
    /// Nothing is lost if this is given up.
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

    /// Waits for the end of the connection.
    pub async fn closed(&mut self) -> anyhow::Result<()> {
        while self.read().await? {}
        Ok(())
    }

    /// Reads once, with patience. `false` at the end of the stream.
    async fn read(&mut self) -> anyhow::Result<bool> {
        let patience = self.patience;
        let read = timeout(patience, self.read_once()).await;
        read.with_context(|| format!("nothing came for {} s", patience.as_secs()))?
    }

    async fn read_once(&mut self) -> anyhow::Result<bool> {
        let mut chunk = [0; 4096];
        // A reset ends a connection as well as a FIN.
        let count = self.stream.read(&mut chunk).await.unwrap_or(0);
        self.decoder.feed(&chunk[..count], &mut self.inbox).context("the server sent something malformed")?;
        Ok(count > 0)
    }
}
