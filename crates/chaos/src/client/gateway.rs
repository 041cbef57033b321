//! A client that uses the HTTP gateway. It opens a new connection for each request.

use anyhow::{Context, Result, bail, ensure};

use super::connection::PATIENCE;
use super::dialer::Dialer;
use super::http::{Answer, request};

/// The maximum number of polls that a client sends for one line.
const POLLS: usize = 50;

/// A session over the gateway.
#[derive(Debug)]
pub struct Session {
    dialer: Dialer,
    id: String,
    /// The text that has arrived and that the client has not yet read.
    inbox: String,
    is_closed: bool,
}

impl Session {
    /// Opens a session to a service (`NS` or `SB`) and sends commands.
    ///
    /// # Errors
    /// Fails if the gateway refuses.
    pub async fn open(dialer: &Dialer, service: &str, commands: &[u8]) -> Result<Self> {
        let answer = post(dialer, &format!("Action=open&Server={service}&IP=x"), commands).await?;
        Self::of(dialer, &answer)
    }

    /// Returns the session that an answer opened.
    ///
    /// # Errors
    /// Fails if the answer opened no session.
    pub fn of(dialer: &Dialer, answer: &Answer) -> Result<Self> {
        let mut session = Self { dialer: dialer.clone(), id: String::new(), inbox: String::new(), is_closed: false };
        session.follow(answer)?;
        Ok(session)
    }

    /// Returns the session id to send with the next request.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Takes the session id and the received lines from an answer.
    ///
    /// # Errors
    /// Fails if the request was refused.
    pub fn follow(&mut self, answer: &Answer) -> Result<()> {
        let mark = Mark::of(answer)?;
        // Answers to requests that were sent at the same time can arrive in any order. The latest
        // session id is the id with the highest number.
        if counter(&mark.id) >= counter(&self.id) {
            self.id = mark.id;
        }
        self.is_closed = mark.is_closed;
        self.inbox.push_str(&String::from_utf8_lossy(answer.body()));
        Ok(())
    }

    /// Sends commands.
    ///
    /// # Errors
    /// Fails if the gateway refuses.
    pub async fn send(&mut self, commands: &[u8]) -> Result<()> {
        let answer = post(&self.dialer, &format!("SessionID={}", self.id), commands).await?;
        self.follow(&answer)
    }

    /// Returns the next line that begins with `start`. Skips all lines before that line.
    ///
    /// # Errors
    /// Fails if the line does not arrive.
    pub async fn line(&mut self, start: &str) -> Result<String> {
        for _ in 0..POLLS {
            while let Some((line, rest)) = self.inbox.split_once("\r\n") {
                let line = line.to_owned();
                self.inbox = rest.to_owned();
                if line.starts_with(start) {
                    return Ok(line);
                }
            }
            ensure!(!self.is_closed, "the session ended before {start:?} arrived");
            self.poll().await?;
        }
        bail!("{start:?} did not arrive in {POLLS} polls")
    }

    async fn poll(&mut self) -> Result<()> {
        let answer = post(&self.dialer, &format!("Action=poll&SessionID={}", self.id), b"").await?;
        self.follow(&answer)
    }

    /// Sends OUT, and waits until the server has ended the session.
    ///
    /// # Errors
    /// Fails if the session does not end.
    pub async fn end(mut self) -> Result<()> {
        self.send(b"OUT\r\n").await?;
        for _ in 0..POLLS {
            if self.is_closed {
                return Ok(());
            }
            self.poll().await?;
        }
        bail!("the session did not end in {POLLS} polls")
    }
}

/// The part of an answer that describes the session (http.md section 5).
pub(super) struct Mark {
    /// The session id to send with the next request.
    pub(super) id: String,
    /// The gateway host to which the client must send the next request, if the answer names a host.
    pub(super) host: Option<String>,
    /// True if the session has ended.
    pub(super) is_closed: bool,
}

impl Mark {
    /// Reads the part of an answer that describes the session. Fails if the request was refused.
    pub(super) fn of(answer: &Answer) -> Result<Self> {
        ensure!(answer.status() == 200, "a request was answered with {}", answer.status());
        let header = answer.header("X-MSN-Messenger").context("an answer names no session")?;
        let mut parts = header.split("; ");
        let id = parts.next().and_then(|part| part.strip_prefix("SessionID=")).context("an answer names no session")?;
        let mut mark = Self { id: id.to_owned(), host: None, is_closed: false };
        for part in parts {
            match part.split_once('=') {
                Some(("GW-IP", host)) => mark.host = Some(host.to_owned()),
                Some(("Session", "close")) => mark.is_closed = true,
                _ => {}
            }
        }
        Ok(mark)
    }
}

/// Returns the number after the dot in a session id (http.md section 5). Each answer contains an id
/// with the number of that answer.
fn counter(id: &str) -> Option<u64> {
    id.split_once('.')?.1.parse().ok()
}

/// Sends a request to the gateway.
///
/// # Errors
/// Fails if the server does not answer.
pub async fn post(dialer: &Dialer, query: &str, body: &[u8]) -> Result<Answer> {
    let head = format!(
        "POST /gateway/gateway.dll?{query} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    request(dialer.dial(dialer.addresses.http), &[head.as_bytes(), body].concat(), PATIENCE).await
}
