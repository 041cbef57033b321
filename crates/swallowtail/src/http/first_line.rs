//! The first line of a connection: whether it asks for a tunnel, and completed so that hyper reads it and answers as clients expect.
//!
//! libpurple and msn-pecan send `GET /rdr/pprdr.asp` without a version (docs/protocol/http.md section 0 item 5), which hyper
//! refuses; to a request of HTTP/1.0 it answers with `HTTP/1.0`, where msn-pecan searches for `HTTP/1.1 200 OK` (item 2).
//! Only the first request of a connection is looked at: those clients send no further ones.

use std::io;

use memchr::memmem;
use msnp::passport::complete_request_line;
use tokio::io::{AsyncRead, AsyncReadExt};

/// How a connection begins.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Begin {
    /// With a request, of which these bytes were read.
    Request(Vec<u8>),
    /// With the head of a `CONNECT`.
    Tunnel {
        /// What it wants, `host:port` if it is well-formed.
        target: String,
        /// What was read after the head.
        rest: Vec<u8>,
    },
}

/// Reads up to the end of the first line, or of the head of a `CONNECT`, or to `most` bytes if there is none before.
///
/// # Errors
/// What reading failed with, and a `CONNECT` whose head does not end. At the end of the stream what came so far is a request.
pub(super) async fn read(stream: &mut (impl AsyncRead + Unpin), most: usize) -> io::Result<Begin> {
    let mut bytes = Vec::with_capacity(1024);
    loop {
        let before = bytes.len();
        if !read_some(stream, &mut bytes, most).await? {
            return Ok(Begin::Request(bytes));
        }
        if before == 0 {
            // Some clients leave an empty line behind a body.
            let empty = bytes.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
            bytes.drain(..empty);
        }
        if let Some(end) = bytes.iter().position(|&byte| byte == b'\n') {
            if let Some(target) = bytes[..end].strip_prefix(b"CONNECT ") {
                let target = target.split(|&byte| byte == b' ').next().unwrap_or_default();
                let target = String::from_utf8_lossy(target).trim_ascii().to_owned();
                let rest = rest_of_head(stream, bytes, most).await?;
                return Ok(Begin::Tunnel { target, rest });
            }
            complete_request_line(&mut bytes, end);
            return Ok(Begin::Request(bytes));
        }
    }
}

/// Reads to the end of the head; what came after it.
async fn rest_of_head(stream: &mut (impl AsyncRead + Unpin), mut bytes: Vec<u8>, most: usize) -> io::Result<Vec<u8>> {
    loop {
        let end = |mark: &[u8]| memmem::find(&bytes, mark).map(|at| at + mark.len());
        if let Some(end) = end(b"\r\n\r\n").or_else(|| end(b"\n\n")) {
            return Ok(bytes.split_off(end));
        }
        if !read_some(stream, &mut bytes, most).await? {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
}

/// Reads what there is; `false` when the stream has ended or `bytes` are as many as may be.
async fn read_some(stream: &mut (impl AsyncRead + Unpin), bytes: &mut Vec<u8>, most: usize) -> io::Result<bool> {
    let room = most.saturating_sub(bytes.len()) as u64;
    Ok(stream.take(room).read_buf(bytes).await? > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn read_all(stream: &mut (impl AsyncRead + Unpin)) -> Vec<u8> {
        match read(stream, 1000).await.unwrap() {
            Begin::Request(bytes) => bytes,
            tunnel @ Begin::Tunnel { .. } => panic!("{tunnel:?}"),
        }
    }

    #[tokio::test]
    async fn only_lines_that_need_it_change() {
        let table = [
            ("GET /a\r\n\r\n", "GET /a HTTP/1.1\r\n\r\n"),
            ("GET /a\n\n", "GET /a HTTP/1.1\n\n"),
            ("GET /a \r\n\r\n", "GET /a HTTP/1.1\r\n\r\n"),
            ("\r\nGET /a\r\n\r\n", "GET /a HTTP/1.1\r\n\r\n"),
            ("POST /a HTTP/1.0\r\nHost: b\r\n\r\nbody", "POST /a HTTP/1.1\r\nHost: b\r\n\r\nbody"),
            ("GET /a HTTP/1.1\r\n\r\n", "GET /a HTTP/1.1\r\n\r\n"),
            ("GET\r\n\r\n", "GET\r\n\r\n"),
            ("GET /a", "GET /a"),
            ("", ""),
        ];
        for (sent, expected) in table {
            let all = read_all(&mut sent.as_bytes()).await;
            assert_eq!(String::from_utf8(all).unwrap(), expected, "{sent:?}");
            // Byte by byte.
            let (mut near, mut far) = tokio::io::duplex(1);
            let task =
                tokio::spawn(async move { tokio::io::AsyncWriteExt::write_all(&mut near, sent.as_bytes()).await });
            let mut all = read_all(&mut far).await;
            let _ = far.read_to_end(&mut all).await.unwrap();
            task.await.unwrap().unwrap();
            assert_eq!(String::from_utf8(all).unwrap(), expected, "{sent:?}");
        }
    }

    #[tokio::test]
    async fn a_line_without_an_end_is_not_kept_beyond_the_limit() {
        let long = "x".repeat(100);
        assert_eq!(read(&mut long.as_bytes(), 10).await.unwrap(), Begin::Request(b"xxxxxxxxxx".to_vec()));
        let long = format!("CONNECT a:1 HTTP/1.1\r\n{long}");
        assert_eq!(read(&mut long.as_bytes(), 40).await.unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
    }

    #[tokio::test]
    async fn a_tunnel_begins_after_its_head() {
        for (sent, target, rest) in [
            ("CONNECT a.b:443 HTTP/1.0\r\nUser-Agent: x\r\n\r\n\x16\x03", "a.b:443", "\x16\x03"),
            ("CONNECT a.b:443\n\nVER", "a.b:443", "VER"),
            ("CONNECT  HTTP/1.1\r\n\r\n", "", ""),
        ] {
            let tunnel = Begin::Tunnel { target: target.to_owned(), rest: rest.as_bytes().to_vec() };
            assert_eq!(read(&mut sent.as_bytes(), 1000).await.unwrap(), tunnel);
        }
    }
}
