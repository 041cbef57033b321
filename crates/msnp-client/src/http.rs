//! Reads answers over HTTP/1 and keeps the spelling of their header names: clients of this protocol search an answer
//! for `Name: value` letter by letter (docs/protocol/http.md section 0 item 1), and HTTP libraries change the case of
//! names.
//!
//! The head is parsed by `httparse`; the body is what `Content-Length` announces, or whatever comes up to the end of
//! the stream. This module sends nothing, and decodes neither chunks nor compression.

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

/// Reads an answer with its body. Bytes after it stay in `stream`, so that further answers can be read from a
/// connection that is kept.
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
mod tests;
