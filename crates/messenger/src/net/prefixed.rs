//! A stream whose first bytes were already read.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf};

/// A stream that yields `bytes` first, and then the bytes of `stream`.
#[derive(Debug)]
pub struct Prefixed<S> {
    bytes: Vec<u8>,
    given: usize,
    stream: S,
}

impl<S> Prefixed<S> {
    /// Creates a stream that yields `bytes`, and then the rest of `stream`. `bytes` are the first
    /// bytes of `stream`, which were already read.
    #[must_use]
    pub const fn new(bytes: Vec<u8>, stream: S) -> Self {
        Self { bytes, given: 0, stream }
    }
}

/// Reads the first `count` bytes of a stream, or all bytes if the stream is shorter.
///
/// # Errors
/// Returns the error of the stream.
pub async fn first_bytes(stream: &mut (impl AsyncRead + Unpin), count: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(count);
    let mut limited = stream.take(count as u64);
    while limited.read_buf(&mut bytes).await? > 0 {}
    Ok(bytes)
}

impl<S: AsyncRead + Unpin> AsyncRead for Prefixed<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.given == self.bytes.len() {
            return Pin::new(&mut self.stream).poll_read(context, buffer);
        }
        let rest = &self.bytes[self.given..];
        let count = rest.len().min(buffer.remaining());
        buffer.put_slice(&rest[..count]);
        self.given += count;
        if self.given == self.bytes.len() {
            // Frees the buffer, because an idle connection must not have a buffer.
            self.bytes = Vec::new();
            self.given = 0;
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Prefixed<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_reader_gets_the_prefix_first_and_then_the_rest_of_the_stream() {
        for prefix in ["", "ab", "abcd"] {
            let mut all = String::new();
            let mut stream = Prefixed::new(prefix.as_bytes().to_vec(), &b"xyz"[..]);
            let mut one = [0];
            stream.read_exact(&mut one).await.unwrap();
            all.push(char::from(one[0]));
            stream.read_to_string(&mut all).await.unwrap();
            assert_eq!(all, format!("{prefix}xyz"));
        }
    }
}
