//! One session over HTTP: what requests bring goes in, what waits comes out.

use std::fmt;
use std::io;
use std::net::IpAddr;
use std::sync::Mutex as SyncMutex;
use std::time::Duration;

use msnp::gateway::SessionId;
use swallowtail_base::lock;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};

/// How long the answer to commands is waited for before what is there, or nothing, is sent; the rest comes with the
/// next poll (http.md section 5).
const REPLY_WAIT: Duration = Duration::from_millis(200);
/// After the first bytes, how long more of them are waited for: what one command causes comes in one go, or nearly.
const QUIET: Duration = Duration::from_millis(10);
/// The most bytes of one answer; the rest waits for the next poll (http.md section 5).
const MOST: usize = 64 * 1024;
/// How long commands may wait for a session that does not take them, because it is held to its rates.
const TAKE_TIMEOUT: Duration = Duration::from_secs(20);

/// A session.
pub(super) struct Session {
    pub(super) key: u64,
    /// The client's address, as it is counted.
    pub(super) address: IpAddr,
    /// When the last request came.
    last: SyncMutex<Instant>,
    /// Held while a request is under way.
    link: Mutex<Link>,
}

struct Link {
    stream: DuplexStream,
    counter: u32,
    /// Whether a request was given up in the middle: half a command may be in the stream, and bytes are lost.
    broken: bool,
}

/// The key opens the session, so it is not shown.
impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Session({})", self.address)
    }
}

/// What goes back to the client.
#[derive(Debug)]
pub(super) struct Fetched {
    /// The name for the next request.
    pub(super) id: SessionId,
    /// What waited.
    pub(super) bytes: Vec<u8>,
    /// Whether these are the last bytes.
    pub(super) closed: bool,
}

impl Session {
    pub(super) fn new(key: u64, address: IpAddr, stream: DuplexStream) -> Self {
        let link = Link { stream, counter: 0, broken: false };
        Self { key, address, last: SyncMutex::new(Instant::now()), link: Mutex::new(link) }
    }

    /// Whether no request is under way and none came for `silence`.
    pub(super) fn is_silent(&self, now: Instant, silence: Duration) -> bool {
        // The time first: whoever holds the link, if only to look, makes a request fail.
        now.duration_since(*lock(&self.last)) >= silence && self.link.try_lock().is_ok()
    }

    /// Hands commands over and takes what waits. `None` when another request is under way or `counter` is not of the
    /// last two answers, or when the request before was given up in the middle: then the session is of no use any more.
    pub(super) async fn exchange(&self, counter: Option<u32>, commands: &[u8]) -> Option<Fetched> {
        let mut link = self.link.try_lock().ok()?;
        let is_late = |counter: u32| counter > link.counter || link.counter - counter > 1;
        if counter.is_some_and(is_late) {
            return None;
        }
        *lock(&self.last) = Instant::now();
        link.counter = link.counter.wrapping_add(1);
        if std::mem::replace(&mut link.broken, true) {
            return None;
        }
        let mut bytes = Vec::new();
        let closed = link.exchange(commands, &mut bytes).await.unwrap_or(true);
        link.broken = false;
        *lock(&self.last) = Instant::now();
        Some(Fetched { id: SessionId { key: self.key, counter: link.counter }, bytes, closed })
    }
}

/// What a read gave.
enum Got {
    Bytes,
    /// Nothing came in time.
    Nothing,
    /// The session is over.
    End,
}

impl Link {
    /// Whether the session is over.
    async fn exchange(&mut self, commands: &[u8], bytes: &mut Vec<u8>) -> io::Result<bool> {
        let mut wait = if commands.is_empty() { Duration::ZERO } else { REPLY_WAIT };
        if !commands.is_empty() {
            self.hand_over(commands, bytes).await?;
        }
        // However busy the session is, the answer goes out: clients time it.
        let end = Instant::now() + wait.max(QUIET);
        if !bytes.is_empty() {
            wait = QUIET;
        }
        while bytes.len() < MOST {
            wait = wait.min(end.saturating_duration_since(Instant::now()));
            match read_within(wait, &mut self.stream, bytes).await? {
                Got::Bytes => wait = QUIET,
                Got::Nothing => return Ok(false),
                Got::End => return Ok(true),
            }
        }
        Ok(false)
    }

    /// Writes commands, and reads meanwhile: a session whose answers are not fetched takes no more commands.
    async fn hand_over(&mut self, commands: &[u8], bytes: &mut Vec<u8>) -> io::Result<()> {
        let (mut from, mut to) = tokio::io::split(&mut self.stream);
        let write = timeout(TAKE_TIMEOUT, to.write_all(commands));
        tokio::pin!(write);
        loop {
            tokio::select! {
                biased;
                written = &mut write => return match written {
                    Ok(Err(error)) if error.kind() != io::ErrorKind::BrokenPipe => Err(error),
                    // A session that is over takes nothing, but may have left something.
                    Ok(_) => Ok(()),
                    Err(_) => Err(io::ErrorKind::TimedOut.into()),
                },
                got = read_within(TAKE_TIMEOUT, &mut from, bytes), if bytes.len() < MOST => {
                    if let Got::End = got? {
                        return Ok(());
                    }
                }
            }
        }
    }
}

/// Reads what comes within `wait`, up to [`MOST`] bytes in all.
async fn read_within(wait: Duration, from: &mut (impl AsyncRead + Unpin), bytes: &mut Vec<u8>) -> io::Result<Got> {
    let room = MOST.saturating_sub(bytes.len()) as u64;
    let mut limited = from.take(room);
    let read = timeout(wait, limited.read_buf(bytes)).await;
    match read {
        Ok(count) => Ok(if count? == 0 { Got::End } else { Got::Bytes }),
        Err(_) => Ok(Got::Nothing),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair() -> (Session, DuplexStream) {
        let (near, far) = tokio::io::duplex(super::super::PIPE);
        (Session::new(7, IpAddr::from([192, 0, 2, 1]), near), far)
    }

    #[tokio::test(start_paused = true)]
    async fn a_poll_returns_at_once_and_commands_wait_for_their_reply() {
        let (session, mut far) = pair();
        let begun = Instant::now();
        let fetched = session.exchange(None, b"").await.unwrap();
        assert_eq!((fetched.bytes.as_slice(), fetched.closed), (b"".as_slice(), false));
        assert!(begun.elapsed() < Duration::from_millis(5));
        let fetched = session.exchange(Some(1), b"VER").await.unwrap();
        assert!(fetched.bytes.is_empty() && begun.elapsed() >= REPLY_WAIT);
        let (fetched, ()) = tokio::join!(session.exchange(Some(2), b" 1\r\n"), async {
            let mut got = [0; 7];
            far.read_exact(&mut got).await.unwrap();
            assert_eq!(&got, b"VER 1\r\n");
            far.write_all(b"VER ").await.unwrap();
            tokio::time::sleep(QUIET / 2).await;
            far.write_all(b"1 0\r\n").await.unwrap();
            drop(far);
        });
        let fetched = fetched.unwrap();
        assert_eq!((fetched.bytes.as_slice(), fetched.closed), (b"VER 1 0\r\n".as_slice(), true));
    }

    #[tokio::test(start_paused = true)]
    async fn the_last_two_names_are_good_and_one_request_at_a_time() {
        let (session, _far) = pair();
        assert_eq!(session.exchange(None, b"").await.unwrap().id, SessionId { key: 7, counter: 1 });
        assert_eq!(session.exchange(Some(1), b"").await.unwrap().id.counter, 2);
        assert_eq!(session.exchange(Some(1), b"").await.unwrap().id.counter, 3);
        assert!(session.exchange(Some(1), b"").await.is_none(), "too old");
        assert!(session.exchange(Some(4), b"").await.is_none(), "not given yet");
        let (first, second) = tokio::join!(session.exchange(Some(3), b"x"), session.exchange(Some(3), b""));
        assert!(first.is_some() && second.is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_has_at_most_64_kib_and_nothing_is_lost() {
        let (session, mut far) = pair();
        let sent: Vec<u8> = (0..200_000_u32).map(|number| number.to_le_bytes()[0]).collect();
        let copy = sent.clone();
        let writer = tokio::spawn(async move { far.write_all(&copy).await });
        let (mut got, mut counter, mut closed) = (Vec::new(), None, false);
        while !closed {
            let fetched = session.exchange(counter, b"").await.unwrap();
            assert!(fetched.bytes.len() <= MOST);
            got.extend(fetched.bytes);
            (counter, closed) = (Some(fetched.id.counter), fetched.closed);
        }
        assert!(got == sent);
        writer.await.unwrap().unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn a_session_that_never_falls_quiet_does_not_hold_up_an_answer() {
        let (session, mut far) = pair();
        let chatter = tokio::spawn(async move {
            while far.write_all(b"x").await.is_ok() {
                tokio::time::sleep(QUIET / 2).await;
            }
        });
        tokio::time::sleep(QUIET).await;
        for (counter, commands, most) in [(None, b"".as_slice(), QUIET), (Some(1), b"PNG\r\n", REPLY_WAIT)] {
            let begun = Instant::now();
            let fetched = session.exchange(counter, commands).await.unwrap();
            assert!(!fetched.bytes.is_empty() && !fetched.closed);
            assert!(begun.elapsed() <= most + Duration::from_millis(2), "{:?}", begun.elapsed());
        }
        drop(session);
        chatter.await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_that_is_given_up_in_the_middle_ends_the_session() {
        let (session, _far) = pair();
        assert!(timeout(QUIET, session.exchange(None, b"MSG 1 N 100\r\nhalf")).await.is_err());
        assert!(session.exchange(Some(1), b"").await.is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn silence_is_counted_from_the_last_request() {
        let (session, _far) = pair();
        session.exchange(None, b"").await.unwrap();
        let minute = Duration::from_secs(60);
        assert!(!session.is_silent(Instant::now(), minute));
        tokio::time::advance(minute).await;
        assert!(session.is_silent(Instant::now(), minute));
        session.exchange(Some(1), b"").await.unwrap();
        assert!(!session.is_silent(Instant::now(), minute));
    }
}
