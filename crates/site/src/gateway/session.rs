//! One session over HTTP. It writes the commands in requests to the session's stream, and answers with the pending
//! output.
//!
//! If an answer is lost on its way, the client sends its request again. Therefore the session keeps the last answer
//! until the client uses the id in that answer. A repeated request gets the kept answer, and its commands are not
//! carried out a second time.

use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::io;
use std::net::IpAddr;
use std::sync::{Arc, Mutex as SyncMutex};
use std::time::Duration;

use axum::body::Bytes;
use msnp::gateway::SessionId;
use swallowtail_base::lock;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};

/// The time for which the answer to a request waits for the session's replies to the commands of
/// that request. The next poll fetches later replies (http.md section 5).
const REPLY_WAIT: Duration = Duration::from_millis(200);
/// The time for which the answer to a request waits for more bytes, after the session has written
/// its first bytes. The lines that one command causes arrive at nearly the same time.
const QUIET: Duration = Duration::from_millis(10);
/// The longest answer, in bytes. The next poll fetches the output that does not fit into an answer
/// (http.md section 5).
const MAX_ANSWER: usize = 64 * 1024;
/// The longest time that a session may take to accept commands. If the client exceeds a rate limit, the session reads
/// slowly.
const ACCEPT_TIMEOUT: Duration = Duration::from_secs(20);

/// The counter of the request that opens a session. No answer contains it.
pub(super) const OPENING: u32 = 0;

/// A session over HTTP.
pub(super) struct Session {
    pub(super) key: u64,
    /// The client's address, in the form that limits per address use.
    pub(super) address: IpAddr,
    /// The time at which the last request arrived or was answered.
    last: SyncMutex<Instant>,
    /// The request that is being carried out. If there is none, the request that was answered last.
    latest: SyncMutex<Option<Asked>>,
    /// Computes the digests of the bodies of requests.
    hasher: RandomState,
    /// The gateway's end of the stream, and the last answer. Locked while a request is carried out.
    link: Arc<Mutex<Link>>,
}

/// Identifies a request, so that the session recognizes a repeated one.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Asked {
    counter: u32,
    /// A digest of the body of the request.
    body: u64,
}

struct Link {
    stream: DuplexStream,
    /// The last answer.
    answer: Answer,
    /// True if the session has ended. In that case, the last bytes of the session are already in an
    /// earlier answer or in `answer`.
    ended: bool,
}

/// Does not show the key, because the key gives access to the session.
impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Session({})", self.address)
    }
}

/// The answer to a request.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    /// The session id that the client sends with its next request.
    pub(super) id: SessionId,
    /// The pending output of the session.
    pub(super) bytes: Bytes,
    /// True if this answer ends the session. Such an answer has no bytes, because msn-pecan does not read them (http.md
    /// section 5).
    pub(super) closed: bool,
}

impl Session {
    pub(super) fn new(key: u64, address: IpAddr, stream: DuplexStream) -> Self {
        let answer = Answer { id: SessionId { key, counter: OPENING }, bytes: Bytes::new(), closed: false };
        Self {
            key,
            address,
            last: SyncMutex::new(Instant::now()),
            latest: SyncMutex::default(),
            hasher: RandomState::new(),
            link: Arc::new(Mutex::new(Link { stream, answer, ended: false })),
        }
    }

    /// Returns whether no request is being carried out, and none arrived for `silence`.
    pub(super) fn is_silent(&self, now: Instant, silence: Duration) -> bool {
        // The time is checked first, because `try_lock` can lock the link, and a request fails if it finds the link
        // locked.
        now.duration_since(*lock(&self.last)) >= silence && self.link.try_lock().is_ok()
    }

    /// Carries out a request: writes its commands and returns the pending output.
    ///
    /// A repeated request gets the same answer again. If a request has the counter of the last
    /// request, but other commands, the session carries out these commands. The answer then begins
    /// with the output that the client missed.
    ///
    /// Returns `None` while another request is carried out. Also returns `None` if `counter` belongs neither to the
    /// last answer nor to the last request. A request continues if its client disconnects, so that the client can fetch
    /// the answer by sending the request again.
    pub(super) async fn exchange(self: &Arc<Self>, counter: u32, commands: Bytes) -> Option<Answer> {
        let asked = Asked { counter, body: self.hasher.hash_one(&commands) };
        let link = match self.link.clone().try_lock_owned() {
            Ok(link) => link,
            Err(_) if *lock(&self.latest) == Some(asked) => self.link.clone().lock_owned().await,
            Err(_) => return None,
        };
        *lock(&self.last) = Instant::now();
        let missed = if counter == link.answer.id.counter {
            Bytes::new()
        } else {
            let latest = lock(&self.latest).filter(|latest| latest.counter == counter)?;
            if latest == asked || commands.is_empty() {
                return Some(link.answer.clone());
            }
            link.answer.bytes.clone()
        };
        *lock(&self.latest) = Some(asked);
        let session = self.clone();
        let task = tokio::spawn(async move {
            let mut link = link;
            let answer = link.exchange(&commands, &missed).await;
            *lock(&session.last) = Instant::now();
            answer
        });
        task.await.ok()
    }
}

/// The result of a read.
enum Got {
    Bytes,
    /// Nothing arrived in time.
    Nothing,
    /// The session has ended.
    End,
}

impl Link {
    /// Creates the answer to a request. `missed` is the output of an answer that the client did not receive.
    async fn exchange(&mut self, commands: &[u8], missed: &[u8]) -> Answer {
        let mut bytes = missed.to_vec();
        if !self.ended {
            self.ended = self.read(commands, &mut bytes).await.unwrap_or(true);
        }
        let SessionId { key, counter } = self.answer.id;
        let id = SessionId { key, counter: counter.wrapping_add(1) };
        let closed = self.ended && bytes.is_empty();
        self.answer = Answer { id, bytes: bytes.into(), closed };
        self.answer.clone()
    }

    /// Writes commands and appends the pending output to `bytes`. Returns whether the session has ended.
    async fn read(&mut self, commands: &[u8], bytes: &mut Vec<u8>) -> io::Result<bool> {
        let mut wait = if commands.is_empty() { Duration::ZERO } else { REPLY_WAIT };
        let before = bytes.len();
        if !commands.is_empty() {
            self.write_commands(commands, bytes).await?;
        }
        // The session may write without a pause. The answer must still be sent in time, because clients have a timeout.
        let end = Instant::now() + wait.max(QUIET);
        if bytes.len() > before {
            wait = QUIET;
        }
        while bytes.len() < MAX_ANSWER {
            wait = wait.min(end.saturating_duration_since(Instant::now()));
            match read_within(wait, &mut self.stream, bytes).await? {
                Got::Bytes => wait = QUIET,
                Got::Nothing => return Ok(false),
                Got::End => return Ok(true),
            }
        }
        Ok(false)
    }

    /// Writes commands and reads at the same time, because a session with much unread output accepts no more commands.
    async fn write_commands(&mut self, commands: &[u8], bytes: &mut Vec<u8>) -> io::Result<()> {
        let (mut from, mut to) = tokio::io::split(&mut self.stream);
        let write = timeout(ACCEPT_TIMEOUT, to.write_all(commands));
        tokio::pin!(write);
        loop {
            tokio::select! {
                biased;
                written = &mut write => return match written {
                    Ok(Err(error)) if error.kind() != io::ErrorKind::BrokenPipe => Err(error),
                    // A session that has ended accepts no commands, but may have pending output.
                    Ok(_) => Ok(()),
                    Err(_) => Err(io::ErrorKind::TimedOut.into()),
                },
                got = read_within(ACCEPT_TIMEOUT, &mut from, bytes), if bytes.len() < MAX_ANSWER => {
                    if let Got::End = got? {
                        return Ok(());
                    }
                }
            }
        }
    }
}

/// Reads the bytes that arrive within `wait`, but stops at [`MAX_ANSWER`] bytes.
async fn read_within(wait: Duration, from: &mut (impl AsyncRead + Unpin), bytes: &mut Vec<u8>) -> io::Result<Got> {
    let room = MAX_ANSWER.saturating_sub(bytes.len()) as u64;
    let mut limited = from.take(room);
    let read = timeout(wait, limited.read_buf(bytes)).await;
    match read {
        Ok(count) => Ok(if count? == 0 { Got::End } else { Got::Bytes }),
        Err(_) => Ok(Got::Nothing),
    }
}

#[cfg(test)]
mod tests;
