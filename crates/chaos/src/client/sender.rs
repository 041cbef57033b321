//! The sending half of a connection.

use std::io;
use std::sync::{Arc, Mutex};

use anyhow::{Context, Result};
use msnp_conformance::wire::Unit;
use swallowtail_base::lock;
use tokio::net::TcpStream;

use crate::history::End;
use crate::observer::Observer;

/// The sending half of a connection. Several tasks may use clones of it, because each command is
/// written as a whole.
#[derive(Clone, Debug)]
pub struct Sender {
    stream: Arc<TcpStream>,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    /// A lock that is held while a command is recorded and written, so that commands are recorded in the order in which
    /// they are written.
    turn: tokio::sync::Mutex<()>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    trid: u32,
    observer: Observer,
}

impl Sender {
    pub(super) fn new(stream: TcpStream, observer: Observer) -> Self {
        let state = Mutex::new(State { trid: 0, observer });
        Self { stream: Arc::new(stream), shared: Arc::new(Shared { turn: tokio::sync::Mutex::default(), state }) }
    }

    /// Sends a command with the next TrID. Returns the TrID.
    ///
    /// # Errors
    /// Fails if the connection has ended.
    pub async fn send(&self, verb: &str, words: &str) -> Result<u32> {
        let turn = self.shared.turn.lock().await;
        let trid = self.next_trid();
        let line = if words.is_empty() { format!("{verb} {trid}") } else { format!("{verb} {trid} {words}") };
        self.note_sent(&line, b"");
        self.write(&[line.as_bytes(), b"\r\n"].concat()).await?;
        drop(turn);
        Ok(trid)
    }

    /// Sends a command with a payload. The last word of the command is the length of the payload. Returns the TrID.
    ///
    /// # Errors
    /// Fails if the connection has ended.
    pub async fn send_payload(&self, verb: &str, words: &str, payload: &[u8]) -> Result<u32> {
        let turn = self.shared.turn.lock().await;
        let trid = self.next_trid();
        let words = if words.is_empty() { String::new() } else { format!(" {words}") };
        let line = format!("{verb} {trid}{words} {}", payload.len());
        self.note_sent(&line, payload);
        self.write(&[line.as_bytes(), b"\r\n", payload].concat()).await?;
        drop(turn);
        Ok(trid)
    }

    /// Sends bytes that need not be commands. They are not recorded.
    ///
    /// # Errors
    /// Fails if the connection has ended.
    pub async fn send_bytes(&self, bytes: &[u8]) -> Result<()> {
        let _turn = self.shared.turn.lock().await;
        self.write(bytes).await
    }

    /// Records a command whose bytes the caller sends with [`Self::send_bytes`].
    pub fn note_sent(&self, line: &str, payload: &[u8]) {
        lock(&self.shared.state).observer.sent(line, payload);
    }

    /// Returns the next TrID, for a command whose bytes the caller sends with [`Self::send_bytes`].
    #[must_use]
    pub fn next_trid(&self) -> u32 {
        let mut state = lock(&self.shared.state);
        state.trid += 1;
        state.trid
    }

    pub(super) fn note_received(&self, unit: &Unit) {
        lock(&self.shared.state).observer.received(unit);
    }

    pub(super) fn note_ended(&self, end: End) {
        lock(&self.shared.state).observer.ended(end);
    }

    pub(super) fn forget(&self) {
        lock(&self.shared.state).observer.forget();
    }

    pub(super) fn stream(&self) -> &TcpStream {
        &self.stream
    }

    async fn write(&self, mut bytes: &[u8]) -> Result<()> {
        while !bytes.is_empty() {
            self.stream.writable().await.context("the connection has ended")?;
            match self.stream.try_write(bytes) {
                Ok(written) => bytes = &bytes[written..],
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error).context("the connection has ended"),
            }
        }
        Ok(())
    }
}
