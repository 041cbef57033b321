//! Carries the connections of clients over the gateway, through an HTTP proxy (http.md section 5).
//!
//! A client connects to a [`Carrier`] as if the carrier were the server. Therefore all clients, and
//! the history, also work over the gateway.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use msnp_conformance::wire::Service;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::AbortHandle;
use tokio::time::timeout;

use super::connection::{Connection, PATIENCE};
use super::dial::Dial;
use super::gateway::Mark;
use super::http::Answer;
use super::received::Next;
use crate::observer::Watch;
use crate::tcp::serve_each;

/// The host of the gateway, until the server names another host.
const HOST: &str = "gateway.messenger.hotmail.com";
/// The largest number of bytes of commands in one request. The server accepts 16 KiB.
const MAX_COMMANDS: usize = 8 * 1024;
/// The maximum number of times that a request is sent if its connection is lost each time.
const ATTEMPTS: usize = 10;

/// Listens for clients and carries their connections. All these connections end when this value is
/// dropped.
#[derive(Debug)]
pub struct Carrier {
    address: SocketAddr,
    repeated: Arc<AtomicUsize>,
    task: AbortHandle,
}

impl Carrier {
    /// Starts to carry connections to the service `NS` or `SB`, through a proxy. A client that has nothing to send polls
    /// after each `pause`.
    ///
    /// # Errors
    /// Fails if no port is free.
    pub async fn start(proxy: SocketAddr, service: &'static str, pause: Duration) -> Result<Self> {
        let listener = TcpListener::bind("127.0.98.1:0").await.context("the carrier cannot listen")?;
        let address = listener.local_addr()?;
        let repeated = Arc::new(AtomicUsize::new(0));
        let counted = repeated.clone();
        // On any failure, the connection closes. The client learns nothing else about the failure.
        let serving = serve_each(listener, move |client| {
            let http = Http { proxy, connection: None, host: HOST.to_owned(), repeated: counted.clone() };
            carry(client, http, service, pause)
        });
        let task = tokio::spawn(serving).abort_handle();
        Ok(Self { address, repeated, task })
    }

    /// Returns the address of the carrier, to which clients connect.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns how many requests were sent again, because their connection was lost.
    #[must_use]
    pub fn repeated(&self) -> usize {
        self.repeated.load(Ordering::Relaxed)
    }
}

impl Drop for Carrier {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Carries one connection until the client or the server ends it.
async fn carry(mut client: TcpStream, mut http: Http, service: &str, pause: Duration) -> Result<()> {
    client.set_nodelay(true)?;
    // If a request that opens a session is sent again, it opens a second session. So this request
    // contains no commands.
    let mut session = http.ask(&format!("Action=open&Server={service}&IP=x"), b"").await?.session;
    let mut buffer = vec![0; MAX_COMMANDS];
    loop {
        let commands = match timeout(pause, client.read(&mut buffer)).await {
            Err(_) => &[],
            Ok(Ok(0) | Err(_)) => {
                http.ask(&format!("SessionID={session}"), b"OUT\r\n").await?;
                return Ok(());
            }
            Ok(Ok(size)) => &buffer[..size],
        };
        let poll = if commands.is_empty() { "Action=poll&" } else { "" };
        let output = http.ask(&format!("{poll}SessionID={session}"), commands).await?;
        client.write_all(output.answer.body()).await?;
        if output.is_closed {
            return Ok(());
        }
        session = output.session;
    }
}

/// The requests of one session.
struct Http {
    proxy: SocketAddr,
    /// The connection of the last request.
    connection: Option<Connection>,
    /// The host to which the next request is addressed.
    host: String,
    repeated: Arc<AtomicUsize>,
}

/// An answer of the gateway.
struct Output {
    answer: Answer,
    /// The session id to send with the next request.
    session: String,
    is_closed: bool,
}

impl Http {
    /// Sends a request. If no answer arrives, sends the request again, but at most [`ATTEMPTS`]
    /// times in all.
    async fn ask(&mut self, query: &str, commands: &[u8]) -> Result<Output> {
        let host = &self.host;
        let head = format!(
            "POST http://{host}/gateway/gateway.dll?{query} HTTP/1.1\r\nHost: {host}\r\n\
             Proxy-Connection: Keep-Alive\r\nContent-Length: {}\r\n\r\n",
            commands.len()
        );
        let request = [head.as_bytes(), commands].concat();
        for _ in 0..ATTEMPTS {
            if let Ok(answer) = self.ask_once(&request).await {
                return self.follow(answer);
            }
            self.connection = None;
            self.repeated.fetch_add(1, Ordering::Relaxed);
        }
        bail!("no answer to a request that was sent {ATTEMPTS} times")
    }

    async fn ask_once(&mut self, request: &[u8]) -> Result<Answer> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => Connection::open(Service::Http, Dial::to(self.proxy), &Watch::new()).await?,
        };
        connection.send_bytes(request).await?;
        let Next::Received(answer) = connection.next_within(PATIENCE).await else { bail!("no answer") };
        self.connection = Some(connection);
        Ok(Answer::new(answer))
    }

    /// Reads the part of an answer that describes the session, and the host for the next request.
    fn follow(&mut self, answer: Answer) -> Result<Output> {
        let Mark { id: session, host, is_closed } = Mark::of(&answer)?;
        self.host = host.context("an answer names no host")?;
        Ok(Output { answer, session, is_closed })
    }
}
