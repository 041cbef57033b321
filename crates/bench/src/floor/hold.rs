//! Accepts connections and keeps them.

use anyhow::Result;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};

use super::accept::accept;

/// The answer to everything that a client sends.
const ANSWER: &[u8] = b"CHG 1 NLN 0\r\n";
/// The number of bytes that are read at a time. A task creates its buffer only when bytes have
/// arrived, so an idle connection needs no memory for a buffer.
const CHUNK: usize = 1024;

/// Accepts connections until the process ends.
pub(super) async fn serve(listener: TcpListener) -> Result<()> {
    loop {
        tokio::spawn(hold(accept(&listener).await?));
    }
}

async fn hold(mut stream: TcpStream) {
    while stream.readable().await.is_ok() {
        let mut chunk = [0; CHUNK];
        match stream.try_read(&mut chunk) {
            Ok(0) => return,
            Ok(_) if stream.write_all(ANSWER).await.is_err() => return,
            Ok(_) => {}
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
            Err(_) => return,
        }
    }
}
