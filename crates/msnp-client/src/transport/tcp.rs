//! TCP.

use std::io;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::timeout;

/// The time limit for opening a connection. Without a limit, opening takes minutes if a firewall drops the packets.
pub(crate) const CONNECT_TIMEOUT: Duration = Duration::from_secs(20);

/// Opens a TCP connection to `host:port`.
pub(crate) async fn tcp(address: &str) -> io::Result<TcpStream> {
    let connected = timeout(CONNECT_TIMEOUT, TcpStream::connect(address)).await;
    let stream = connected.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()));
    let stream =
        stream.map_err(|error| io::Error::new(error.kind(), format!("could not connect to {address}: {error}")))?;
    // Commands are small, and the client often sends a command only after the answer to the
    // previous one. Without this option, the system could delay each command.
    stream.set_nodelay(true)?;
    Ok(stream)
}
