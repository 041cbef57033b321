//! A proxy that loses and repeats HTTP requests, as a bad network and an impatient client do together.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use anyhow::{Context, Result, bail};
use msnp_conformance::wire::{Service, first};
use swallowtail_base::lock;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{AbortHandle, JoinSet};

use crate::random::Random;

/// The longest request that is forwarded, in bytes.
const MAX_REQUEST: usize = 256 * 1024;

/// How many requests in a hundred go wrong. In each case, the client's connection is closed without an answer.
#[derive(Clone, Copy, Debug, Default)]
pub struct HttpFaults {
    /// Requests that the server never receives.
    pub lose_request: u64,
    /// Requests that the server answers, and whose answers are lost.
    pub lose_answer: u64,
    /// Requests that the server receives twice. The client receives the second answer.
    pub duplicate: u64,
}

/// A proxy for HTTP requests. Its connections end when it is dropped.
#[derive(Debug)]
pub struct HttpProxy {
    address: SocketAddr,
    shared: Arc<Shared>,
    task: AbortHandle,
}

#[derive(Debug)]
struct Shared {
    to: SocketAddr,
    faults: Mutex<(HttpFaults, Random)>,
}

/// What happens to a request.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    Forwarded,
    RequestLost,
    AnswerLost,
    Duplicated,
}

impl HttpProxy {
    /// Starts a proxy for requests to an address.
    ///
    /// # Errors
    /// Fails if no port is free.
    pub async fn start(to: SocketAddr, faults: HttpFaults, random: Random) -> Result<Self> {
        let listener = TcpListener::bind("127.0.98.1:0").await.context("the proxy cannot listen")?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared { to, faults: Mutex::new((faults, random)) });
        let task = tokio::spawn(accept(listener, shared.clone())).abort_handle();
        Ok(Self { address, shared, task })
    }

    /// Returns the address for clients.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Replaces the faults.
    pub fn set(&self, faults: HttpFaults) {
        lock(&self.shared.faults).0 = faults;
    }
}

impl Drop for HttpProxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                if let Ok((client, _)) = accepted {
                    connections.spawn(shared.clone().serve(client));
                }
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

impl Shared {
    async fn serve(self: Arc<Self>, mut client: TcpStream) {
        let mut buffer = Vec::new();
        // Any failure closes the connection, which is what the client sees of it.
        while let Ok(Some(request)) = read_request(&mut client, &mut buffer).await {
            let Ok(answer) = self.forward(&request).await else { return };
            if client.write_all(&answer).await.is_err() {
                return;
            }
        }
    }

    async fn forward(&self, request: &[u8]) -> Result<Vec<u8>> {
        let fate = self.fate();
        if fate == Fate::RequestLost {
            bail!("the request is lost");
        }
        if fate == Fate::Duplicated {
            self.ask(request).await?;
        }
        let answer = self.ask(request).await?;
        if fate == Fate::AnswerLost {
            bail!("the answer is lost");
        }
        Ok(answer)
    }

    fn fate(&self) -> Fate {
        let (faults, random) = &mut *lock(&self.faults);
        let number = random.below(100);
        let HttpFaults { lose_request, lose_answer, duplicate } = *faults;
        if number < lose_request {
            Fate::RequestLost
        } else if number < lose_request + lose_answer {
            Fate::AnswerLost
        } else if number < lose_request + lose_answer + duplicate {
            Fate::Duplicated
        } else {
            Fate::Forwarded
        }
    }

    /// Sends a request to the server and returns the bytes of the answer.
    async fn ask(&self, request: &[u8]) -> Result<Vec<u8>> {
        let mut server = TcpStream::connect(self.to).await?;
        server.write_all(request).await?;
        let mut answer = Vec::new();
        loop {
            let ended = server.read_buf(&mut answer).await? == 0;
            if let Some((_, size)) = first(Service::Http, &answer, ended) {
                answer.truncate(size);
                return Ok(answer);
            }
            if ended {
                bail!("the server closed the connection without an answer");
            }
        }
    }
}

/// Reads one request. Returns `None` at the end of the connection.
async fn read_request(client: &mut TcpStream, buffer: &mut Vec<u8>) -> Result<Option<Vec<u8>>> {
    loop {
        // A request has the form of an answer, except for its first line.
        if let Some((_, size)) = first(Service::Http, buffer, false) {
            return Ok(Some(buffer.drain(..size).collect()));
        }
        if buffer.len() > MAX_REQUEST || client.read_buf(buffer).await? == 0 {
            return Ok(None);
        }
    }
}
