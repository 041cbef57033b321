//! The code that reads MSNSLP messages.

use thiserror::Error;

use super::text::unbraced;
use super::{ContentType, Fields, Message, Method, StartLine, Status};
use crate::word::number;
use crate::{Guid, Handle};

/// The length of the longest message that this crate reads, in bytes. The longest real messages
/// offer a file with a preview.
pub const MAX_MESSAGE: usize = 64 * 1024;

/// The reason why bytes are not a [`Message`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum BadMessage {
    /// The message has more than [`MAX_MESSAGE`] bytes.
    #[error("it is longer than {MAX_MESSAGE} bytes")]
    TooLong,
    /// The message is not UTF-8.
    #[error("it is not UTF-8")]
    Text,
    /// No empty line ends the headers.
    #[error("its headers do not end")]
    Unfinished,
    /// The first line is neither a request nor an answer.
    #[error("its first line is invalid")]
    StartLine,
    /// A header or a field has no name or contains a control character, or there are more than
    /// [`super::MAX_FIELDS`] headers or fields.
    #[error("its headers or fields are invalid")]
    Fields,
    /// A header is missing or has an invalid value.
    #[error("its header {0} is missing or invalid")]
    Header(&'static str),
}

impl Message {
    /// Reads a message. Names of headers may have any case, and the NUL at the end may be missing.
    ///
    /// # Errors
    /// See [`BadMessage`].
    pub fn parse(bytes: &[u8]) -> Result<Self, BadMessage> {
        if bytes.len() > MAX_MESSAGE {
            return Err(BadMessage::TooLong);
        }
        let text = std::str::from_utf8(bytes).map_err(|_| BadMessage::Text)?;
        let (head, body) = text.split_once("\r\n\r\n").ok_or(BadMessage::Unfinished)?;
        let (start, headers) = head.split_once("\r\n").ok_or(BadMessage::StartLine)?;
        let headers = Fields::parse(headers).ok_or(BadMessage::Fields)?;
        let headers = Headers(&headers);
        Ok(Self {
            start: parse_start(start).ok_or(BadMessage::StartLine)?,
            to: headers.read("To", parse_address)?,
            from: headers.read("From", parse_address)?,
            branch: headers.read("Via", parse_branch)?,
            cseq: headers.read("CSeq", |value| number(value.as_bytes()))?,
            call_id: headers.read("Call-ID", unbraced)?,
            content_type: headers.0.get("Content-Type").map_or_else(|| ContentType::parse(""), ContentType::parse),
            body: headers.body(body)?,
        })
    }
}

/// The headers of a message, which have the form of fields.
struct Headers<'a>(&'a Fields);

impl Headers<'_> {
    fn read<T>(&self, name: &'static str, parse: impl FnOnce(&str) -> Option<T>) -> Result<T, BadMessage> {
        self.0.get(name).and_then(parse).ok_or(BadMessage::Header(name))
    }

    /// Reads the body from `text`, which is the text after the headers. Content-Length may or may
    /// not count the final NUL. If there is no Content-Length, all of `text` is the body.
    fn body(&self, text: &str) -> Result<Fields, BadMessage> {
        const LENGTH: &str = "Content-Length";
        let mut body = text;
        if self.0.get(LENGTH).is_some() {
            let length = self.read(LENGTH, |value| usize::try_from(number(value.as_bytes())?).ok())?;
            if length > text.len() + 1 {
                return Err(BadMessage::Header(LENGTH));
            }
            body = text.get(..length.min(text.len())).ok_or(BadMessage::Header(LENGTH))?;
        }
        Fields::parse(body.trim_end_matches('\0')).ok_or(BadMessage::Fields)
    }
}

fn parse_start(line: &str) -> Option<StartLine> {
    if let Some(status) = line.strip_prefix("MSNSLP/1.0 ") {
        return Status::parse(status).map(StartLine::Answer);
    }
    let (method, rest) = line.split_once(' ')?;
    // The handle is ignored, because some clients, such as msn-pecan, write their own handle into a
    // BYE instead of the receiver's handle.
    rest.strip_suffix(" MSNSLP/1.0")?;
    Method::parse(method).map(StartLine::Request)
}

/// Reads `<msnmsgr:handle>`. Later clients append `;` and a GUID to the handle.
fn parse_address(value: &str) -> Option<Handle> {
    const SCHEME: &str = "msnmsgr:";
    let inner = value.strip_prefix('<')?.strip_suffix('>')?;
    let (scheme, handle) = inner.split_at_checked(SCHEME.len())?;
    let handle = handle.split(';').next()?;
    scheme.eq_ignore_ascii_case(SCHEME).then(|| Handle::parse_lax(handle).ok()).flatten()
}

fn parse_branch(value: &str) -> Option<Guid> {
    unbraced(value.split_once("branch=")?.1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::p2p::slp::MAX_FIELDS;

    const HEAD: &str = "MSNSLP/1.0 200 OK\r\nTO: <msnmsgr:a@b.de>\r\nfrom: <MSNMSGR:C@d.fr;{1}>\r\n\
        Via: MSNSLP/1.0/TLP ;branch={6E1B0C52-93F4-4A7D-8C21-0D5E9A3B7F46}\r\nCSeq: 1\r\n\
        call-id:{2C9D4E71-58A0-4F3B-B6E2-71A4C0D8E935}\r\n";

    fn read(rest: &str) -> Result<Message, BadMessage> {
        Message::parse(format!("{HEAD}{rest}").as_bytes())
    }

    #[test]
    fn headers_may_be_in_upper_or_lower_case_and_the_final_nul_may_be_missing() {
        for rest in [
            "Content-Length: 17\r\n\r\nSessionID: 7\r\n\r\n\0",
            "Content-Length: 17\r\n\r\nSessionID: 7\r\n\r\n",
            "content-length: 16\r\n\r\nSessionID: 7\r\n\r\n",
            "Content-Length: 14\r\n\r\nSessionID: 7\r\nmore",
            "\r\nSessionID: 7\r\n",
            "\r\nSessionID:7",
        ] {
            let message = read(rest).unwrap();
            assert_eq!(message.body.session_id(), Some(7), "{rest:?}");
            assert_eq!((message.to.as_str(), message.from.as_str()), ("a@b.de", "c@d.fr"));
            assert_eq!(message.content_type, ContentType::Other(String::new()));
        }
    }

    #[test]
    fn each_kind_of_invalid_message_gets_the_expected_error() {
        let table = [
            ("", BadMessage::Unfinished),
            ("Content-Length: 3\r\n\r\n\0", BadMessage::Header("Content-Length")),
            ("Content-Length: 4294967296\r\n\r\n", BadMessage::Header("Content-Length")),
            ("Content-Length: 1\r\n\r\né", BadMessage::Header("Content-Length")),
            ("X\r\n\r\n", BadMessage::Fields),
            ("X: a\rb\r\n\r\n", BadMessage::Fields),
            ("\r\nno field", BadMessage::Fields),
        ];
        for (rest, expected) in table {
            assert_eq!(read(rest), Err(expected), "{rest:?}");
        }
        for name in ["TO", "from", "Via", "CSeq", "call-id"] {
            let text = format!("{HEAD}\r\n").replacen(&format!("{name}:"), "X:", 1);
            assert!(matches!(Message::parse(text.as_bytes()), Err(BadMessage::Header(_))), "{name}");
        }
        assert_eq!(Message::parse(b"\xff"), Err(BadMessage::Text));
        assert_eq!(Message::parse(&vec![b'a'; MAX_MESSAGE + 1]), Err(BadMessage::TooLong));
        for start in ["NOTIFY MSNMSGR:a@b.de MSNSLP/1.0", "INVITE MSNMSGR:a@b.de", "INVITE MSNSLP/1.0", "MSNSLP/1.0 OK"]
        {
            let text = format!("{HEAD}\r\n").replacen("MSNSLP/1.0 200 OK", start, 1);
            assert_eq!(Message::parse(text.as_bytes()), Err(BadMessage::StartLine), "{start}");
        }
    }

    #[test]
    fn a_message_with_too_many_headers_or_fields_is_refused() {
        let many = "X: y\r\n".repeat(MAX_FIELDS + 1);
        assert_eq!(read(&format!("{many}\r\n")), Err(BadMessage::Fields));
        assert_eq!(read(&format!("\r\n{many}")), Err(BadMessage::Fields));
    }
}
