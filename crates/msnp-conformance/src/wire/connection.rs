//! One TCP connection of a NAME, with what has come and has not been looked at yet.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout, timeout_at};

use super::read;
use super::show::show;
use super::unit::Unit;
use crate::script::Service;

/// How long a connection may take to open.
const CONNECT: std::time::Duration = std::time::Duration::from_secs(5);

/// The conversation of a part, shared by its connections.
#[derive(Clone, Debug, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    /// Adds a line.
    pub(crate) fn add(&self, line: String) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(line);
    }

    /// Everything so far.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// What came next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// A line, or an HTTP answer.
    Unit(Unit),
    /// The server closed; the bytes of an unfinished line or payload before that.
    Closed(Vec<u8>),
    /// Nothing until the deadline; the bytes of something unfinished.
    Nothing(Vec<u8>),
}

/// A connection. What a server says is read all the time by a task of its own, so that a server that closes with a
/// reset loses nothing.
pub(crate) struct Connection {
    name: String,
    service: Service,
    log: Log,
    write: Option<OwnedWriteHalf>,
    chunks: mpsc::UnboundedReceiver<Vec<u8>>,
    active: Arc<Mutex<Instant>>,
    buffer: Vec<u8>,
    ended: bool,
    /// Looked at already and put back.
    waiting: VecDeque<Unit>,
    /// Set aside (README section 3).
    noise: VecDeque<Unit>,
    /// All bytes received.
    received: Vec<u8>,
    /// Whether noise may come: the first CHG has been sent.
    pub(crate) noisy: bool,
}

impl Connection {
    /// Connects; the error says where to.
    pub(crate) async fn open(name: &str, service: Service, address: &str, log: &Log) -> anyhow::Result<Self> {
        log.add(format!("{name} @ {address}"));
        let stream = timeout(CONNECT, TcpStream::connect(address)).await.context("it took too long");
        let stream = stream.and_then(|opened| Ok(opened?)).with_context(|| format!("cannot connect to {address}"))?;
        stream.set_nodelay(true)?;
        let (read, write) = stream.into_split();
        let (sender, chunks) = mpsc::unbounded_channel();
        let active = Arc::new(Mutex::new(Instant::now()));
        tokio::spawn(listen(read, sender, Arc::clone(&active)));
        Ok(Self {
            name: name.to_owned(),
            service,
            log: log.clone(),
            write: Some(write),
            chunks,
            active,
            buffer: Vec::new(),
            ended: false,
            waiting: VecDeque::new(),
            noise: VecDeque::new(),
            received: Vec::new(),
            noisy: false,
        })
    }

    /// Who is on the other end.
    pub(crate) fn service(&self) -> Service {
        self.service
    }

    /// Writes bytes. A server that has closed already is not an error: what it said is what counts.
    pub(crate) async fn send(&mut self, bytes: &[u8]) {
        if let Some(write) = &mut self.write
            && let Err(error) = write.write_all(bytes).await
        {
            self.log.add(format!("# {} could not send: {error}", self.name));
            self.write = None;
        }
    }

    /// Notes what is about to be sent, in the conversation.
    pub(crate) fn note_sent(&self, line: &[u8], payload: &[u8]) {
        for line in line.split(|&byte| byte == b'\n') {
            self.log.add(format!("{} > {}", self.name, show(line.strip_suffix(b"\r").unwrap_or(line))));
        }
        if !payload.is_empty() {
            self.log.add(format!("{} >| {}", self.name, show(payload)));
        }
    }

    /// Closes from this side.
    pub(crate) fn close(&mut self) {
        self.log.add(format!("{} >!", self.name));
        self.write = None;
        self.chunks.close();
    }

    /// The next thing, noise set aside.
    pub(crate) async fn next(&mut self, deadline: Instant) -> Event {
        if let Some(unit) = self.waiting.pop_front() {
            return Event::Unit(unit);
        }
        loop {
            match self.pull(deadline).await {
                Event::Unit(unit) if self.is_noise(&unit) => self.noise.push_back(unit),
                event => return event,
            }
        }
    }

    /// The first piece of noise that `wanted` takes, now or until the deadline; everything else is kept.
    pub(crate) async fn next_noise(&mut self, deadline: Instant, wanted: impl Fn(&Unit) -> bool) -> Event {
        loop {
            if let Some(unit) = self.take_noise(&wanted) {
                return Event::Unit(unit);
            }
            match self.pull(deadline).await {
                Event::Unit(unit) if self.is_noise(&unit) => self.noise.push_back(unit),
                Event::Unit(unit) => self.waiting.push_back(unit),
                event => return event,
            }
        }
    }

    /// Noise that has come already.
    pub(crate) fn take_noise(&mut self, wanted: impl Fn(&Unit) -> bool) -> Option<Unit> {
        let index = self.noise.iter().position(wanted)?;
        self.noise.remove(index)
    }

    /// Puts something back to be looked at again.
    pub(crate) fn put_back(&mut self, unit: Unit) {
        self.waiting.push_front(unit);
    }

    /// When the last byte came.
    pub(crate) fn last_active(&self) -> Instant {
        *self.active.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Forgets what has come, but for noise.
    pub(crate) async fn forget(&mut self) {
        while let Event::Unit(_) = self.next(Instant::now()).await {}
    }

    /// All bytes received up to now, whether looked at or not.
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
                    self.log.add(format!("# {} < {} (unfinished)", self.name, show(&self.buffer)));
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

/// Reads until the server closes, by FIN or RST alike, or nobody wants to hear it.
async fn listen(mut read: OwnedReadHalf, sender: mpsc::UnboundedSender<Vec<u8>>, active: Arc<Mutex<Instant>>) {
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
