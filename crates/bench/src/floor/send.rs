//! Sends as many bytes as it is asked for.

use anyhow::Result;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

use super::accept;

/// The longest answer, in bytes.
const MAX: usize = 16 * 1024 * 1024;
/// The line that ends an answer.
const END: &[u8] = b"END\r\n";

/// Answers each line with the number of bytes that it names, and then [`END`].
pub(super) async fn serve(listener: TcpListener) -> Result<()> {
    loop {
        tokio::spawn(send(accept(&listener).await?));
    }
}

async fn send(stream: TcpStream) -> Result<()> {
    let mut stream = BufReader::new(stream);
    let mut answer = Vec::new();
    let mut line = String::new();
    while stream.read_line(&mut line).await? > 0 {
        let length = line.trim().parse().unwrap_or(0).min(MAX);
        if answer.len() != length + END.len() {
            answer = b"LST x\r\n".repeat(length / 7 + 1);
            answer.truncate(length);
            answer.extend_from_slice(END);
        }
        stream.write_all(&answer).await?;
        line.clear();
    }
    Ok(())
}
