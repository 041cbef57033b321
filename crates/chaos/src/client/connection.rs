//! One connection of a client: a stream, and the lines that arrived. The history records what the
//! client sends and receives.

use std::collections::VecDeque;
use std::io;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use msnp_conformance::wire::{Service, first};
use socket2::SockRef;
use tokio::time::timeout_at;

use super::dial::Dial;
use super::received::{Next, Received};
use super::sender::Sender;
use crate::history::End;
use crate::loss::{Loss, lose};
use crate::observer::Watch;
use crate::tcp::reset_when_closed;

/// The time that a client waits for something that must happen. It is long, so that no result depends on how busy the
/// machine is.
pub const PATIENCE: Duration = Duration::from_secs(30);
/// The maximum number of bytes that are read at a time.
const CHUNK: usize = 16 * 1024;

/// A connection to one of the services.
#[derive(Debug)]
pub struct Connection {
    sender: Sender,
    service: Service,
    /// Received bytes. The bytes before index `read` have been returned.
    buffer: Vec<u8>,
    read: usize,
    /// The lines that arrived while the client waited for an answer.
    queue: VecDeque<Received>,
    ended: bool,
}

impl Connection {
    /// Connects to a service. Everything that the client sends and receives is recorded by `watch`.
    ///
    /// # Errors
    /// Fails if the server does not accept the connection.
    pub async fn open(service: Service, dial: Dial, watch: &Watch) -> Result<Self> {
        let sender = Sender::new(dial.connect().await?, watch.observer(service));
        Ok(Self { sender, service, buffer: Vec::new(), read: 0, queue: VecDeque::new(), ended: false })
    }

    /// Returns the sending half of the connection, which another task can use.
    #[must_use]
    pub fn sender(&self) -> Sender {
        self.sender.clone()
    }

    /// Sends a command with the next TrID. Returns the TrID.
    ///
    /// # Errors
    /// Fails if the connection has ended.
    pub async fn send(&self, verb: &str, words: &str) -> Result<u32> {
        self.sender.send(verb, words).await
    }

    /// Sends a command with a payload. Returns the TrID.
    ///
    /// # Errors
    /// Fails if the connection has ended.
    pub async fn send_payload(&self, verb: &str, words: &str, payload: &[u8]) -> Result<u32> {
        self.sender.send_payload(verb, words, payload).await
    }

    /// Sends bytes, which need not be commands. They are not recorded.
    ///
    /// # Errors
    /// Fails if the connection has ended.
    pub async fn send_bytes(&self, bytes: &[u8]) -> Result<()> {
        self.sender.send_bytes(bytes).await
    }

    /// Sends a command and returns its answer, even if the answer is an error. Everything else that arrives before the
    /// answer is kept for [`Self::next`].
    ///
    /// # Errors
    /// Fails if no answer arrives.
    pub async fn ask(&mut self, verb: &str, words: &str) -> Result<Received> {
        let trid = self.send(verb, words).await?;
        self.answer(trid).await.with_context(|| format!("no answer to {verb} {trid} {words}"))
    }

    /// Sends a command that the server must carry out. Returns the answer.
    ///
    /// # Errors
    /// Fails if the answer is an error, or if no answer arrives.
    pub async fn done(&mut self, verb: &str, words: &str) -> Result<Received> {
        let answer = self.ask(verb, words).await?;
        ensure!(answer.code().is_none(), "{verb} {words} was answered with {}", answer.line());
        Ok(answer)
    }

    /// Returns the answer to a command. Everything else that arrives before the answer is kept for [`Self::next`].
    ///
    /// # Errors
    /// Fails if no answer arrives.
    pub async fn answer(&mut self, trid: u32) -> Result<Received> {
        self.answer_within(trid, PATIENCE).await
    }

    /// Returns the answer to a command, like [`Self::answer`]. Waits for it no longer than
    /// `patience`.
    ///
    /// # Errors
    /// Fails if no answer arrives.
    pub async fn answer_within(&mut self, trid: u32, patience: Duration) -> Result<Received> {
        let trid = trid.to_string();
        let deadline = Instant::now() + patience;
        let mut kept = VecDeque::new();
        let found = loop {
            match self.next_before(deadline).await {
                Next::Received(received) if received.word(1) == trid && !is_unasked(&received) => break Ok(received),
                Next::Received(received) => kept.push_back(received),
                Next::Ended => break Err(anyhow::anyhow!("the connection ended")),
                Next::Nothing => break Err(anyhow::anyhow!("nothing arrived in {} s", patience.as_secs())),
            }
        };
        kept.append(&mut self.queue);
        self.queue = kept;
        found
    }

    /// Returns the next line that begins with the words in `start`. Skips all lines before that
    /// line.
    ///
    /// # Errors
    /// Fails if no such line arrives.
    pub async fn expect(&mut self, start: &str) -> Result<Received> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            match self.next_before(deadline).await {
                Next::Received(received) if received.starts_with(start) => return Ok(received),
                Next::Received(_) => {}
                Next::Ended => bail!("the connection ended before {start:?} arrived"),
                Next::Nothing => bail!("{start:?} did not arrive in {} s", PATIENCE.as_secs()),
            }
        }
    }

    /// Returns the next line.
    ///
    /// # Errors
    /// Fails if none arrives.
    pub async fn next(&mut self) -> Result<Received> {
        match self.next_within(PATIENCE).await {
            Next::Received(received) => Ok(received),
            Next::Ended => bail!("the connection ended"),
            Next::Nothing => bail!("nothing arrived in {} s", PATIENCE.as_secs()),
        }
    }

    /// Returns the next event of the connection. Waits for it no longer than `patience`.
    pub async fn next_within(&mut self, patience: Duration) -> Next {
        self.next_before(Instant::now() + patience).await
    }

    /// Returns the next event of the connection. Waits for it until a deadline.
    pub async fn next_before(&mut self, deadline: Instant) -> Next {
        if let Some(received) = self.queue.pop_front() {
            return Next::Received(received);
        }
        loop {
            if let Some((unit, size)) = first(self.service, &self.buffer[self.read..], self.ended) {
                self.read += size;
                self.sender.note_received(&unit);
                return Next::Received(Received { unit, at: Instant::now() });
            }
            if self.ended {
                return Next::Ended;
            }
            if !self.fill(deadline).await {
                return Next::Nothing;
            }
        }
    }

    /// Reads more bytes. Returns `false` at the deadline.
    async fn fill(&mut self, deadline: Instant) -> bool {
        self.buffer.drain(..self.read);
        self.read = 0;
        let stream = self.sender.stream();
        loop {
            if timeout_at(deadline.into(), stream.readable()).await.is_err() {
                return false;
            }
            let length = self.buffer.len();
            self.buffer.resize(length + CHUNK, 0);
            let read = stream.try_read(&mut self.buffer[length..]);
            self.buffer.truncate(length + read.as_ref().map_or(0, |&size| size));
            match read {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Ok(0) | Err(_) => {
                    self.ended = true;
                    self.sender.note_ended(End::Closed);
                    return true;
                }
                Ok(_) => return true,
            }
        }
    }

    /// Reads until the server closes the connection. Returns everything that arrived before the
    /// end.
    ///
    /// # Errors
    /// Fails if the server does not close it in time.
    pub async fn until_ended(&mut self, patience: Duration) -> Result<Vec<Received>> {
        let deadline = Instant::now() + patience;
        let mut received = Vec::new();
        loop {
            match self.next_before(deadline).await {
                Next::Received(one) => received.push(one),
                Next::Ended => return Ok(received),
                Next::Nothing => bail!("the server did not close the connection in {} s", patience.as_secs()),
            }
        }
    }

    /// Sends PNG, and returns every line that arrived before the answer QNG. On a switchboard, no
    /// ping is possible.
    ///
    /// # Errors
    /// Fails if QNG does not arrive.
    pub async fn before_pong(&mut self) -> Result<Vec<Received>> {
        self.send_bytes(b"PNG\r\n").await?;
        let mut received = Vec::new();
        loop {
            let next = self.next().await.context("no answer to PNG")?;
            if next.verb() == "QNG" {
                return Ok(received);
            }
            received.push(next);
        }
    }

    /// Makes the connection lose packets from the server from now on. The connection does not
    /// acknowledge these packets, and sends no FIN or RST. With [`Loss::All`], the client seems to
    /// have lost its network.
    ///
    /// # Errors
    /// Fails if the system does not support socket filters.
    pub fn lose(&self, loss: Loss) -> Result<()> {
        lose(SockRef::from(self.sender.stream()), loss)
    }

    /// Returns whether the client has read the end of the connection.
    #[must_use]
    pub const fn has_ended(&self) -> bool {
        self.ended
    }

    /// Closes the connection without recording its end. Call this function when the client has
    /// received everything that it must receive. The checker of the history then reports anything
    /// that is missing.
    pub fn settle(self) {
        self.sender.forget();
    }

    /// Ends the connection with RST instead of FIN.
    pub fn reset(self) {
        reset_when_closed(self.sender.stream());
        self.sender.note_ended(End::Cut);
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.sender.note_ended(End::Left);
    }
}

/// Returns true for a line that has a number in the place of a TrID but is not an answer.
fn is_unasked(received: &Received) -> bool {
    // RNG has a session id in the place of the TrID. ILN can contain the TrID of a command, but ILN
    // follows the answer to that command and is not itself the answer.
    matches!(
        received.verb().as_str(),
        "RNG" | "ILN" | "NLN" | "FLN" | "UBX" | "MSG" | "BYE" | "JOI" | "QNG" | "NOT" | "IRO"
    )
}
