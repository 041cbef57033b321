//! Completes the first line of a connection, so that hyper can read the line and answers as clients expect.
//!
//! libpurple and msn-pecan send `GET /rdr/pprdr.asp` without a version (docs/protocol/http.md section 0 item 5), which
//! hyper refuses. hyper answers HTTP/1.0 requests with `HTTP/1.0`, but msn-pecan searches for `HTTP/1.1 200 OK` (item
//! 2). A request of either kind is the last one on its connection, so only the first line of a
//! connection needs to be completed.

use std::io;

use msnp::passport::complete_request_line;
use tokio::io::{AsyncRead, AsyncReadExt};

/// The first bytes of a connection.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Begin {
    /// The bytes, with the first line completed.
    pub(super) bytes: Vec<u8>,
    /// True if the client uses HTTP/1.0 or older. Such a client reads the answer until the connection closes.
    pub(super) old: bool,
}

/// Reads up to the end of the first line, but at most `most` bytes, and completes the line. If the stream ends first,
/// returns the bytes so far.
///
/// # Errors
/// Returns the error of the stream.
pub(super) async fn read(stream: &mut (impl AsyncRead + Unpin), most: usize) -> io::Result<Begin> {
    let mut bytes = Vec::with_capacity(1024);
    loop {
        let before = bytes.len();
        let room = most.saturating_sub(before) as u64;
        if (&mut *stream).take(room).read_buf(&mut bytes).await? == 0 {
            return Ok(Begin { bytes, old: false });
        }
        if before == 0 {
            // Some clients send an empty line after a body.
            let empty = bytes.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
            bytes.drain(..empty);
        }
        if let Some(end) = bytes.iter().position(|&byte| byte == b'\n') {
            let old = complete_request_line(&mut bytes, end);
            return Ok(Begin { bytes, old });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_a_request_line_without_a_current_http_version_is_changed() {
        let table = [
            ("GET /a\r\n\r\n", "GET /a HTTP/1.1\r\n\r\n"),
            ("GET /a\n\n", "GET /a HTTP/1.1\n\n"),
            ("GET /a \r\n\r\n", "GET /a HTTP/1.1\r\n\r\n"),
            ("POST /a HTTP/1.0\r\nHost: b\r\n\r\nbody", "POST /a HTTP/1.1\r\nHost: b\r\n\r\nbody"),
            ("GET /a HTTP/1.1\r\n\r\n", "GET /a HTTP/1.1\r\n\r\n"),
            ("GET\r\n\r\n", "GET\r\n\r\n"),
            ("GET /a", "GET /a"),
            ("", ""),
        ];
        for (sent, expected) in table {
            let begin = read(&mut sent.as_bytes(), 1000).await.unwrap();
            assert_eq!(String::from_utf8(begin.bytes).unwrap(), expected, "{sent:?}");
            assert_eq!(begin.old, sent != expected, "{sent:?}");
            // The same bytes, one by one.
            let (mut near, mut far) = tokio::io::duplex(1);
            let task =
                tokio::spawn(async move { tokio::io::AsyncWriteExt::write_all(&mut near, sent.as_bytes()).await });
            let mut all = read(&mut far, 1000).await.unwrap().bytes;
            let _ = far.read_to_end(&mut all).await.unwrap();
            task.await.unwrap().unwrap();
            assert_eq!(String::from_utf8(all).unwrap(), expected, "{sent:?}");
        }
        let begin = read(&mut &b"\r\nGET /a HTTP/1.1\r\n\r\n"[..], 1000).await.unwrap();
        assert_eq!(begin, Begin { bytes: b"GET /a HTTP/1.1\r\n\r\n".to_vec(), old: false });
    }

    #[tokio::test]
    async fn a_line_without_an_end_is_read_only_up_to_the_limit() {
        let long = "x".repeat(100);
        assert_eq!(read(&mut long.as_bytes(), 10).await.unwrap().bytes.len(), 10);
    }
}
