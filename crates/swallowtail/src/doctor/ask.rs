//! One request over HTTP, read by hand: it is the spelling of the answer's header names that is looked at.

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// Far more than any answer of ours.
const MOST_ANSWER: u64 = 256 * 1024;

/// An answer, names of headers as they came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) status: u16,
    head: String,
    pub(super) body: String,
}

/// How a header is spelled.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Header<'a> {
    /// As clients look for it, with its value.
    Exact(&'a str),
    /// So, with its value.
    Otherwise(&'a str, &'a str),
    Missing,
}

impl Answer {
    /// A header that clients look for by case, with exactly `": "` after it (docs/protocol/http.md section 0 item 1).
    pub(super) fn header(&self, name: &str) -> Header<'_> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(':'));
        match lines.find(|(there, _)| there.eq_ignore_ascii_case(name)) {
            Some((there, value)) if there == name && value.starts_with(' ') => Header::Exact(value.trim()),
            Some((there, value)) => Header::Otherwise(there, value.trim()),
            None => Header::Missing,
        }
    }

    /// The value of a header in any spelling.
    pub(super) fn value(&self, name: &str) -> Option<&str> {
        match self.header(name) {
            Header::Exact(value) | Header::Otherwise(_, value) => Some(value),
            Header::Missing => None,
        }
    }

    /// Who answered, as far as it says so.
    pub(super) fn who(&self) -> String {
        match self.value("Server") {
            Some(server) => format!("a server that calls itself {:?}", short(server)),
            None => "something that is no Swallowtail".to_owned(),
        }
    }

    /// Reads what came.
    fn parse(bytes: &[u8]) -> Option<Self> {
        let text = String::from_utf8_lossy(bytes);
        let (head, body) = text.split_once("\r\n\r\n")?;
        let status = head.strip_prefix("HTTP/1.")?.split(' ').nth(1)?.parse().ok()?;
        Some(Self { status, head: head.to_owned(), body: body.to_owned() })
    }

    fn length(&self) -> Option<usize> {
        self.value("Content-Length")?.parse().ok()
    }
}

/// The beginning of what somebody else wrote, safe to show.
pub(super) fn short(text: &str) -> String {
    text.chars().filter(|char| !char.is_control()).take(60).collect()
}

/// Sends a request and reads the answer to its end. `head` is the request line and further lines, without `Content-Length`.
///
/// # Errors
/// What came instead of an answer, in words.
pub(super) async fn ask<S>(stream: &mut S, head: &str, body: &str) -> Result<Answer, String>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let length = body.len();
    let request = format!("{head}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}");
    let lost = |error: std::io::Error| format!("the connection broke off: {error}");
    stream.write_all(request.as_bytes()).await.map_err(lost)?;
    stream.flush().await.map_err(lost)?;
    let mut bytes = Vec::new();
    let mut limited = stream.take(MOST_ANSWER);
    loop {
        let answer = Answer::parse(&bytes);
        let is_whole = |answer: &Answer| {
            let head = answer.head.len() + 4;
            answer.length().is_some_and(|length| bytes.len() >= head + length)
        };
        if answer.as_ref().is_some_and(is_whole) {
            return answer.ok_or_else(String::new);
        }
        // Some servers end a connection over TLS without saying goodbye.
        let read = limited.read_buf(&mut bytes).await;
        if !matches!(read, Ok(1..)) {
            return match (answer, bytes.is_empty(), read) {
                (Some(answer), ..) => Ok(answer),
                (None, true, Err(error)) => Err(lost(error)),
                (None, true, Ok(_)) => Err("it closed the connection without an answer".to_owned()),
                (None, false, _) => Err("what it answered is no HTTP".to_owned()),
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_told_from_one_that_is_spelled_otherwise() {
        let parse = |text: &str| Answer::parse(text.as_bytes()).unwrap();
        let good = parse("HTTP/1.1 200 OK\r\nPassportURLs: DALogin=x\r\n\r\n");
        assert_eq!(good.header("PassportURLs"), Header::Exact("DALogin=x"));
        let lower = parse("HTTP/1.1 200 OK\r\npassporturls: DALogin=x\r\n\r\n");
        assert_eq!(lower.header("PassportURLs"), Header::Otherwise("passporturls", "DALogin=x"));
        let tight = parse("HTTP/1.1 200 OK\r\nPassportURLs:DALogin=x\r\n\r\n");
        assert_eq!(tight.header("PassportURLs"), Header::Otherwise("PassportURLs", "DALogin=x"));
        assert_eq!(good.header("Date"), Header::Missing);
        assert_eq!(Answer::parse(b"SSH-2.0-OpenSSH_9.2\r\n"), None);
    }
}
