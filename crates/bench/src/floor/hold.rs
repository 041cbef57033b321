//! Accepts connections and keeps them.

use std::io;

use anyhow::Result;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};

use super::accept::accept;

/// The answer to everything that a client sends.
const ANSWER: &[u8] = b"CHG 1 NLN 0\r\n";
/// The number of bytes that are read at a time.
const CHUNK: usize = 1024;

/// Accepts connections until the process ends.
pub(super) async fn serve(listener: TcpListener) -> Result<()> {
    loop {
        tokio::spawn(hold(accept(&listener).await?));
    }
}

async fn hold(mut stream: TcpStream) {
    while stream.readable().await.is_ok() {
        match read(&stream) {
            Ok(0) => return,
            Ok(_) if stream.write_all(ANSWER).await.is_err() => return,
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(_) => return,
        }
    }
}

/// Reads bytes and discards them. The buffer is on the stack of this function. In an `async`
/// function, it would be a part of the task, and each idle connection would take a KiB more.
fn read(stream: &TcpStream) -> io::Result<usize> {
    stream.try_read(&mut [0; CHUNK])
}
