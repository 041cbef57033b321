//! One task that writes the same bytes to many connections.

use anyhow::Result;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::accept::accept;

/// The number of bytes that are read at a time.
const CHUNK: usize = 16 * 1024;

/// Copies all bytes that arrive on the first connection to several other connections, which are
/// accepted after it. The first four bytes on the first connection are the number of these other
/// connections.
pub(super) async fn serve(listener: TcpListener) -> Result<()> {
    loop {
        let mut source = accept(&listener).await?;
        let count = source.read_u32().await?;
        source.write_u8(0).await?;
        let mut receivers = Vec::new();
        for _ in 0..count {
            receivers.push(accept(&listener).await?);
        }
        let mut chunk = vec![0; CHUNK];
        while let Ok(length @ 1..) = source.read(&mut chunk).await {
            for receiver in &mut receivers {
                receiver.write_all(&chunk[..length]).await?;
            }
        }
    }
}
