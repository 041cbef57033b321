//! One request over HTTP/1.1 and its answer.

use std::io;
use std::net::IpAddr;
use std::time::Duration;

use tokio::io::{AsyncWriteExt, BufReader};
use tokio::time::timeout;

use crate::http::{ReadError, Response, read_response};
use crate::transport::{self, BoxedStream, Roots};
use crate::url::Url;

/// The time limit for a request and its answer.
const EXCHANGE_TIMEOUT: Duration = Duration::from_secs(30);

/// A connection to an HTTP server.
pub(crate) struct HttpConnection {
    stream: BufReader<BoxedStream>,
    /// The address of the server. `None` for a connection with TLS, where the address does not
    /// matter.
    pub(crate) peer: Option<IpAddr>,
}

impl HttpConnection {
    /// Connects to the server that a URL names.
    pub(crate) async fn open(url: &Url, roots: &Roots) -> io::Result<Self> {
        if url.is_tls {
            return Ok(Self { stream: BufReader::new(transport::tls(&url.address(), roots).await?), peer: None });
        }
        let stream = transport::tcp(&url.address()).await?;
        let peer = stream.peer_addr().ok().map(|peer| peer.ip());
        Ok(Self { stream: BufReader::new(Box::new(stream)), peer })
    }

    /// Sends a request, and reads its answer. `headers` contains complete lines, without line ends.
    pub(crate) async fn exchange(
        &mut self,
        method: &str,
        url: &Url,
        headers: &[String],
        body: &[u8],
    ) -> io::Result<Response> {
        let mut request = format!("{method} {} HTTP/1.1\r\nHost: {}\r\n", url.path, url.authority());
        for header in headers {
            request += header;
            request += "\r\n";
        }
        if method == "POST" {
            request += &format!("Content-Length: {}\r\n", body.len());
        }
        request += "\r\n";
        let exchange = async {
            let bytes = [request.as_bytes(), body].concat();
            self.stream.get_mut().write_all(&bytes).await?;
            self.stream.get_mut().flush().await?;
            read_response(&mut self.stream).await.map_err(into_io)
        };
        timeout(EXCHANGE_TIMEOUT, exchange).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
    }
}

fn into_io(error: ReadError) -> io::Error {
    match error {
        ReadError::Io(error) => error,
        ReadError::Closed => io::ErrorKind::UnexpectedEof.into(),
        other => io::Error::new(io::ErrorKind::InvalidData, other),
    }
}
