//! Fetches tickets over HTTP with Passport 1.4 (http.md section 1.2).

use std::time::Duration;

use anyhow::{Context, bail};
use tokio::time::Instant;

use crate::wire::{Connection, Event, Log, Service};

/// Fetches the ticket of an account. Returns the whole value of `from-PP`.
pub(super) async fn fetch(
    address: &str,
    (handle, password): (&str, &str),
    policy: &str,
    log: &Log,
    timeout: Duration,
) -> anyhow::Result<String> {
    let mut connection = Connection::open("(ticket)", Service::Http, address, log).await?;
    let request = format!(
        "GET /login2.srf HTTP/1.1\r\nAuthorization: Passport1.4 OrgVerb=GET,\
         OrgURL=http%3A%2F%2Fmessenger%2Emsn%2Ecom,sign-in={},pwd={},{policy}\r\n\
         User-Agent: MSMSGS\r\nHost: login.passport.com\r\nCache-Control: no-cache\r\n\r\n",
        escape(handle),
        escape(password),
    );
    connection.send(request.as_bytes()).await;
    let Event::Unit(answer) = connection.next(Instant::now() + timeout).await else {
        bail!("{address} did not answer GET /login2.srf");
    };
    let status = String::from_utf8_lossy(answer.line()).into_owned();
    if !status.contains(" 200 ") {
        bail!("{address} gave no ticket to {handle}: {status}; check that the account exists with this password");
    }
    let lines = answer.lines.iter().map(|line| String::from_utf8_lossy(line).into_owned());
    lines.into_iter().find_map(|line| from_pp(&line)).with_context(|| {
        format!("the answer of {address} to GET /login2.srf has no from-PP='...' in Authentication-Info")
    })
}

fn from_pp(line: &str) -> Option<String> {
    let (name, value) = line.split_once(':')?;
    let (_, after) = value.split_once("from-PP='")?;
    let (ticket, _) = after.split_once('\'')?;
    name.eq_ignore_ascii_case("authentication-info").then(|| ticket.to_owned())
}

/// Encodes everything except letters and digits as `%XX`, because a value must not contain a comma.
fn escape(text: &str) -> String {
    text.bytes().fold(String::new(), |mut out, byte| {
        if byte.is_ascii_alphanumeric() {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commas_and_other_special_characters_in_addresses_and_passwords_are_escaped() {
        assert_eq!(escape("s3cr,t &%"), "s3cr%2Ct%20%26%25");
        assert_eq!(escape("a@b.c"), "a%40b%2Ec");
    }

    #[test]
    fn the_ticket_is_the_text_between_the_quotes() {
        let line = "Authentication-Info: Passport1.4 da-status=success,from-PP='t=abc&p='";
        assert_eq!(from_pp(line).as_deref(), Some("t=abc&p="));
        assert_eq!(from_pp("Authentication-Info: Passport1.4 da-status=success"), None);
    }
}
