//! One request over HTTP, read by hand: it is the spelling of the answer's header names that is looked at.

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::timeout;

use super::finding::PATIENCE;

/// Far more than any answer of ours.
const MOST_ANSWER: u64 = 256 * 1024;
const HEAD_END: &[u8] = b"\r\n\r\n";
/// With what an answer begins.
const BEGINNING: &[u8] = b"HTTP/1.";
const NO_HTTP: &str = "what it answered is no HTTP";

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

    /// One without its body, from what stands before it.
    fn of_head(head: &[u8]) -> Option<Self> {
        let head = String::from_utf8_lossy(head).into_owned();
        let status = head.strip_prefix("HTTP/1.")?.split(' ').nth(1)?.parse().ok()?;
        Some(Self { status, head, body: String::new() })
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
    let exchange = async {
        stream.write_all(request.as_bytes()).await.map_err(lost)?;
        stream.flush().await.map_err(lost)?;
        read(stream).await
    };
    let late = |_| Err(format!("no whole answer came within {} seconds", PATIENCE.as_secs()));
    timeout(PATIENCE, exchange).await.unwrap_or_else(late)
}

fn lost(error: std::io::Error) -> String {
    format!("the connection broke off: {error}")
}

/// Reads an answer to its end. The head is looked at once, and what it says of the length only compared.
async fn read<S: AsyncRead + Unpin>(stream: &mut S) -> Result<Answer, String> {
    let (mut bytes, mut begun) = (Vec::new(), None);
    let mut limited = stream.take(MOST_ANSWER);
    loop {
        let seen = bytes.len();
        // Some servers end a connection over TLS without saying goodbye.
        let read = limited.read_buf(&mut bytes).await;
        if begun.is_none()
            && let Some(end) = end_of_head(&bytes, seen)
        {
            let answer = Answer::of_head(bytes.get(..end).unwrap_or_default()).ok_or(NO_HTTP)?;
            let start = end + HEAD_END.len();
            let whole = start.saturating_add(answer.length().unwrap_or(usize::MAX));
            begun = Some((answer, start, whole));
        }
        if begun.is_none() && !bytes.iter().zip(BEGINNING).all(|(there, wanted)| there == wanted) {
            return Err(NO_HTTP.to_owned());
        }
        let is_whole = begun.as_ref().is_some_and(|(_, _, whole)| bytes.len() >= *whole);
        if !is_whole && matches!(read, Ok(1..)) {
            continue;
        }
        return match (begun, bytes.is_empty(), read) {
            (Some((answer, start, _)), ..) => {
                let body = String::from_utf8_lossy(bytes.get(start..).unwrap_or_default()).into_owned();
                Ok(Answer { body, ..answer })
            }
            (None, true, Err(error)) => Err(lost(error)),
            (None, true, Ok(_)) => Err("it closed the connection without an answer".to_owned()),
            (None, false, _) => Err(NO_HTTP.to_owned()),
        };
    }
}

/// Where the head ends, if it does. Of the bytes that were seen before only the last can belong to its end.
fn end_of_head(bytes: &[u8], seen: usize) -> Option<usize> {
    let from = (seen + 1).saturating_sub(HEAD_END.len());
    let end = bytes.get(from..)?.windows(HEAD_END.len()).position(|window| window == HEAD_END)?;
    Some(from + end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_told_from_one_that_is_spelled_otherwise() {
        let parse = |text: &str| Answer::of_head(text.as_bytes()).unwrap();
        let good = parse("HTTP/1.1 200 OK\r\nPassportURLs: DALogin=x");
        assert_eq!(good.header("PassportURLs"), Header::Exact("DALogin=x"));
        let lower = parse("HTTP/1.1 200 OK\r\npassporturls: DALogin=x");
        assert_eq!(lower.header("PassportURLs"), Header::Otherwise("passporturls", "DALogin=x"));
        let tight = parse("HTTP/1.1 200 OK\r\nPassportURLs:DALogin=x");
        assert_eq!(tight.header("PassportURLs"), Header::Otherwise("PassportURLs", "DALogin=x"));
        assert_eq!(good.header("Date"), Header::Missing);
    }

    /// What is made of pieces that come one after the other, and then the end or silence.
    async fn answer_of(pieces: &[&str], ends: bool) -> Result<Answer, String> {
        let (mut ours, mut theirs) = tokio::io::duplex(1024);
        let send = async {
            for piece in pieces {
                theirs.write_all(piece.as_bytes()).await.unwrap();
                tokio::task::yield_now().await;
            }
            if ends {
                drop(theirs);
            } else {
                std::future::pending::<()>().await;
            }
        };
        tokio::select! {
            biased;
            answer = ask(&mut ours, "GET / HTTP/1.1", "") => answer,
            () = async { send.await; std::future::pending().await } => Err("never".to_owned()),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_is_read_in_any_pieces_and_its_length_is_not_believed() {
        let whole = ["HTTP/1.1 200 OK\r\nContent-Le", "ngth: 3\r\n\r", "\nab", "c"];
        assert_eq!(answer_of(&whole, false).await.map(|answer| answer.body).as_deref(), Ok("abc"));
        let huge = ["HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551615\r\n\r\n", "abc"];
        assert_eq!(answer_of(&huge, true).await.map(|answer| answer.body).as_deref(), Ok("abc"));
        let late = answer_of(&huge, false).await.unwrap_err();
        assert!(late.contains("4 seconds"), "{late}");
        for other in ["SSH-2.0-OpenSSH_9.2\r\n", "HTTP/1.1 x\r\n\r\n"] {
            assert_eq!(answer_of(&[other], false).await.unwrap_err(), NO_HTTP, "{other}");
        }
        assert_eq!(answer_of(&["HTTP/1.1 200 OK\r\n"], true).await.unwrap_err(), NO_HTTP);
        assert!(answer_of(&[], true).await.unwrap_err().contains("without an answer"));
    }
}
