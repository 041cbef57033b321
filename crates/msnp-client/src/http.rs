//! Reads answers over HTTP/1 and keeps the spelling of their header names: clients of this protocol search an answer for
//! `Name: value` letter by letter (docs/protocol/http.md section 0 item 1), and HTTP libraries change the case of names.
//!
//! The head is parsed by `httparse`; the body is what `Content-Length` announces, or whatever comes up to the end of the stream.
//! This module sends nothing, and decodes neither chunks nor compression.

use std::fmt;
use std::io;

use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncReadExt};

/// The longest head that is read, in bytes: some times what a busy web server sends.
pub const MAX_HEAD: usize = 64 * 1024;
/// The most headers that are read; web servers send some 30.
pub const MAX_HEADERS: usize = 128;
/// The longest body that is read, in bytes: far more than any answer of a server for this protocol.
pub const MAX_BODY: u64 = 256 * 1024;

/// How an answer begins.
const BEGINNING: &[u8] = b"HTTP/1.";
/// How a head ends.
const HEAD_END: &[u8] = b"\r\n\r\n";

/// The status and the headers of an answer. `Debug` leaves out the values of headers, which may be tickets.
#[derive(Clone, PartialEq, Eq)]
pub struct Head {
    status: u16,
    /// The lines as they came.
    text: String,
    /// Names as they are spelled, and values without the blanks around them.
    headers: Vec<(String, String)>,
}

impl Head {
    /// Splits the bytes of an answer into its head and what follows it.
    ///
    /// # Errors
    /// The bytes do not begin with a whole head.
    pub fn split(bytes: &[u8]) -> Result<(Self, &[u8]), ReadError> {
        let end = end_of_head(bytes, 0).ok_or(ReadError::HeadCut)?;
        let (head, rest) = bytes.split_at_checked(end).ok_or(ReadError::HeadCut)?;
        Ok((Self::parse(head)?, rest))
    }

    /// Parses a head with its last, empty line.
    fn parse(bytes: &[u8]) -> Result<Self, ReadError> {
        let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
        let mut response = httparse::Response::new(&mut headers);
        // Servers of all kinds may answer, and one odd line does not make the rest unreadable.
        let parsed = httparse::ParserConfig::default()
            .allow_spaces_after_header_name_in_responses(true)
            .allow_obsolete_multiline_headers_in_responses(true)
            .ignore_invalid_headers_in_responses(true)
            .parse_response(&mut response, bytes);
        match (parsed, response.code) {
            (Ok(httparse::Status::Complete(end)), Some(status)) if end == bytes.len() => Ok(Self {
                status,
                text: String::from_utf8_lossy(bytes).into_owned(),
                headers: response.headers.iter().map(owned).collect(),
            }),
            (Err(httparse::Error::TooManyHeaders), _) => Err(ReadError::TooManyHeaders),
            _ => Err(ReadError::NotHttp),
        }
    }

    /// The status, such as 200.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The first line, such as `HTTP/1.1 200 OK`.
    #[must_use]
    pub fn status_line(&self) -> &str {
        self.text.lines().next().unwrap_or_default()
    }

    /// The lines of the headers as they came.
    pub fn header_lines(&self) -> impl Iterator<Item = &str> {
        self.text.lines().skip(1).take_while(|line| !line.is_empty())
    }

    /// The rest of the first line that begins with exactly `name` and `": "`, which is how clients find a header.
    #[must_use]
    pub fn exact_header(&self, name: &str) -> Option<&str> {
        self.header_lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }

    /// The value of the first header with this name in any case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.find(name).map(|(_, value)| value)
    }

    /// How the answer spells the name of this header, if it has it in any case.
    #[must_use]
    pub fn spelling(&self, name: &str) -> Option<&str> {
        self.find(name).map(|(spelling, _)| spelling)
    }

    fn find(&self, name: &str) -> Option<(&str, &str)> {
        let found = self.headers.iter().find(|(there, _)| there.eq_ignore_ascii_case(name));
        found.map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The announced length of the body.
    fn content_length(&self) -> Option<u64> {
        self.header("Content-Length")?.parse().ok()
    }
}

impl fmt::Debug for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.headers.iter().map(|(name, _)| name).collect();
        f.debug_struct("Head").field("status", &self.status).field("headers", &names).finish_non_exhaustive()
    }
}

fn owned(header: &httparse::Header<'_>) -> (String, String) {
    (header.name.to_owned(), String::from_utf8_lossy(header.value).trim().to_owned())
}

/// An answer. `Debug` leaves out the values of headers and the body.
#[derive(Clone, PartialEq, Eq)]
pub struct Response {
    /// The status and the headers.
    pub head: Head,
    /// The body, or as much of it as came within [`MAX_BODY`].
    pub body: Vec<u8>,
    /// Whether the body is as long as announced; without an announcement, whether the stream came to its end.
    pub is_complete: bool,
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { head, body, is_complete } = self;
        f.debug_struct("Response")
            .field("head", head)
            .field("body_length", &body.len())
            .field("is_complete", is_complete)
            .finish()
    }
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The stream ended before its first byte.
    #[error("the connection was closed without an answer")]
    Closed,
    /// The stream failed before its first byte.
    #[error("the connection failed before the answer")]
    Io(#[source] io::Error),
    /// The bytes are not a head of HTTP/1.
    #[error("the answer is not HTTP")]
    NotHttp,
    /// The stream ended or failed within the head.
    #[error("the answer ended within its head")]
    HeadCut,
    /// The head is longer than [`MAX_HEAD`].
    #[error("the head of the answer is longer than {MAX_HEAD} bytes")]
    HeadTooLong,
    /// The head has more than [`MAX_HEADERS`] headers.
    #[error("the answer has more than {MAX_HEADERS} headers")]
    TooManyHeaders,
}

/// Reads a head and no byte of what follows it, other than into the buffer of `stream`.
///
/// # Errors
/// There is no answer, or none that can be read.
pub async fn read_head<S: AsyncBufRead + Unpin + ?Sized>(stream: &mut S) -> Result<Head, ReadError> {
    let mut head = Vec::new();
    loop {
        let available = match stream.fill_buf().await {
            Ok([]) if head.is_empty() => return Err(ReadError::Closed),
            Err(error) if head.is_empty() => return Err(ReadError::Io(error)),
            // A reset ends an answer as well as a FIN.
            Ok([]) | Err(_) => return Err(ReadError::HeadCut),
            Ok(available) => available,
        };
        let (taken, is_whole) = take_head(&mut head, available);
        stream.consume(taken);
        if !head.iter().zip(BEGINNING).all(|(there, wanted)| there == wanted) {
            return Err(ReadError::NotHttp);
        }
        if head.len() > MAX_HEAD {
            return Err(ReadError::HeadTooLong);
        }
        if is_whole {
            return Head::parse(&head);
        }
    }
}

/// Reads an answer with its body. Bytes after it stay in `stream`, so that further answers can be read from a connection that is
/// kept.
///
/// # Errors
/// There is no answer, or none that can be read. A body that is cut short or too long is not an error; see
/// [`Response::is_complete`].
pub async fn read_response<S: AsyncBufRead + Unpin + ?Sized>(stream: &mut S) -> Result<Response, ReadError> {
    let head = read_head(stream).await?;
    let announced = head.content_length();
    let mut body = Vec::new();
    // The announced length is not believed: no room is made for it beforehand.
    let read = stream.take(announced.unwrap_or(MAX_BODY).min(MAX_BODY)).read_to_end(&mut body).await;
    let length = body.len() as u64;
    let is_complete = match announced {
        Some(announced) => length == announced,
        None => read.is_ok() && length < MAX_BODY,
    };
    Ok(Response { head, body, is_complete })
}

/// Appends to `head` what belongs to it; returns how many bytes that were, and whether the head is whole.
fn take_head(head: &mut Vec<u8>, available: &[u8]) -> (usize, bool) {
    let seen = head.len();
    head.extend_from_slice(available);
    match end_of_head(head, seen) {
        Some(end) => {
            head.truncate(end);
            (end - seen, true)
        }
        None => (available.len(), false),
    }
}

/// Where the head ends, if it does. Of the bytes that were seen before, only the last can belong to its end.
fn end_of_head(bytes: &[u8], seen: usize) -> Option<usize> {
    let from = (seen + 1).saturating_sub(HEAD_END.len());
    let end = bytes.get(from..)?.windows(HEAD_END.len()).position(|window| window == HEAD_END)?;
    Some(from + end + HEAD_END.len())
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncWriteExt, BufReader};

    use super::*;

    /// What is read from these bytes through a buffer of `size` bytes, and what stays behind them.
    async fn read(bytes: &[u8], size: usize) -> (Result<Response, ReadError>, Vec<u8>) {
        let mut stream = BufReader::with_capacity(size, bytes);
        let response = read_response(&mut stream).await;
        let mut rest = Vec::new();
        stream.read_to_end(&mut rest).await.unwrap();
        (response, rest)
    }

    #[tokio::test]
    async fn an_answer_is_read_in_any_pieces_and_the_next_one_stays() {
        let bytes = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcHTTP/1.1 404 Not Found\r\n\r\n";
        for size in 1..bytes.len() {
            let (response, rest) = read(bytes, size).await;
            let response = response.unwrap();
            assert_eq!((response.head.status(), &response.body[..], response.is_complete), (200, &b"abc"[..], true));
            assert_eq!(rest, b"HTTP/1.1 404 Not Found\r\n\r\n", "{size}");
        }
    }

    #[tokio::test]
    async fn a_body_ends_with_its_length_or_with_the_stream_or_at_the_limit() {
        let at_the_limit = "x".repeat(MAX_BODY as usize);
        let table = [
            ("Content-Length: 3", "abc", "abc", true),
            ("content-length:3", "abcdef", "abc", true),
            ("Content-Length: 5", "abc", "abc", false),
            ("Content-Length: 18446744073709551615", "abc", "abc", false),
            ("Content-Length: 262145", &format!("{at_the_limit}y"), &at_the_limit, false),
            ("Content-Length: no number", "abc", "abc", true),
            ("Server: x", "abc", "abc", true),
            ("Server: x", "", "", true),
            ("Server: x", &format!("{at_the_limit}y"), &at_the_limit, false),
        ];
        for (header, sent, body, is_complete) in table {
            let (response, _) = read(format!("HTTP/1.1 200 OK\r\n{header}\r\n\r\n{sent}").as_bytes(), 512).await;
            let response = response.unwrap();
            assert!(response.body == body.as_bytes(), "{header}: {} bytes", response.body.len());
            assert_eq!(response.is_complete, is_complete, "{header}");
        }
    }

    #[tokio::test]
    async fn what_is_no_answer_is_named() {
        let too_long = format!("HTTP/1.1 200 OK\r\nServer: {}\r\n\r\n", "x".repeat(MAX_HEAD));
        let too_many = format!("HTTP/1.1 200 OK\r\n{}\r\n", "Server: x\r\n".repeat(MAX_HEADERS + 1));
        let table = [
            ("", "without an answer"),
            ("SSH-2.0-OpenSSH_9.2\r\n", "not HTTP"),
            ("HTTP/2 200\r\n\r\n", "not HTTP"),
            ("HTTP/1.1 x\r\n\r\n", "not HTTP"),
            ("HTTP/1.1\r\n\r\n", "not HTTP"),
            ("HTTP/1.1 200 OK\r\n", "within its head"),
            ("HTT", "within its head"),
            (&too_long, "longer than 65536 bytes"),
            (&too_many, "more than 128 headers"),
        ];
        for (bytes, expected) in table {
            let error = read(bytes.as_bytes(), 512).await.0.unwrap_err().to_string();
            assert!(error.contains(expected), "{bytes:.40}: {error}");
        }
    }

    #[tokio::test]
    async fn other_bytes_are_refused_before_the_stream_ends() {
        let (mut server, client) = tokio::io::duplex(64);
        server.write_all(b"\x15\x03").await.unwrap();
        let error = read_head(&mut BufReader::new(client)).await.unwrap_err();
        assert!(matches!(error, ReadError::NotHttp), "{error:?}");
    }

    #[test]
    fn a_header_is_found_as_it_is_spelled_and_in_any_case() {
        let table = [
            ("PassportURLs: DALogin=x", Some("DALogin=x"), Some("PassportURLs")),
            ("passporturls: DALogin=x", None, Some("passporturls")),
            ("PassportURLs:DALogin=x", None, Some("PassportURLs")),
            ("Date: x", None, None),
        ];
        for (line, exact, spelling) in table {
            let bytes = format!("HTTP/1.1 200 OK\r\n{line}\r\n\r\nPassportURLs: body");
            let (head, rest) = Head::split(bytes.as_bytes()).unwrap();
            assert_eq!(head.exact_header("PassportURLs"), exact, "{line}");
            assert_eq!(head.spelling("PassportURLs"), spelling, "{line}");
            assert_eq!(head.header("PassportURLs"), spelling.map(|_| "DALogin=x"), "{line}");
            assert_eq!((head.status_line(), rest), ("HTTP/1.1 200 OK", &b"PassportURLs: body"[..]));
        }
    }

    #[test]
    fn odd_lines_of_other_servers_are_passed_over() {
        let bytes =
            b"HTTP/1.0 200\r\nno header\r\nServer : x\r\nX-Long: a\r\n b\r\nX-Bytes: \xFF\r\nDate: then\r\n\r\n";
        let (head, _) = Head::split(bytes).unwrap();
        assert_eq!((head.status(), head.header("Date"), head.header("server")), (200, Some("then"), Some("x")));
        assert_eq!(head.header_lines().count(), 6);
    }

    #[test]
    fn no_debug_output_shows_a_ticket() {
        let (head, body) = Head::split(b"HTTP/1.1 200 OK\r\nAuthentication-Info: secret\r\n\r\nsecret").unwrap();
        let response = Response { head, body: body.to_vec(), is_complete: true };
        assert!(!format!("{response:?}").contains("secret"), "{response:?}");
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_panic(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..200)) {
            let whole = [b"HTTP/1.1 200 OK\r\n", &bytes[..], b"\r\n\r\n"].concat();
            for bytes in [&bytes, &whole] {
                if let Ok((head, _)) = Head::split(bytes) {
                    let _ = (head.header("Content-Length"), head.exact_header("Date"), head.header_lines().count());
                }
            }
        }
    }
}
