//! A connection to a server or to a floor, the smallest program that could do the same work. The
//! connection reads frames with the codec of the client library.

use std::collections::VecDeque;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use msnp::Malformed;
use msnp::frame::{Decoder, Flow, Frame, LineRules, Receiver};
use msnp::{notification, switchboard};
use swallowtail_chaos::client::Dial;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// The number of bytes that are read at a time.
const CHUNK: usize = 16 * 1024;
/// The longest payload that a notification server sends, in bytes.
const MAX_PAYLOAD: usize = 64 * 1024;
/// How long a client waits for a line. A server that needs longer has failed.
const PATIENCE: Duration = Duration::from_secs(60);
/// The number of clients that connect from one address in 127.0.0.0/8. Each address has 28,000
/// ports.
const PER_ADDRESS: usize = 250;

/// The kind of server to which a connection is open.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Service {
    /// A notification server, or a floor (the smallest program that could do the same work).
    Notification,
    /// A switchboard.
    Switchboard,
}

/// A connection.
#[derive(Debug)]
pub(crate) struct Wire {
    stream: TcpStream,
    decoder: Decoder,
    service: Service,
    /// The lines that have arrived, and that [`Self::expect`] has not looked at yet.
    waiting: VecDeque<String>,
}

/// A sink that passes each frame to a function.
struct Each<'a, F> {
    service: Service,
    frame: &'a mut F,
}

impl<F: FnMut(Frame<'_>) -> Result<()>> Receiver for Each<'_, F> {
    type Stop = anyhow::Error;

    fn payload_length(&mut self, line: &[u8]) -> Result<usize> {
        let length: Result<usize, Malformed> = match self.service {
            Service::Notification => notification::server_payload_length(line, MAX_PAYLOAD),
            Service::Switchboard => switchboard::server_payload_length(line),
        };
        Ok(length?)
    }

    fn receive(&mut self, frame: Frame<'_>) -> Result<Flow> {
        (self.frame)(frame)?;
        Ok(Flow::Continue)
    }
}

/// Returns the address from which the client with this number connects.
pub(crate) fn client_address(number: usize) -> IpAddr {
    let [_, _, high, low] = u32::try_from(number / PER_ADDRESS + 1).unwrap_or(1).to_be_bytes();
    IpAddr::V4(Ipv4Addr::new(127, 1, high, low))
}

impl Wire {
    /// Connects the client with this number.
    ///
    /// # Errors
    /// Fails if the connection is not accepted.
    pub(crate) async fn connect(service: Service, to: SocketAddr, number: usize) -> Result<Self> {
        let dial = Dial { from: Some(client_address(number)), ..Dial::to(to) };
        let rules = match service {
            Service::Notification => LineRules::NOTIFICATION,
            Service::Switchboard => LineRules::SWITCHBOARD,
        };
        Ok(Self { stream: dial.connect().await?, decoder: Decoder::new(rules), service, waiting: VecDeque::new() })
    }

    /// Writes bytes.
    ///
    /// # Errors
    /// Fails if the connection has ended.
    pub(crate) async fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.stream.write_all(bytes).await.context("could not write")
    }

    /// Sends a number to a floor, and waits until the floor has received it.
    ///
    /// # Errors
    /// Fails if the connection has ended.
    pub(crate) async fn announce(&mut self, number: u32) -> Result<()> {
        self.stream.write_u32(number).await?;
        self.stream.read_u8().await.context("the comparison program (the floor) did not answer")?;
        Ok(())
    }

    /// Waits for bytes and passes each complete frame to `frame`. If the caller drops the future,
    /// no bytes are lost.
    ///
    /// # Errors
    /// Fails if the connection ends or `frame` fails.
    pub(crate) async fn read(&mut self, frame: &mut impl FnMut(Frame<'_>) -> Result<()>) -> Result<()> {
        let mut chunk = [0; CHUNK];
        let length = self.stream.read(&mut chunk).await.context("could not read")?;
        ensure!(length > 0, "the server closed the connection");
        self.decoder.feed(&chunk[..length], &mut Each { service: self.service, frame })
    }

    /// Returns the next line that begins with `start`. Skips the lines before that line.
    ///
    /// # Errors
    /// Fails if the line does not arrive, or an error code arrives first.
    pub(crate) async fn expect(&mut self, start: &str) -> Result<String> {
        let found = timeout(PATIENCE, self.find(start)).await;
        found.with_context(|| format!("{start:?} did not arrive in {} s", PATIENCE.as_secs()))?
    }

    async fn find(&mut self, start: &str) -> Result<String> {
        loop {
            while let Some(line) = self.waiting.pop_front() {
                if line.starts_with(start) {
                    return Ok(line);
                }
                if line.starts_with(|first: char| first.is_ascii_digit()) {
                    bail!("{line:?} arrived instead of {start:?}");
                }
            }
            let mut waiting = std::mem::take(&mut self.waiting);
            let mut keep = |frame: Frame<'_>| {
                waiting.push_back(String::from_utf8_lossy(frame.line).into_owned());
                Ok(())
            };
            let read = self.read(&mut keep).await;
            self.waiting = waiting;
            read?;
        }
    }
}
