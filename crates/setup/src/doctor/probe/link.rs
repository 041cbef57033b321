//! One connection: sends commands, and waits for frames.

use std::net::SocketAddr;

use anyhow::{Context, bail};
use msnp::Malformed;
use msnp::frame::{Decoder, Flow, Frame, LineRules, Receiver};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::doctor::finding::PATIENCE;

/// A function that returns the length of the payload after a line.
pub(super) type PayloadLength = fn(&[u8]) -> Result<usize, Malformed>;

/// A received frame.
pub(super) struct OwnedFrame {
    line: Vec<u8>,
    payload: Vec<u8>,
}

impl OwnedFrame {
    pub(super) fn as_frame(&self) -> Frame<'_> {
        Frame { line: &self.line, payload: &self.payload }
    }
}

/// A connection to a server. [`PATIENCE`] limits each wait for an answer.
pub(super) struct Link {
    stream: TcpStream,
    decoder: Decoder,
    inbox: Inbox,
}

struct Inbox {
    frames: Vec<OwnedFrame>,
    payload_length: PayloadLength,
}

impl Receiver for Inbox {
    type Stop = Malformed;

    fn payload_length(&mut self, line: &[u8]) -> Result<usize, Malformed> {
        (self.payload_length)(line)
    }

    fn receive(&mut self, frame: Frame<'_>) -> Result<Flow, Malformed> {
        self.frames.push(OwnedFrame { line: frame.line.to_vec(), payload: frame.payload.to_vec() });
        Ok(Flow::Continue)
    }
}

impl Link {
    pub(super) async fn dial(
        address: SocketAddr,
        rules: LineRules,
        payload_length: PayloadLength,
    ) -> anyhow::Result<Self> {
        let cannot = || format!("could not connect to {address}");
        let connected = timeout(PATIENCE, TcpStream::connect(address)).await;
        let stream = connected
            .with_context(|| format!("no answer for {} s", PATIENCE.as_secs()))
            .with_context(cannot)?
            .with_context(cannot)?;
        stream.set_nodelay(true)?;
        let inbox = Inbox { frames: Vec::new(), payload_length };
        Ok(Self { stream, decoder: Decoder::new(rules), inbox })
    }

    /// Sends one command.
    pub(super) async fn send(&mut self, bytes: &[u8]) -> anyhow::Result<()> {
        self.stream.write_all(bytes).await.context("the server closed the connection")
    }

    /// Waits for the first frame from which `pick` returns something. Drops the frames before it.
    pub(super) async fn wait_for<T>(&mut self, mut pick: impl FnMut(&OwnedFrame) -> Option<T>) -> anyhow::Result<T> {
        loop {
            let frames = std::mem::take(&mut self.inbox.frames);
            if let Some(found) = frames.iter().find_map(&mut pick) {
                return Ok(found);
            }
            let read = timeout(PATIENCE, self.read()).await;
            if !read.with_context(|| format!("nothing was received for {} s", PATIENCE.as_secs()))?? {
                bail!("the server closed the connection");
            }
        }
    }

    /// Reads once. Returns whether the stream continues.
    async fn read(&mut self) -> anyhow::Result<bool> {
        let mut chunk = [0; 4096];
        // A reset ends a connection, as a FIN does.
        let count = self.stream.read(&mut chunk).await.unwrap_or(0);
        let bytes = chunk.get(..count).unwrap_or_default();
        self.decoder.feed(bytes, &mut self.inbox).context("the server sent something malformed")?;
        Ok(count > 0)
    }
}
