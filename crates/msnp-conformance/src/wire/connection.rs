//! One TCP connection of a transcript, which the transcript calls by a NAME
//! (docs/protocol/transcripts/README.md section 1), with the received units that have not been
//! checked yet.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout, timeout_at};

use super::read;
use super::service::Service;
use super::show::show;
use super::unit::Unit;

/// The time limit for opening a connection.
const CONNECT_TIMEOUT: std::time::Duration = std::time::Duration::from_secs(5);

/// The log of everything that the runner sends and receives while it plays one part of a
/// transcript. All connections of the part write to the same log.
#[derive(Clone, Debug, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    /// Adds a line.
    pub(crate) fn add(&self, line: String) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(line);
    }

    /// Returns all lines so far.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// The next event on a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// A line, or an HTTP answer.
    Unit(Unit),
    /// The server closed the connection. Contains the bytes of an incomplete line or payload.
    Closed(Vec<u8>),
    /// The server sent nothing complete before the deadline. Contains the bytes of an incomplete line or payload.
    Nothing(Vec<u8>),
}

/// A connection. A separate task reads continuously, so that no bytes are lost if the server closes with a reset.
pub(crate) struct Connection {
    name: String,
    service: Service,
    log: Log,
    write: Option<OwnedWriteHalf>,
    chunks: mpsc::UnboundedReceiver<Vec<u8>>,
    active: Arc<Mutex<Instant>>,
    buffer: Vec<u8>,
    ended: bool,
    /// The units that [`Self::next`] returns before it reads further units.
    queue: VecDeque<Unit>,
    /// The noise that was set aside: lines that the server may send unasked at any time, which are
    /// `CHL 0` and mail notes (docs/protocol/transcripts/README.md section 3).
    noise: VecDeque<Unit>,
    /// All received bytes.
    received: Vec<u8>,
    /// True after the client has sent its first CHG. From then on, the server may send noise (see
    /// [`Unit::is_noise`]).
    pub(crate) noisy: bool,
}

impl Connection {
    /// Connects. The error contains the address.
    pub(crate) async fn open(name: &str, service: Service, address: &str, log: &Log) -> anyhow::Result<Self> {
        log.add(format!("{name} @ {address}"));
        let stream = timeout(CONNECT_TIMEOUT, TcpStream::connect(address)).await.context("the connection timed out");
        let stream =
            stream.and_then(|opened| Ok(opened?)).with_context(|| format!("could not connect to {address}"))?;
        stream.set_nodelay(true)?;
        let (read, write) = stream.into_split();
        let (sender, chunks) = mpsc::unbounded_channel();
        let active = Arc::new(Mutex::new(Instant::now()));
        tokio::spawn(read_chunks(read, sender, Arc::clone(&active)));
        Ok(Self {
            name: name.to_owned(),
            service,
            log: log.clone(),
            write: Some(write),
            chunks,
            active,
            buffer: Vec::new(),
            ended: false,
            queue: VecDeque::new(),
            noise: VecDeque::new(),
            received: Vec::new(),
            noisy: false,
        })
    }

    /// Returns the service on the other end.
    pub(crate) fn service(&self) -> Service {
        self.service
    }

    /// Writes bytes. It is not an error if the server has closed the connection, because the player
    /// checks only the bytes that the server has sent.
    pub(crate) async fn send(&mut self, bytes: &[u8]) {
        if let Some(write) = &mut self.write
            && let Err(error) = write.write_all(bytes).await
        {
            self.log.add(format!("# {} could not send: {error}", self.name));
            self.write = None;
        }
    }

    /// Adds a client message to the conversation.
    pub(crate) fn note_sent(&self, line: &[u8], payload: &[u8]) {
        for line in line.split(|&byte| byte == b'\n') {
            self.log.add(format!("{} > {}", self.name, show(line.strip_suffix(b"\r").unwrap_or(line))));
        }
        if !payload.is_empty() {
            self.log.add(format!("{} >| {}", self.name, show(payload)));
        }
    }

    /// Closes the connection.
    pub(crate) fn close(&mut self) {
        self.log.add(format!("{} >!", self.name));
        self.write = None;
        self.chunks.close();
    }

    /// Returns the next event that is not noise. Sets noise aside (see [`Unit::is_noise`]).
    pub(crate) async fn next(&mut self, deadline: Instant) -> Event {
        if let Some(unit) = self.queue.pop_front() {
            return Event::Unit(unit);
        }
        loop {
            match self.pull(deadline).await {
                Event::Unit(unit) if self.is_noise(&unit) => self.noise.push_back(unit),
                event => return event,
            }
        }
    }

    /// Returns the first unit that is noise (see [`Unit::is_noise`]) and that `wanted` accepts.
    /// Waits for this unit until the deadline. Sets any other noise aside, and queues all units
    /// that are not noise for [`Self::next`].
    pub(crate) async fn next_noise(&mut self, deadline: Instant, wanted: impl Fn(&Unit) -> bool) -> Event {
        loop {
            if let Some(unit) = self.take_noise(&wanted) {
                return Event::Unit(unit);
            }
            match self.pull(deadline).await {
                Event::Unit(unit) if self.is_noise(&unit) => self.noise.push_back(unit),
                Event::Unit(unit) => self.queue.push_back(unit),
                event => return event,
            }
        }
    }

    /// Among the noise that was set aside, finds the first unit that `wanted` accepts. Removes this
    /// unit and returns it.
    pub(crate) fn take_noise(&mut self, wanted: impl Fn(&Unit) -> bool) -> Option<Unit> {
        let index = self.noise.iter().position(wanted)?;
        self.noise.remove(index)
    }

    /// Puts a unit back, so that [`Self::next`] returns it again.
    pub(crate) fn put_back(&mut self, unit: Unit) {
        self.queue.push_front(unit);
    }

    /// Returns the time at which the last byte was received.
    pub(crate) fn last_active(&self) -> Instant {
        *self.active.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Discards everything received so far, except the noise that [`Self::next`] sets aside.
    pub(crate) async fn discard(&mut self) {
        while let Event::Unit(_) = self.next(Instant::now()).await {}
    }

    /// Returns all bytes received so far, whether or not they have been checked.
    pub(crate) fn received(&mut self) -> &[u8] {
        while let Ok(chunk) = self.chunks.try_recv() {
            self.received.extend(&chunk);
            self.buffer.extend(chunk);
        }
        &self.received
    }

    fn is_noise(&self, unit: &Unit) -> bool {
        self.service == Service::Ns && self.noisy && unit.is_noise()
    }

    async fn pull(&mut self, deadline: Instant) -> Event {
        loop {
            if let Some(unit) = read::take(self.service, &mut self.buffer, self.ended) {
                self.note_received(&unit);
                return Event::Unit(unit);
            }
            if self.ended {
                return Event::Closed(self.buffer.clone());
            }
            match self.chunks.try_recv() {
                Ok(chunk) => self.chunk(Some(chunk)),
                Err(mpsc::error::TryRecvError::Disconnected) => self.chunk(None),
                Err(mpsc::error::TryRecvError::Empty) => match timeout_at(deadline, self.chunks.recv()).await {
                    Ok(chunk) => self.chunk(chunk),
                    Err(_) => return Event::Nothing(self.buffer.clone()),
                },
            }
        }
    }

    fn chunk(&mut self, chunk: Option<Vec<u8>>) {
        match chunk {
            Some(chunk) => {
                self.received.extend(&chunk);
                self.buffer.extend(chunk);
            }
            None => {
                self.ended = true;
                if !self.buffer.is_empty() {
                    self.log.add(format!("# {} < {} (incomplete)", self.name, show(&self.buffer)));
                }
                self.log.add(format!("{} <!", self.name));
            }
        }
    }

    fn note_received(&self, unit: &Unit) {
        for line in &unit.lines {
            self.log.add(format!("{} < {}", self.name, show(line)));
        }
        if !unit.payload.is_empty() {
            self.log.add(format!("{} <| {}", self.name, show(&unit.payload)));
        }
    }
}

/// Reads until the server closes the connection with FIN or RST, or the receiver is closed.
async fn read_chunks(mut read: OwnedReadHalf, sender: mpsc::UnboundedSender<Vec<u8>>, active: Arc<Mutex<Instant>>) {
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let read = tokio::select! {
            read = read.read(&mut buffer) => read,
            () = sender.closed() => return,
        };
        *active.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
        match read {
            Ok(0) | Err(_) => return,
            Ok(size) if sender.send(buffer[..size].to_vec()).is_err() => return,
            Ok(_) => {}
        }
    }
}
