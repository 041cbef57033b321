//! An HTTP proxy like those of companies: it buffers whole requests and answers, and refuses tunnels and requests for
//! other ports. It may cut connections after a while, and may lose or repeat requests.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use msnp_conformance::wire::{Service, first};
use swallowtail_base::lock;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::AbortHandle;
use tokio::time::timeout;

use crate::random::Random;
use crate::tcp::serve_each;

/// The longest request that is forwarded, in bytes.
const MAX_REQUEST: usize = 256 * 1024;
/// The answer to a request for another port.
const FORBIDDEN: &[u8] = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n";

/// The faults of the proxy.
#[derive(Clone, Copy, Debug, Default)]
pub struct HttpFaults {
    /// The percentage of requests that the proxy does not send to the server. For each of these
    /// requests, the proxy closes the client's connection without an answer.
    pub lose_request: u64,
    /// The percentage of requests that the server answers, but whose answers the proxy drops. For
    /// each of these requests, the proxy closes the client's connection without an answer.
    pub lose_answer: u64,
    /// The percentage of requests that the proxy sends to the server twice. The client receives
    /// only the second answer.
    pub duplicate: u64,
    /// The longest life of a client's connection. The request that is being answered at the end of that time is lost.
    pub cut_after: Option<Duration>,
}

/// A proxy for HTTP requests. Its connections end when this value is dropped.
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
    cuts: AtomicUsize,
}

/// The fate of a request.
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
        let shared = Arc::new(Shared { to, faults: Mutex::new((faults, random)), cuts: AtomicUsize::new(0) });
        let serving = shared.clone();
        let task = tokio::spawn(serve_each(listener, move |client| serving.clone().serve(client))).abort_handle();
        Ok(Self { address, shared, task })
    }

    /// Returns the address of the proxy, to which clients connect.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Replaces the faults.
    pub fn set(&self, faults: HttpFaults) {
        lock(&self.shared.faults).0 = faults;
    }

    /// Returns how many connections were cut because of their age.
    #[must_use]
    pub fn cuts(&self) -> usize {
        self.shared.cuts.load(Ordering::Relaxed)
    }
}

impl Drop for HttpProxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Shared {
    async fn serve(self: Arc<Self>, client: TcpStream) {
        let cut_after = lock(&self.faults).0.cut_after;
        let serving = self.serve_requests(client);
        match cut_after {
            None => serving.await,
            Some(age) => {
                if timeout(age, serving).await.is_err() {
                    self.cuts.fetch_add(1, Ordering::Relaxed);
                }
            }
        }
    }

    async fn serve_requests(&self, mut client: TcpStream) {
        let mut buffer = Vec::new();
        // On any failure, the connection closes. The client learns nothing else about the failure.
        while let Ok(Some(request)) = read_request(&mut client, &mut buffer).await {
            let Ok(answer) = self.forward(&request).await else { return };
            if client.write_all(&answer).await.is_err() {
                return;
            }
        }
    }

    async fn forward(&self, request: &[u8]) -> Result<Vec<u8>> {
        let Some(request) = &for_the_server(request) else { return Ok(FORBIDDEN.to_vec()) };
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
        let HttpFaults { lose_request, lose_answer, duplicate, .. } = *faults;
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

/// Returns a request in the form in which the server receives it, without the host in the first
/// line. Returns `None` if the request is for a port other than 80.
fn for_the_server(request: &[u8]) -> Option<Vec<u8>> {
    let end = request.iter().position(|&byte| byte == b'\r')?;
    let (line, rest) = request.split_at(end);
    let line = std::str::from_utf8(line).ok()?;
    let (verb, target) = line.split_once(' ')?;
    // The client might not know that there is a proxy. The first line of its requests then contains
    // no host.
    let Some(target) = target.strip_prefix("http://") else {
        return (verb != "CONNECT").then(|| request.to_vec());
    };
    let (host, path) = target.split_once('/')?;
    let port = host.split_once(':').map_or("80", |(_, port)| port);
    (port == "80").then(|| [format!("{verb} /{path}").as_bytes(), rest].concat())
}

/// Reads one request. Returns `None` at the end of the connection.
async fn read_request(client: &mut TcpStream, buffer: &mut Vec<u8>) -> Result<Option<Vec<u8>>> {
    loop {
        // Except for its first line, a request has the same form as an answer. So the parser for
        // answers also finds the end of a request.
        if let Some((_, size)) = first(Service::Http, buffer, false) {
            return Ok(Some(buffer.drain(..size).collect()));
        }
        if buffer.len() > MAX_REQUEST || client.read_buf(buffer).await? == 0 {
            return Ok(None);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_to_port_80_is_forwarded_without_the_host_in_its_url_and_a_request_to_any_other_port_is_refused() {
        let forwarded = |line: &str| {
            let request = for_the_server(format!("{line} HTTP/1.1\r\n\r\nbody").as_bytes())?;
            Some(String::from_utf8(request).unwrap())
        };
        let expected = Some("POST /a?b=c:1 HTTP/1.1\r\n\r\nbody".to_owned());
        for target in ["http://example.com/a?b=c:1", "http://example.com:80/a?b=c:1", "/a?b=c:1"] {
            assert_eq!(forwarded(&format!("POST {target}")), expected);
        }
        for refused in ["POST http://example.com:1863/a", "CONNECT example.com:1863", "CONNECT example.com:443"] {
            assert_eq!(forwarded(refused), None);
        }
        assert_eq!(for_the_server(b""), None);
    }
}
