//! MSNP over HTTP: a stream whose bytes travel in the bodies of POST requests (docs/protocol/http.md section 5).

use std::io;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::time::{Instant, timeout_at};

use super::{BoxedStream, Roots};
use crate::exchange::HttpConnection;
use crate::http::Response;
use crate::shown::shown;
use crate::url::Url;

/// The longest pause between two polls. Official clients poll every 2 s.
const LONGEST_PAUSE: Duration = Duration::from_secs(2);
/// The pause before the next poll, after a request or an answer that contained bytes. The pause is
/// short, because the other side may be about to answer. It doubles with each poll whose answer is
/// empty.
const SHORTEST_PAUSE: Duration = Duration::from_millis(125);
/// The maximum number of bytes that may wait in each direction.
const BUFFER: usize = 64 * 1024;
/// The maximum number of bytes in one request. This project's server accepts 16 KiB.
const MAX_REQUEST: usize = 8 * 1024;
/// The maximum number of times that the client sends a request, if the connection is lost each
/// time. The server carries out the request only once.
const ATTEMPTS: usize = 3;
/// If an answer has at least this many bytes, the next poll follows immediately. This project's
/// server sends up to 64 KiB in one answer.
const MANY: usize = 32 * 1024;
/// The longest SessionID, in bytes. It is a part of each request.
const MAX_SESSION: usize = 256;
/// The content type of requests.
const CONTENT_TYPE: &str = "Content-Type: application/x-msn-messenger";

/// The HTTP side of a stream through the gateway.
pub(crate) struct Gateway {
    base: Url,
    roots: Roots,
    http: Option<HttpConnection>,
    /// The `SessionID` in the last answer. `None` before the first answer.
    session: Option<String>,
    /// The query of the request that opens the session.
    open: String,
    pipe: DuplexStream,
}

impl Gateway {
    /// Opens a stream to the server at `address`, over the gateway at `base`.
    pub(crate) async fn open(base: Url, address: &str, is_notification: bool, roots: Roots) -> io::Result<BoxedStream> {
        let http = HttpConnection::open(&base, &roots).await?;
        let host = address.rsplit_once(':').map_or(address, |(host, _)| host);
        // The address comes from a server. Other characters than those of a host could add
        // parameters to the request.
        let is_host = |byte: u8| byte.is_ascii_alphanumeric() || b"-.:[]_".contains(&byte);
        if !host.bytes().all(is_host) {
            return Err(io::Error::other("the server named an address that is not valid"));
        }
        let server = if is_notification { "NS" } else { "SB" };
        let open = format!("Action=open&Server={server}&IP={host}");
        let (near, pipe) = duplex(BUFFER);
        let gateway = Self { base, roots, http: Some(http), session: None, open, pipe };
        // The task ends when the stream is dropped, or the server closes the session.
        tokio::spawn(gateway.run());
        Ok(Box::new(near))
    }

    /// Carries bytes in both directions. An error ends the stream in the same way as a closed
    /// connection.
    async fn run(mut self) {
        let mut commands = vec![0; MAX_REQUEST];
        let mut pause = SHORTEST_PAUSE;
        loop {
            let wake = Instant::now() + pause;
            let read = timeout_at(wake, self.pipe.read(&mut commands)).await;
            let count = match read {
                // The stream was dropped. The session ends because of OUT, or because the server
                // receives no more polls.
                Ok(Ok(0) | Err(_)) => return,
                Ok(Ok(count)) => count,
                // Polls make no sense before the first command has opened a session.
                Err(_) if self.session.is_none() => continue,
                Err(_) => 0,
            };
            let Ok(answer) = self.request(commands.get(..count).unwrap_or_default()).await else { return };
            let is_idle = count == 0 && answer.body.is_empty();
            pause = match answer.body.len() {
                0 if is_idle => (2 * pause).min(LONGEST_PAUSE).max(SHORTEST_PAUSE),
                // The answer was so long that the server probably has more bytes to send.
                MANY.. => Duration::ZERO,
                _ => SHORTEST_PAUSE,
            };
            let (session, is_closed) = session_of(&answer);
            if self.pipe.write_all(&answer.body).await.is_err() || is_closed || session.is_none() {
                return;
            }
            self.session = session;
        }
    }

    /// Sends commands, or polls if there are none. If the connection was lost, sends the request
    /// again.
    async fn request(&mut self, commands: &[u8]) -> io::Result<Response> {
        let query = match &self.session {
            None => self.open.clone(),
            Some(session) if commands.is_empty() => format!("Action=poll&SessionID={session}"),
            Some(session) => format!("SessionID={session}"),
        };
        let url = self.base.with_path(&format!("/gateway/gateway.dll?{query}"));
        let mut failure = io::Error::from(io::ErrorKind::NotConnected);
        for _ in 0..ATTEMPTS {
            let http = match self.http.take() {
                Some(http) => Ok(http),
                None => HttpConnection::open(&url, &self.roots).await,
            };
            let mut http = match http {
                Ok(http) => http,
                Err(error) => {
                    failure = error;
                    continue;
                }
            };
            match http.exchange("POST", &url, &[CONTENT_TYPE.to_owned()], commands).await {
                Ok(answer) if answer.head.status() == 200 && answer.is_complete => {
                    self.http = Some(http);
                    return Ok(answer);
                }
                Ok(answer) => return Err(io::Error::other(shown(answer.head.status_line()))),
                Err(error) => failure = error,
            }
            // The client does not repeat a request that opens a session. Even if no answer arrived,
            // the request may have created a session, and nobody would use that session.
            if self.session.is_none() {
                break;
            }
        }
        Err(failure)
    }
}

/// Returns the session id in an answer, and whether the server has closed the session.
fn session_of(answer: &Response) -> (Option<String>, bool) {
    let fields = answer.head.header("X-MSN-Messenger").unwrap_or_default();
    let mut session = None;
    let mut is_closed = false;
    for field in fields.split(';').map(str::trim) {
        match field.split_once('=') {
            Some(("SessionID", id))
                if !id.is_empty()
                    && id.len() <= MAX_SESSION
                    && id.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'&') =>
            {
                session = Some(id.to_owned());
            }
            Some(("Session", "close")) => is_closed = true,
            _ => {}
        }
    }
    (session, is_closed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::Head;

    #[test]
    fn a_gateway_answer_gives_the_session_id_and_says_whether_the_session_is_closed() {
        for (header, expected) in [
            ("SessionID=12.34; GW-IP=192.0.2.1", (Some("12.34".to_owned()), false)),
            ("SessionID=12.35; GW-IP=192.0.2.1; Session=close", (Some("12.35".to_owned()), true)),
            ("SessionID=1&Action=open", (None, false)),
            ("SessionID=", (None, false)),
            ("", (None, false)),
        ] {
            let bytes = format!("HTTP/1.1 200 OK\r\nX-MSN-Messenger: {header}\r\n\r\n");
            let (head, _) = Head::split(bytes.as_bytes()).unwrap();
            assert_eq!(session_of(&Response { head, body: Vec::new(), is_complete: true }), expected, "{header}");
        }
    }
}
