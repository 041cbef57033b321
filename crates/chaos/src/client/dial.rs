//! The options of a client's connection.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use anyhow::{Context, Result};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;

/// The time limit for opening a connection. If the queue of the listener is full, the kernel tries again after 1, 3 and
/// 7 s.
const PATIENCE: Duration = Duration::from_secs(20);

/// The options of a client's connection.
#[derive(Clone, Copy, Debug)]
pub struct Dial {
    /// The address to connect to.
    pub to: SocketAddr,
    /// The address to connect from, in 127.0.0.0/8. By default the kernel chooses 127.0.0.1.
    pub from: Option<IpAddr>,
    /// The size of the receive buffer in bytes. With a small buffer, the server notices soon that this client does not
    /// read.
    pub receive_buffer: Option<u32>,
}

impl Dial {
    /// Returns the default options for a connection to the address `to`.
    #[must_use]
    pub const fn to(to: SocketAddr) -> Self {
        Self { to, from: None, receive_buffer: None }
    }

    /// Connects. Small writes are sent immediately.
    ///
    /// # Errors
    /// Fails if the server does not accept the connection.
    pub async fn connect(self) -> Result<TcpStream> {
        let socket = if self.to.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
        if let Some(size) = self.receive_buffer {
            socket.set_recv_buffer_size(size)?;
        }
        if let Some(from) = self.from {
            socket.bind(SocketAddr::new(from, 0))?;
        }
        let connected = timeout(PATIENCE, socket.connect(self.to)).await;
        let stream = connected.with_context(|| format!("{} did not accept a connection in time", self.to))?;
        let stream = stream.with_context(|| format!("could not connect to {}", self.to))?;
        stream.set_nodelay(true)?;
        Ok(stream)
    }
}
