//! Connections: TCP, TLS, the HTTP gateway, or any stream of the caller.

mod gateway;
mod tls;

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::machine::Target;

pub(crate) use gateway::Gateway;
pub use tls::{BadRoots, Roots};

/// The time for a connection to be made. Without a limit, it takes minutes if a firewall drops the packets.
pub(crate) const CONNECT_TIMEOUT: Duration = Duration::from_secs(20);

/// A stream of bytes in both directions.
pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin + ?Sized> Stream for S {}

/// A stream of any kind.
pub type BoxedStream = Box<dyn Stream>;

/// The result of [`Connect::connect`].
pub type Connecting<'a> = Pin<Box<dyn Future<Output = io::Result<BoxedStream>> + Send + 'a>>;

/// Opens connections to notification servers and switchboards. Implement it to use other streams than the built-in
/// ones, for example pipes in memory to a server in the same process.
pub trait Connect: Send + Sync {
    /// Opens a connection.
    fn connect<'a>(&'a self, target: &'a Target) -> Connecting<'a>;
}

/// Opens a TCP connection to `host:port`.
pub(crate) async fn tcp(address: &str) -> io::Result<TcpStream> {
    let connected = timeout(CONNECT_TIMEOUT, TcpStream::connect(address)).await;
    let stream = connected.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()));
    let stream =
        stream.map_err(|error| io::Error::new(error.kind(), format!("could not connect to {address}: {error}")))?;
    // Commands are small, and each waits for the answer to the one before it.
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// Does a TLS handshake with the server at `host:port` over a new connection.
pub(crate) async fn tls(address: &str, roots: &Roots) -> io::Result<BoxedStream> {
    let host = address.rsplit_once(':').map_or(address, |(host, _)| host);
    let stream = tcp(address).await?;
    Ok(Box::new(tls::handshake(stream, host, roots).await?))
}
