//! Sends as many lines as make up the number of bytes that a client asks for.

use anyhow::Result;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

use super::accept::accept;

/// The longest answer, in bytes.
const MAX: usize = 16 * 1024 * 1024;
/// A line of an answer.
const LINE: &[u8] = b"LST N=x@example.com F=x C=00000000-0000-0000-0000-000000000000 3 1\r\n";
/// The line that ends an answer.
const END: &[u8] = b"END\r\n";

/// Reads a number from each line. Answers with lines of about that number of bytes, and then with
/// [`END`].
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
        let lines = line.trim().parse().unwrap_or(0).min(MAX) / LINE.len();
        if answer.len() != lines * LINE.len() + END.len() {
            answer = LINE.repeat(lines);
            answer.extend_from_slice(END);
        }
        stream.write_all(&answer).await?;
        line.clear();
    }
    Ok(())
}
