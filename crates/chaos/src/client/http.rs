//! Single HTTP requests.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use msnp_conformance::wire::Service;

use super::connection::Connection;
use super::dial::Dial;
use super::received::{Next, Received};
use crate::observer::Watch;

/// An HTTP answer.
#[derive(Clone, Debug)]
pub struct Answer(Received);

impl Answer {
    pub(super) const fn new(received: Received) -> Self {
        Self(received)
    }

    /// Returns the status code, or 0 if the status line has none.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.0.word(1).parse().unwrap_or_default()
    }

    /// Returns the value of a header.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<String> {
        self.0.unit.lines.iter().skip(1).find_map(|line| {
            let line = String::from_utf8_lossy(line);
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
        })
    }

    /// Returns the body.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        self.0.payload()
    }
}

/// Sends a request over a connection of its own and returns the answer.
///
/// # Errors
/// Fails if the server does not accept the connection or does not answer in time.
pub async fn request(dial: Dial, bytes: &[u8], patience: Duration) -> Result<Answer> {
    let deadline = Instant::now() + patience;
    let mut connection = Connection::open(Service::Http, dial, &Watch::new()).await?;
    // A server may answer and close before it has read everything.
    let _ = connection.send_bytes(bytes).await;
    match connection.next_before(deadline).await {
        Next::Received(received) => Ok(Answer::new(received)),
        Next::Ended => bail!("the server closed the connection without an answer"),
        Next::Nothing => bail!("the server did not answer in {} s", patience.as_secs()),
    }
}

/// Returns a text in which every byte except letters and digits is escaped as `%XX`.
#[must_use]
pub fn escape(text: &str) -> String {
    text.bytes().fold(String::new(), |mut out, byte| {
        match byte {
            byte if byte.is_ascii_alphanumeric() => out.push(char::from(byte)),
            byte => out += &format!("%{byte:02X}"),
        }
        out
    })
}

/// Returns a Passport 1.4 request for a ticket (http.md section 1.2).
#[must_use]
pub fn ticket_request(handle: &str, password: &str) -> Vec<u8> {
    format!(
        "GET /login2.srf HTTP/1.1\r\nAuthorization: Passport1.4 OrgVerb=GET,OrgURL=http%3A%2F%2Fmessenger%2Emsn%2Ecom,\
         sign-in={},pwd={},ct=1,rver=1,wp=FS_40SEC_0_COMPACT,lc=1,id=1\r\nUser-Agent: MSMSGS\r\n\
         Host: login.passport.com\r\nCache-Control: no-cache\r\n\r\n",
        escape(handle),
        escape(password)
    )
    .into_bytes()
}

/// Returns the ticket that an answer contains, in the form in which the ticket is the last word of
/// USR.
#[must_use]
pub fn ticket_in(answer: &Answer) -> Option<String> {
    let value = answer.header("Authentication-Info")?;
    let (_, after) = value.split_once("from-PP='")?;
    Some(after.split_once('\'')?.0.to_owned())
}
