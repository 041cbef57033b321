//! The headers of Passport 1.4 that carry the password and the ticket (docs/protocol/http.md section 1.2).

use std::fmt::Display;

use msnp::Handle;
use msnp::notification::Ticket;
use msnp::passport::DEFAULT_POLICY;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

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

/// Percent-encodes everything except ASCII letters and digits, as official clients do (http.md
/// section 1.2). No other character is safe both in `Authorization`, where commas separate the
/// fields, and in a form.
pub fn encode(text: &str) -> impl Display {
    utf8_percent_encode(text, NON_ALPHANUMERIC)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_server_parses_the_credentials_that_a_client_sends() {
        let handle = Handle::parse("a+b@example.com").unwrap();
        let sent = authorization(&handle, "s3cr,t &%é='");
        assert!(sent.contains("sign-in=a%2Bb%40example%2Ecom,pwd=s3cr%2Ct%20%26%25%C3%A9%3D%27,ct=1"), "{sent}");
        let read = msnp::passport::parse_authorization(sent.as_bytes()).unwrap();
        assert_eq!((read.handle.as_str(), &read.password[..]), ("a+b@example.com", "s3cr,t &%é='".as_bytes()));
    }
}
