//! Sends HTTP requests to a server, on connections that are kept alive, and opens sessions through the gateway.

use std::net::SocketAddr;

use msnp_client::encode;
use msnp_client::http::{Head, read_response};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use super::time::PATIENCE;

/// The answer to an HTTP request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    head: Head,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// Returns the value of a header with exactly this spelling.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.exact_header(name)
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }
}

/// A connection that carries one request after another.
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

    /// Sends a head, whose first lines are `request`, and a body. Returns the answer.
    pub(crate) async fn ask(&mut self, request: &str, body: &[u8]) -> Answer {
        self.send(request, body).await;
        self.answer().await
    }

    pub(crate) async fn send(&mut self, request: &str, body: &[u8]) {
        let head = format!("{request}\r\nContent-Length: {}\r\n\r\n", body.len());
        self.stream.write_all(&[head.as_bytes(), body].concat()).await.unwrap();
        self.stream.flush().await.unwrap();
    }

    /// Sends a complete head and nothing after it.
    pub(crate) async fn send_head(&mut self, head: &str) {
        self.stream.write_all(format!("{head}\r\n\r\n").as_bytes()).await.unwrap();
        self.stream.flush().await.unwrap();
    }

    pub(crate) async fn answer(&mut self) -> Answer {
        let response = read_response(&mut self.stream).await.unwrap();
        // This lookup ignores case, because hyper writes headers in lower case in the refusals that
        // it sends by itself.
        assert!(response.head.header("Content-Length").is_some() && response.is_complete, "{response:?}");
        Answer { status: response.head.status(), head: response.head, body: response.body }
    }

    /// Returns the stream, which is a tunnel after a `CONNECT`.
    pub(crate) fn into_stream(self) -> S {
        assert!(self.stream.buffer().is_empty());
        self.stream.into_inner()
    }
}

/// A session through the gateway.
pub(crate) struct Gateway {
    pub(crate) http: Http,
    /// The part of the target before the path. It is empty, or names a host of Microsoft if the
    /// server is used as a proxy.
    site: &'static str,
    pub(crate) session: String,
    pub(crate) closed: bool,
    /// The bytes that were received and not used yet.
    pub(crate) inbox: String,
}

impl Gateway {
    /// Opens a session with the server `NS` or `SB`, with `commands` in the first request.
    pub(crate) async fn open(address: SocketAddr, server: &str, commands: &str) -> Self {
        Self::open_at(address, "", server, commands).await
    }

    /// Opens a session with absolute targets, as a client behind a proxy sends them.
    pub(crate) async fn open_at(address: SocketAddr, site: &'static str, server: &str, commands: &str) -> Self {
        let http = Http::dial(address).await;
        let mut gateway = Self { http, site, session: String::new(), closed: false, inbox: String::new() };
        gateway.post(&format!("Action=open&Server={server}&IP=messenger.hotmail.com"), commands.as_bytes()).await;
        gateway
    }

    /// Sends one request and returns the answer, even if the answer is an error.
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
        assert!(!self.closed || answer.text().is_empty(), "an answer that closes has no body: {}", answer.text());
        self.inbox.push_str(answer.text());
    }

    /// Sends commands, or a part of a command.
    pub(crate) async fn send(&mut self, commands: impl AsRef<[u8]>) {
        self.post(&format!("SessionID={}", self.session), commands.as_ref()).await;
    }

    pub(crate) async fn poll(&mut self) {
        self.post(&format!("Action=poll&SessionID={}", self.session), b"").await;
    }

    /// Polls until the server has closed the session.
    pub(crate) async fn until_closed(&mut self) {
        let closed = async {
            while !self.closed {
                self.poll().await;
            }
        };
        tokio::time::timeout(PATIENCE, closed).await.unwrap();
    }

    /// Polls until a line contains `wanted`. Returns everything up to the end of that line.
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
        panic!("{wanted} was not received; {:?}", self.inbox);
    }

    /// Asks for a switchboard. Returns its address and the cookie.
    pub(crate) async fn transfer(&mut self, trid: u32) -> (String, String) {
        self.send(format!("XFR {trid} SB\r\n")).await;
        let lines = self.expect(&format!("XFR {trid} SB ")).await;
        let line = lines.lines().last().unwrap().to_owned();
        let words: Vec<_> = line.split(' ').collect();
        (words[3].to_owned(), words[5].to_owned())
    }
}

/// A user with a browser.
pub(crate) struct Browser {
    http: Http,
    /// The header lines of each request.
    pub(crate) headers: String,
}

impl Browser {
    pub(crate) async fn open(address: SocketAddr) -> Self {
        Self::open_over(TcpStream::connect(address).await.unwrap(), address)
    }

    pub(crate) fn open_over(stream: TcpStream, address: SocketAddr) -> Self {
        Self { http: Http::over(stream), headers: format!("Host: {address}") }
    }

    /// Adds a line to the head of each request.
    pub(crate) fn with(mut self, header: &str) -> Self {
        self.headers = format!("{}\r\n{header}", self.headers);
        self
    }

    pub(crate) async fn get(&mut self, path: &str) -> Answer {
        self.http.ask(&format!("GET {path} HTTP/1.1\r\n{}", self.headers), b"").await
    }

    /// Sends a form with these fields.
    pub(crate) async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let kind = "Content-Type: application/x-www-form-urlencoded";
        let head = format!("POST {path} HTTP/1.1\r\n{}\r\n{kind}", self.headers);
        self.http.ask(&head, form(fields).as_bytes()).await
    }

    /// Fetches the form of a page and sends it with these fields.
    pub(crate) async fn fill(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let page = self.get(path).await;
        assert_eq!(page.status, 200, "{}", page.text());
        let token = value_of(page.text(), "token");
        self.post(path, &[fields, &[("token", &token)]].concat()).await
    }
}

/// Returns the value of a field in a page, or an empty text if the page has no such field.
pub(crate) fn value_of(page: &str, field: &str) -> String {
    let input = page.split("<input").find(|input| input.contains(&format!("name=\"{field}\"")));
    let value = input.and_then(|input| input.split_once("value=\"")?.1.split_once('"'));
    value.map(|(value, _)| value.to_owned()).unwrap_or_default()
}

/// Encodes fields as a browser does.
pub(crate) fn form(fields: &[(&str, &str)]) -> String {
    let fields: Vec<_> = fields.iter().map(|(name, value)| format!("{name}={}", encode(value))).collect();
    fields.join("&")
}
