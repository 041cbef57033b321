//! Requests to a server, on connections that are kept, and sessions over the gateway.

use std::net::SocketAddr;

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    head: String,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// The value of a header, in exactly this spelling.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }
}

/// A connection for one request after the other.
pub(crate) struct Http<S = TcpStream> {
    stream: BufReader<S>,
}

impl Http {
    pub(crate) async fn dial(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Self::over(stream)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Http<S> {
    pub(crate) fn over(stream: S) -> Self {
        Self { stream: BufReader::new(stream) }
    }

    /// Sends a head, of which `request` is the first line and further ones, and a body.
    pub(crate) async fn ask(&mut self, request: &str, body: &[u8]) -> Answer {
        self.send(request, body).await;
        self.answer().await
    }

    pub(crate) async fn send(&mut self, request: &str, body: &[u8]) {
        let head = format!("{request}\r\nContent-Length: {}\r\n\r\n", body.len());
        self.stream.write_all(&[head.as_bytes(), body].concat()).await.unwrap();
        self.stream.flush().await.unwrap();
    }

    pub(crate) async fn answer(&mut self) -> Answer {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            let read = self.stream.read_line(&mut head).await.unwrap();
            assert!(read > 0, "closed after {head:?}");
        }
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let mut answer = Answer { status, head, body: Vec::new() };
        // In any case: what hyper itself refuses is answered in lower case.
        let lower = answer.head.to_ascii_lowercase();
        let (_, length) = lower.split_once("content-length: ").unwrap();
        let length = length.lines().next().unwrap().parse().unwrap();
        answer.body = vec![0; length];
        self.stream.read_exact(&mut answer.body).await.unwrap();
        answer
    }

    /// Gives the stream back: after a `CONNECT` it is a tunnel.
    pub(crate) fn into_stream(self) -> S {
        assert!(self.stream.buffer().is_empty());
        self.stream.into_inner()
    }
}

/// A session over the gateway.
pub(crate) struct Gateway {
    pub(crate) http: Http,
    /// What stands before the path: empty, or the host of Microsoft's when the server is a proxy.
    site: &'static str,
    pub(crate) session: String,
    pub(crate) closed: bool,
    /// What came and was not asked for yet.
    pub(crate) inbox: String,
}

impl Gateway {
    /// Opens a session with `NS` or `SB`; `commands` come with the opening.
    pub(crate) async fn open(address: SocketAddr, server: &str, commands: &str) -> Self {
        Self::open_at(address, "", server, commands).await
    }

    /// The same with absolute targets, as a client behind a proxy sends them.
    pub(crate) async fn open_at(address: SocketAddr, site: &'static str, server: &str, commands: &str) -> Self {
        let http = Http::dial(address).await;
        let mut gateway = Self { http, site, session: String::new(), closed: false, inbox: String::new() };
        gateway.post(&format!("Action=open&Server={server}&IP=messenger.hotmail.com"), commands.as_bytes()).await;
        gateway
    }

    /// One request, whatever its answer.
    pub(crate) async fn raw(&mut self, query: &str, body: &[u8]) -> Answer {
        let head =
            format!("POST {}/gateway/gateway.dll?{query} HTTP/1.1\r\nHost: gateway.messenger.hotmail.com", self.site);
        self.http.ask(&head, body).await
    }

    async fn post(&mut self, query: &str, body: &[u8]) {
        let answer = self.raw(query, body).await;
        assert_eq!(answer.status, 200, "{query}");
        assert_eq!(answer.header("Content-Type"), Some("application/x-msn-messenger"));
        let words = answer.header("X-MSN-Messenger").unwrap();
        let rest = words.strip_prefix("SessionID=").unwrap();
        let (session, rest) = rest.split_once("; GW-IP=gateway.messenger.hotmail.com").unwrap();
        assert_eq!(session.matches('.').count(), 1, "{session}");
        self.session = session.to_owned();
        self.closed = rest == "; Session=close";
        assert!(self.closed || rest.is_empty(), "{words}");
        self.inbox.push_str(answer.text());
    }

    /// Sends commands, or a part of one.
    pub(crate) async fn send(&mut self, commands: impl AsRef<[u8]>) {
        self.post(&format!("SessionID={}", self.session), commands.as_ref()).await;
    }

    pub(crate) async fn poll(&mut self) {
        self.post(&format!("Action=poll&SessionID={}", self.session), b"").await;
    }

    /// Polls until something with `wanted` in it has come, and gives everything up to the end of that line.
    pub(crate) async fn expect(&mut self, wanted: &str) -> String {
        for _ in 0..500 {
            let end = self.inbox.find(wanted).and_then(|at| Some(at + self.inbox[at..].find("\r\n")? + 2));
            if let Some(end) = end {
                return self.inbox.drain(..end).collect();
            }
            assert!(!self.closed, "closed while waiting for {wanted}; {:?}", self.inbox);
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            self.poll().await;
        }
        panic!("{wanted} does not come; {:?}", self.inbox);
    }

    /// Asks for a switchboard; the address and the cookie.
    pub(crate) async fn transfer(&mut self, trid: u32) -> (String, String) {
        self.send(format!("XFR {trid} SB\r\n")).await;
        let lines = self.expect(&format!("XFR {trid} SB ")).await;
        let line = lines.lines().last().unwrap().to_owned();
        let words: Vec<_> = line.split(' ').collect();
        (words[3].to_owned(), words[5].to_owned())
    }
}
