//! Sends a hello, and reads the answer.

use std::time::Duration;

use anyhow::{Context, Result};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};

use super::Reply;
use crate::client::Dial;

/// The maximum number of bytes of an answer that are kept. A ServerHello with a chain of
/// certificates is shorter.
const LONGEST: usize = 64 * 1024;

/// The bytes for a server, and the connection on which they are sent.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// The options of the connection.
    pub dial: Dial,
    /// A request for an HTTP proxy, if there is one. It is sent before `bytes`, and the proxy
    /// answers it with the head of an HTTP answer.
    pub tunnel: Option<&'a [u8]>,
    /// The bytes for the server, usually a ClientHello.
    pub bytes: &'a [u8],
    /// True if the client sends its FIN after the bytes, so that the server need not wait for more
    /// bytes.
    pub is_end: bool,
}

impl<'a> Question<'a> {
    /// Creates a question without a tunnel and without a FIN after the bytes.
    #[must_use]
    pub const fn new(dial: Dial, bytes: &'a [u8]) -> Self {
        Self { dial, tunnel: None, bytes, is_end: false }
    }

    /// Connects, sends the bytes, and returns the answer.
    ///
    /// # Errors
    /// Fails if the server does not accept the connection.
    pub async fn ask(self, patience: Duration) -> Result<Reply> {
        let deadline = Instant::now() + patience;
        let mut stream = self.dial.connect().await?;
        if let Some(request) = self.tunnel {
            stream.write_all(request).await?;
            timeout_at(deadline, head(&mut stream)).await.context("the proxy did not answer in time")??;
        }
        // A server may close before it has read everything.
        let _ = stream.write_all(self.bytes).await;
        if self.is_end {
            let _ = stream.shutdown().await;
        }
        let mut received = Vec::new();
        loop {
            let Ok(read) = timeout_at(deadline, stream.read_buf(&mut received)).await else {
                return Ok(if received.is_empty() { Reply::Silent } else { Reply::NotTls(received) });
            };
            // A reset also ends the connection.
            let has_ended = matches!(read, Ok(0) | Err(_)) || received.len() > LONGEST;
            if let Some(reply) = Reply::read(&received, has_ended) {
                return Ok(reply);
            }
        }
    }
}

/// Reads the head of an HTTP answer, byte by byte, because TLS follows it.
async fn head(stream: &mut TcpStream) -> Result<()> {
    let mut received = Vec::new();
    while !received.ends_with(b"\r\n\r\n") {
        received.push(stream.read_u8().await.context("the proxy closed the connection")?);
    }
    let said = String::from_utf8_lossy(&received);
    anyhow::ensure!(said.starts_with("HTTP/1.1 200"), "the proxy answered {said:?}");
    Ok(())
}
