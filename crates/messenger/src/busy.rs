//! Tells a client that the server has no place for its connection, by answering the client's first
//! command with 600 (docs/protocol/errors.md).

use std::io;
use std::time::Duration;

use msnp::notification::ServerCommand;
use msnp::{Dialect, ErrorCode, TrId};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::time::timeout;

use crate::net::Stream;

/// The longest time that a refusal may take. Clients send their first command immediately. The
/// server has few places for connections that it is about to refuse.
const PATIENCE: Duration = Duration::from_secs(2);
/// The maximum length of a first command that the server answers, in bytes. The longest first
/// command in use is ANS, with a handle and a cookie.
const MAX_LINE: u64 = 512;

/// Waits for the first command, answers with 600, and closes the connection. Closes the connection without an answer if
/// the command has no transaction id.
pub(crate) async fn refuse(stream: impl Stream) {
    // An error means that the client is gone.
    let _ = timeout(PATIENCE, answer(stream)).await;
}

async fn answer(stream: impl Stream) -> io::Result<()> {
    let mut stream = BufReader::with_capacity(256, stream);
    let mut line = Vec::new();
    (&mut stream).take(MAX_LINE).read_until(b'\n', &mut line).await?;
    let Some(trid) = trid(&line) else { return Ok(()) };
    let mut answer = Vec::new();
    ServerCommand::Error(trid, ErrorCode::ServerBusy).encode(Dialect::Msnp8, &mut answer);
    stream.write_all(&answer).await?;
    stream.shutdown().await?;
    // Reads what the client has sent after its first command. If the server closed the connection
    // without reading these bytes, TCP would reset the connection, and the client could lose the
    // answer.
    tokio::io::copy(&mut stream.take(MAX_LINE), &mut tokio::io::sink()).await.map(drop)
}

/// Returns the second word of a line, if it is a transaction id.
fn trid(line: &[u8]) -> Option<TrId> {
    let line = line.strip_suffix(b"\n")?;
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    line.split(|&byte| byte == b' ').nth(1).and_then(TrId::parse)
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn answer_to(command: &'static [u8]) -> String {
        let (mut client, server) = tokio::io::duplex(1024);
        let task = tokio::spawn(refuse(server));
        client.write_all(command).await.unwrap();
        let mut answer = String::new();
        client.read_to_string(&mut answer).await.unwrap();
        drop(client);
        task.await.unwrap();
        answer
    }

    #[tokio::test(start_paused = true)]
    async fn a_busy_server_sends_600_if_the_first_command_has_a_transaction_id() {
        for (command, answer) in [
            (b"VER 7 MSNP12 CVR0\r\nCVR 8 0x0409\r\n".as_slice(), "600 7\r\n"),
            (b"USR 1 alice@example.com 1.2.3\r\n", "600 1\r\n"),
            (b"ANS 1 alice@example.com 1.2.3 4\n", "600 1\r\n"),
            (b"PNG\r\n", ""),
            (b"VER x\r\n", ""),
            (b"VER 1", ""),
            (&[b'1'; 600], ""),
            (b"", ""),
        ] {
            assert_eq!(answer_to(command).await, answer, "{}", String::from_utf8_lossy(command));
        }
    }
}
