//! A connection to a server. It sends exactly the bytes that the test passes, valid or not.

use std::collections::VecDeque;
use std::fmt::{self, Display};
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::time::PATIENCE;

/// A line from the server without its CR LF, and the payload that follows the line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Frame {
    pub(crate) line: String,
    pub(crate) payload: Vec<u8>,
}

impl Frame {
    pub(crate) fn word(&self, index: usize) -> &str {
        self.line.split(' ').nth(index).unwrap_or_default()
    }
}

impl Display for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.line)
    }
}

/// One connection. Received lines stay in a queue until they are used.
pub(crate) struct Wire<S = TcpStream> {
    stream: S,
    bytes: Vec<u8>,
    inbox: VecDeque<Frame>,
    trid: u32,
}

impl Wire {
    pub(crate) async fn dial(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Self::over(stream)
    }

    /// Returns the socket, for tests that misuse it.
    pub(crate) fn into_stream(self) -> TcpStream {
        self.stream
    }

    /// Ends the connection with a reset instead of a FIN.
    pub(crate) fn reset(self) {
        socket2::SockRef::from(&self.stream).set_linger(Some(Duration::ZERO)).unwrap();
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Wire<S> {
    pub(crate) fn over(stream: S) -> Self {
        Self { stream, bytes: Vec::new(), inbox: VecDeque::new(), trid: 100 }
    }

    /// Sends bytes unchanged. Ignores the error if the server has already closed the connection:
    /// the test sees the end of the connection when it reads.
    pub(crate) async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        let _ = self.stream.write_all(bytes.as_ref()).await;
    }

    /// Sends one line.
    pub(crate) async fn line(&mut self, line: impl Display) {
        self.send(format!("{line}\r\n")).await;
    }

    /// Sends `verb TrID rest` and returns the first line with that transaction id.
    pub(crate) async fn ask(&mut self, verb: &str, rest: impl Display) -> Frame {
        self.trid += 1;
        let trid = self.trid.to_string();
        self.line(format!("{verb} {trid} {rest}")).await;
        self.find(&format!("an answer to {verb} {trid} {rest}"), |frame| frame.word(1) == trid).await
    }

    /// Like [`Self::ask`], but the answer must repeat the verb, which means success.
    pub(crate) async fn done(&mut self, verb: &str, rest: impl Display) -> Frame {
        let rest = rest.to_string();
        let answer = self.ask(verb, &rest).await;
        assert_eq!(answer.word(0), verb, "{verb} {rest} was refused: {answer}");
        answer
    }

    /// Sends `MSG TrID A` with this payload and returns the answer.
    pub(crate) async fn message(&mut self, payload: &[u8]) -> Frame {
        self.trid += 1;
        let trid = self.trid.to_string();
        let head = format!("MSG {trid} A {}\r\n", payload.len());
        self.send([head.as_bytes(), payload].concat()).await;
        self.find("an answer to MSG", |frame| frame.word(1) == trid && frame.word(0) != "MSG").await
    }

    /// Waits for the first line that begins with `start`. The line may be in the queue already or
    /// arrive later.
    pub(crate) async fn expect(&mut self, start: &str) -> Frame {
        self.find(start, |frame| frame.line.starts_with(start)).await
    }

    /// Waits for the first line that matches `wanted`. The line may be in the queue already or
    /// arrive later. `what` names the line in errors.
    pub(crate) async fn find(&mut self, what: &str, wanted: impl Fn(&Frame) -> bool) -> Frame {
        let mut seen = 0;
        loop {
            while let Some(frame) = self.inbox.get(seen) {
                if wanted(frame) {
                    return self.inbox.remove(seen).unwrap();
                }
                seen += 1;
            }
            assert!(self.read(what).await, "closed while waiting for {what}; {:?}", self.inbox);
        }
    }

    /// Returns the next line, or `None` if the server has closed the connection.
    pub(crate) async fn next(&mut self) -> Option<Frame> {
        while self.inbox.is_empty() {
            if !self.read("anything").await {
                return None;
            }
        }
        self.inbox.pop_front()
    }

    /// Sends a ping and returns everything before its answer. That includes all lines that the server had queued when
    /// the ping arrived.
    pub(crate) async fn before_pong(&mut self) -> Vec<Frame> {
        self.line("PNG").await;
        let mut frames = Vec::new();
        loop {
            let frame = self.next().await;
            match frame {
                Some(frame) if frame.word(0) == "QNG" => return frames,
                Some(frame) => frames.push(frame),
                None => panic!("closed instead of answering a ping, after {frames:?}"),
            }
        }
    }

    /// Waits until the connection ends. Returns all lines that were received before the end.
    pub(crate) async fn until_closed(&mut self) -> Vec<Frame> {
        let mut frames = Vec::new();
        while let Some(frame) = self.next().await {
            frames.push(frame);
        }
        frames
    }

    /// Like [`Self::until_closed`], but returns only the lines.
    pub(crate) async fn last_lines(&mut self) -> Vec<String> {
        self.until_closed().await.into_iter().map(|frame| frame.line).collect()
    }

    /// Reads once. Returns `false` at the end of the stream or after a reset.
    async fn read(&mut self, what: &str) -> bool {
        let mut chunk = [0; 8192];
        let read = timeout(PATIENCE, self.stream.read(&mut chunk)).await;
        let Ok(read) = read else {
            panic!("waited too long for {what}; so far {:?}", self.inbox);
        };
        let count = read.unwrap_or(0);
        self.bytes.extend_from_slice(&chunk[..count]);
        while let Some((frame, used)) = cut(&self.bytes) {
            self.bytes.drain(..used);
            self.inbox.push_back(frame);
        }
        count > 0
    }
}

/// Returns the first frame in `bytes` and the length of this frame, or `None` if the frame is not
/// complete.
fn cut(bytes: &[u8]) -> Option<(Frame, usize)> {
    let end = bytes.windows(2).position(|pair| pair == b"\r\n")?;
    let line = std::str::from_utf8(&bytes[..end]).unwrap().to_owned();
    let length = match line.split(' ').next() {
        Some("MSG" | "UBX" | "GCF" | "NOT") => line.rsplit(' ').next().unwrap().parse().unwrap(),
        _ => 0,
    };
    let payload = bytes.get(end + 2..end + 2 + length)?.to_vec();
    Some((Frame { line, payload }, end + 2 + length))
}
