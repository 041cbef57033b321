//! Accepts connections.

use anyhow::Result;
use tokio::net::{TcpListener, TcpStream};

/// Accepts the next connection. Sets TCP_NODELAY on it, as the server does, so that small writes
/// are sent immediately.
pub(super) async fn accept(listener: &TcpListener) -> Result<TcpStream> {
    let (stream, _) = listener.accept().await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}
