//! Accepts connections.

use anyhow::Result;
use tokio::net::{TcpListener, TcpStream};

/// Accepts the next connection. Small writes are sent immediately, as the server does.
pub(super) async fn accept(listener: &TcpListener) -> Result<TcpStream> {
    let (stream, _) = listener.accept().await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}
