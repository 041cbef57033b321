//! Gets a ticket, as clients with Passport 1.4 do (docs/protocol/http.md section 1.2).

use std::fmt::Display;
use std::net::SocketAddr;

use anyhow::{Context, bail};
use msnp::Handle;
use msnp::notification::Ticket;
use msnp::passport::DEFAULT_POLICY;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use tokio::io::{AsyncWriteExt, BufReader};

use super::http::{ReadError, Response, read_response};
use super::link::{TIMEOUT, Tap, Wire, connect};

/// Signs in at the login page over plain HTTP. The password and the ticket are not shown to the tap.
///
/// # Errors
/// Returns an error if the server cannot be reached, or refuses the password.
pub async fn fetch_ticket(address: SocketAddr, handle: &Handle, password: &str, tap: &Tap) -> anyhow::Result<Ticket> {
    let mut stream = connect(address, TIMEOUT).await?;
    let request = format!(
        "GET /login2.srf HTTP/1.1\r\nAuthorization: {}\r\nHost: {address}\r\n\r\n",
        authorization(handle, password)
    );
    let shown = format!("GET /login2.srf HTTP/1.1 (Authorization: Passport1.4 ... sign-in={handle},pwd=...)");
    tap(Wire { sent: true, line: shown.as_bytes(), payload: &[] });
    stream.write_all(request.as_bytes()).await?;
    let answer = match read_response(&mut BufReader::new(stream)).await {
        Ok(answer) => answer,
        Err(ReadError::Closed) => bail!("the login page closed the connection without an answer"),
        Err(error) => return Err(error).context("could not read the answer of the login page"),
    };
    match answer.head.header("Authentication-Info").and_then(ticket_of) {
        Some(ticket) => Ok(ticket),
        None => bail!("{}", refusal(&answer, handle)),
    }
}

/// Returns the meaning of an answer without a ticket.
fn refusal(answer: &Response, handle: &Handle) -> String {
    let body = String::from_utf8_lossy(&answer.body);
    match answer.head.status() {
        401 => format!("wrong password, or the account {handle} does not exist on this server"),
        503 => {
            "the server accepts no password from this address at the moment: there were too many wrong ones, or it is busy; \
             try again later"
                .to_owned()
        }
        // The server explains the refusal itself.
        403 if !body.trim().is_empty() => body.trim().to_owned(),
        _ => format!("the login page gave no ticket: {}", answer.head.status_line()),
    }
}

/// Returns the ticket in the value of `Authentication-Info`.
pub fn ticket_of(value: &str) -> Option<Ticket> {
    let (_, rest) = value.split_once("from-PP='")?;
    Ticket::parse(rest.split_once('\'')?.0)
}

/// Returns the value of `Authorization` that a client sends.
pub fn authorization(handle: &Handle, password: &str) -> String {
    format!(
        "Passport1.4 OrgVerb=GET,OrgURL=http%3A%2F%2Fmessenger%2Emsn%2Ecom,sign-in={},pwd={},{DEFAULT_POLICY}",
        encode(handle.as_str()),
        encode(password),
    )
}

/// Percent-encodes everything but ASCII letters and digits, as official clients do (http.md section 1.2). No other
/// character is safe both in `Authorization`, where commas separate the fields, and in a form.
pub fn encode(text: &str) -> impl Display {
    utf8_percent_encode(text, NON_ALPHANUMERIC)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::Head;

    #[test]
    fn the_server_parses_the_credentials_that_a_client_sends() {
        let handle = Handle::parse("a+b@example.com").unwrap();
        let sent = authorization(&handle, "s3cr,t &%é='");
        assert!(sent.contains("sign-in=a%2Bb%40example%2Ecom,pwd=s3cr%2Ct%20%26%25%C3%A9%3D%27,ct=1"), "{sent}");
        let read = msnp::passport::parse_authorization(sent.as_bytes()).unwrap();
        assert_eq!((read.handle.as_str(), &read.password[..]), ("a+b@example.com", "s3cr,t &%é='".as_bytes()));
    }

    #[test]
    fn an_answer_without_a_ticket_says_why() {
        let handle = Handle::parse("alice@example.com").unwrap();
        for (answer, expected) in [
            ("401 Unauthorized\r\n\r\n", "wrong password, or the account alice@example.com does not exist"),
            ("503 Service Unavailable\r\n\r\n", "too many wrong ones"),
            ("403 Forbidden\r\n\r\nUse TLS.\n", "Use TLS."),
            ("403 Forbidden\r\n\r\n", "gave no ticket: HTTP/1.1 403 Forbidden"),
            ("500 Oops\r\n\r\nbody", "gave no ticket: HTTP/1.1 500 Oops"),
        ] {
            let bytes = format!("HTTP/1.1 {answer}");
            let (head, body) = Head::split(bytes.as_bytes()).unwrap();
            let refusal = refusal(&Response { head, body: body.to_vec(), is_complete: true }, &handle);
            assert!(refusal.contains(expected), "{refusal}");
        }
    }
}
