//! Reads answers over HTTP/1, and keeps the spelling of header names.
//!
//! The spelling matters, because clients of this protocol search an answer for `Name: value`, and
//! the case must match (docs/protocol/http.md section 0 item 1). HTTP libraries change the case of
//! names.
//!
//! `httparse` parses the head. `Content-Length` gives the length of the body. If there is no
//! `Content-Length`, the body extends to the end of the stream. This module sends nothing, and
//! decodes neither chunks nor compression.

use std::fmt;
use std::io;

use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncReadExt};

/// The maximum length of a head, in bytes. The heads of busy web servers are several times shorter.
pub const MAX_HEAD: usize = 64 * 1024;
/// Maximum number of headers. Web servers send about 30.
pub const MAX_HEADERS: usize = 128;
/// The maximum length of the body that is read, in bytes. All answers in this protocol are far
/// shorter.
pub const MAX_BODY: u64 = 256 * 1024;

/// The first bytes of an answer.
const BEGINNING: &[u8] = b"HTTP/1.";
/// The last bytes of a head.
const HEAD_END: &[u8] = b"\r\n\r\n";

/// The status and the headers of an answer. `Debug` omits the values of headers, which may be tickets.
#[derive(Clone, PartialEq, Eq)]
pub struct Head {
    status: u16,
    /// The lines, exactly as they were received.
    text: String,
    /// The names as they were spelled, and the values without surrounding blanks.
    headers: Vec<(String, String)>,
}

impl Head {
    /// Splits the bytes of an answer into its head and the bytes after it.
    ///
    /// # Errors
    /// Returns an error if the bytes do not begin with a complete head.
    pub fn split(bytes: &[u8]) -> Result<(Self, &[u8]), ReadError> {
        let end = end_of_head(bytes, 0).ok_or(ReadError::HeadCut)?;
        let (head, rest) = bytes.split_at_checked(end).ok_or(ReadError::HeadCut)?;
        Ok((Self::parse(head)?, rest))
    }

    /// Parses a head with its last, empty line.
    fn parse(bytes: &[u8]) -> Result<Self, ReadError> {
        let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
        let mut response = httparse::Response::new(&mut headers);
        // The answer may come from any web server. If one header line is unusual, the parser still
        // reads the other header lines.
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

    /// Returns the status, such as 200.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.status
    }

    /// Returns the first line, such as `HTTP/1.1 200 OK`.
    #[must_use]
    pub fn status_line(&self) -> &str {
        self.text.lines().next().unwrap_or_default()
    }

    /// Returns the lines of the headers as they were received.
    pub fn header_lines(&self) -> impl Iterator<Item = &str> {
        self.text.lines().skip(1).take_while(|line| !line.is_empty())
    }

    /// Finds the first line that begins with exactly `name` and `": "`, and returns the text after
    /// these. Clients find a header in the same way.
    #[must_use]
    pub fn exact_header(&self, name: &str) -> Option<&str> {
        self.header_lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }

    /// Returns the value of the first header with this name. Ignores the case of the name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.find(name).map(|(_, value)| value)
    }

    /// Returns the name of this header as the answer spells it. Ignores the case of `name`.
    #[must_use]
    pub fn spelling(&self, name: &str) -> Option<&str> {
        self.find(name).map(|(spelling, _)| spelling)
    }

    fn find(&self, name: &str) -> Option<(&str, &str)> {
        let found = self.headers.iter().find(|(there, _)| there.eq_ignore_ascii_case(name));
        found.map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Returns the announced length of the body.
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

/// An answer. `Debug` omits the values of headers and the body.
#[derive(Clone, PartialEq, Eq)]
pub struct Response {
    /// The status and the headers.
    pub head: Head,
    /// The body, cut at [`MAX_BODY`].
    pub body: Vec<u8>,
    /// True if the body is as long as announced. If no length was announced, true if the stream has
    /// ended.
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

/// The reason why an answer could not be read.
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
    #[error("the answer ended before the end of its head")]
    HeadCut,
    /// The head is longer than [`MAX_HEAD`].
    #[error("the head of the answer is longer than {MAX_HEAD} bytes")]
    HeadTooLong,
    /// The head has more than [`MAX_HEADERS`] headers.
    #[error("the answer has more than {MAX_HEADERS} headers")]
    TooManyHeaders,
}

/// Reads a head. The bytes after the head stay in the buffer of `stream`.
///
/// # Errors
/// Returns an error if there is no answer, or if the answer cannot be read.
pub async fn read_head<S: AsyncBufRead + Unpin + ?Sized>(stream: &mut S) -> Result<Head, ReadError> {
    let mut head = Vec::new();
    loop {
        let available = match stream.fill_buf().await {
            Ok([]) if head.is_empty() => return Err(ReadError::Closed),
            Err(error) if head.is_empty() => return Err(ReadError::Io(error)),
            // A reset ends an answer in the same way as a FIN.
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

/// Reads an answer with its body. Bytes after it stay in `stream`, so further answers can be read from a connection
/// that stays open.
///
/// # Errors
/// Returns an error if there is no answer, or if the answer cannot be read. A body that is cut or
/// too long is not an error. See [`Response::is_complete`].
pub async fn read_response<S: AsyncBufRead + Unpin + ?Sized>(stream: &mut S) -> Result<Response, ReadError> {
    let head = read_head(stream).await?;
    let announced = head.content_length();
    let mut body = Vec::new();
    // The announced length may be false, so no memory is reserved for it.
    let read = stream.take(announced.unwrap_or(MAX_BODY).min(MAX_BODY)).read_to_end(&mut body).await;
    let length = body.len() as u64;
    let is_complete = match announced {
        Some(announced) => length == announced,
        None => read.is_ok() && length < MAX_BODY,
    };
    Ok(Response { head, body, is_complete })
}

/// Appends the bytes that belong to `head`. Returns their number, and whether the head is complete.
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

/// Searches for [`HEAD_END`], and returns the position after it. The caller knows that the first
/// `seen` bytes do not contain the whole of [`HEAD_END`]. [`HEAD_END`] may start in the last three
/// of these bytes, so the search begins there.
fn end_of_head(bytes: &[u8], seen: usize) -> Option<usize> {
    let from = (seen + 1).saturating_sub(HEAD_END.len());
    let end = bytes.get(from..)?.windows(HEAD_END.len()).position(|window| window == HEAD_END)?;
    Some(from + end + HEAD_END.len())
}

#[cfg(test)]
mod tests;
