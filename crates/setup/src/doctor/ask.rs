//! Sends one HTTP request and reads the answer.

use msnp_client::http::{Head, ReadError, read_response};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::time::timeout;

use super::finding::PATIENCE;

const NO_HTTP: &str = "the answer is not HTTP";

/// An HTTP answer, with the header names as the server spelled them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) status: u16,
    head: Head,
    pub(super) body: String,
}

/// A header of an answer, and the spelling of its name.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Header<'a> {
    /// The spelling is as clients expect it. Contains the value.
    Exact(&'a str),
    /// The spelling is different. Contains the server's spelling and the value.
    Otherwise(&'a str, &'a str),
    Missing,
}

impl Answer {
    /// Returns the header `name`. Clients compare the name letter by letter and expect exactly `": "` after it
    /// (docs/protocol/http.md section 0 item 1).
    pub(super) fn header(&self, name: &str) -> Header<'_> {
        match (self.head.exact_header(name), self.head.spelling(name), self.head.header(name)) {
            (Some(value), ..) => Header::Exact(value.trim()),
            (None, Some(there), Some(value)) => Header::Otherwise(there, value),
            _ => Header::Missing,
        }
    }

    /// Returns the value of a header in any spelling.
    pub(super) fn value(&self, name: &str) -> Option<&str> {
        self.head.header(name)
    }

    /// Parses an answer.
    #[cfg(test)]
    pub(super) fn parse(text: &str) -> Self {
        let (head, body) = Head::split(text.as_bytes()).unwrap();
        Self { status: head.status(), head, body: String::from_utf8_lossy(body).into_owned() }
    }

    /// Describes the server that answered, by its `Server` header.
    pub(super) fn who(&self) -> String {
        match self.value("Server") {
            Some(server) => format!("a server that calls itself {:?}", short(server)),
            None => "something that is not Swallowtail".to_owned(),
        }
    }
}

/// Returns the first 60 characters of a text from another server, without control characters.
pub(super) fn short(text: &str) -> String {
    text.chars().filter(|char| !char.is_control()).take(60).collect()
}

/// Sends a request and reads the whole answer. `head` contains the request line and the header lines, without
/// `Content-Length`.
///
/// # Errors
/// Describes what happened instead of an answer.
pub(super) async fn ask<S>(stream: &mut S, head: &str, body: &str) -> Result<Answer, String>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let length = body.len();
    let request = format!("{head}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}");
    let exchange = async {
        stream.write_all(request.as_bytes()).await.map_err(lost)?;
        stream.flush().await.map_err(lost)?;
        // An incomplete body is also accepted, because some servers close TLS without the closing
        // alert.
        let answer = read_response(&mut BufReader::new(stream)).await.map_err(unread)?;
        let body = String::from_utf8_lossy(&answer.body).into_owned();
        Ok(Answer { status: answer.head.status(), head: answer.head, body })
    };
    let late = |_| Err(format!("no complete answer within {} seconds", PATIENCE.as_secs()));
    timeout(PATIENCE, exchange).await.unwrap_or_else(late)
}

fn lost(error: std::io::Error) -> String {
    format!("the connection was lost: {error}")
}

fn unread(error: ReadError) -> String {
    match error {
        ReadError::Closed => "the server closed the connection without an answer".to_owned(),
        ReadError::Io(error) => lost(error),
        ReadError::NotHttp | ReadError::HeadCut | ReadError::HeadTooLong | ReadError::TooManyHeaders => {
            NO_HTTP.to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_in_another_spelling_is_recognized() {
        let parse = |text: &str| Answer::parse(&format!("{text}\r\n\r\n"));
        let good = parse("HTTP/1.1 200 OK\r\nPassportURLs: DALogin=x");
        assert_eq!(good.header("PassportURLs"), Header::Exact("DALogin=x"));
        let lower = parse("HTTP/1.1 200 OK\r\npassporturls: DALogin=x");
        assert_eq!(lower.header("PassportURLs"), Header::Otherwise("passporturls", "DALogin=x"));
        let tight = parse("HTTP/1.1 200 OK\r\nPassportURLs:DALogin=x");
        assert_eq!(tight.header("PassportURLs"), Header::Otherwise("PassportURLs", "DALogin=x"));
        assert_eq!(good.header("Date"), Header::Missing);
    }

    /// Returns the answer to a request, if the server sends these pieces one after the other. Then the server closes
    /// the connection if `ends` is true, and otherwise stays silent.
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
    async fn an_answer_may_arrive_in_pieces_and_may_have_a_wrong_length() {
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
