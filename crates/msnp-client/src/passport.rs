//! Getting a ticket, as clients of Passport 1.4 do (docs/protocol/http.md section 1.2).

use std::net::SocketAddr;

use anyhow::{Context, bail};
use msnp::Handle;
use msnp::notification::Ticket;
use msnp::passport::DEFAULT_POLICY;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::link::{PATIENCE, connect};
use super::{Tap, Wire};

/// Signs in at the login page over plain HTTP. The password and the ticket are not shown to the tap.
///
/// # Errors
/// The server cannot be reached, or does not let this account in.
pub async fn fetch_ticket(address: SocketAddr, handle: &Handle, password: &str, tap: &Tap) -> anyhow::Result<Ticket> {
    let mut stream = connect(address, PATIENCE).await?;
    let request = format!(
        "GET /login2.srf HTTP/1.1\r\nAuthorization: {}\r\nHost: {address}\r\n\r\n",
        authorization(handle, password)
    );
    let shown = format!("GET /login2.srf HTTP/1.1 (Authorization: Passport1.4 ... sign-in={handle},pwd=...)");
    tap(Wire { sent: true, line: shown.as_bytes(), payload: &[] });
    stream.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.context("the login page answered no text")?;
    match ticket_of(&answer) {
        Some(ticket) => Ok(ticket),
        None => bail!("{}", refusal(&answer, handle)),
    }
}

/// What an answer without a ticket means.
fn refusal(answer: &str, handle: &Handle) -> String {
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((answer, ""));
    let line = head.lines().next().unwrap_or("no answer");
    match line.split(' ').nth(1) {
        Some("401") => format!("wrong password, or there is no account {handle} on this server"),
        Some("503") => {
            "the server takes no password from here now: too many were wrong, or it is busy; wait a while".to_owned()
        }
        // It says itself what is wrong.
        Some("403") if !body.trim().is_empty() => body.trim().to_owned(),
        _ => format!("the login page let nobody in: {line}"),
    }
}

/// The ticket in `Authentication-Info`, where clients look for it.
pub fn ticket_of(answer: &str) -> Option<Ticket> {
    let (_, rest) = answer.split_once("from-PP='")?;
    Ticket::parse(rest.split_once('\'')?.0)
}

/// What a client sends as `Authorization`.
pub fn authorization(handle: &Handle, password: &str) -> String {
    format!(
        "Passport1.4 OrgVerb=GET,OrgURL=http%3A%2F%2Fmessenger%2Emsn%2Ecom,sign-in={},pwd={},{DEFAULT_POLICY}",
        escape(handle.as_str()),
        escape(password),
    )
}

/// Everything but letters and digits as `%XX`.
fn escape(text: &str) -> String {
    let escape = |byte: u8| match byte {
        b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(escape).collect()
}
