//! The form of all messages: headers, an empty line, a body (docs/protocol/payloads.md section 1).

use std::fmt;

use super::headers::Headers;

/// The length of the longest payload that this crate reads as a message, in bytes. Messages from
/// users have at most 1664 bytes ([`MAX_MESSAGE`](crate::switchboard::MAX_MESSAGE)). Messages from
/// servers may be longer.
pub const MAX_PAYLOAD: usize = 64 * 1024;

/// A payload of MSG, split into headers and body. Borrows the payload and allocates nothing.
///
/// Headers can have any order and case, and lines can end with LF or CR LF. A header cannot
/// continue on the next line. If there is no empty line, the whole payload counts as headers and
/// the body is empty.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Mime<'a> {
    headers: Headers<'a>,
    body: &'a [u8],
}

impl<'a> Mime<'a> {
    /// Splits a payload. Returns `None` if it is longer than [`MAX_PAYLOAD`].
    #[must_use]
    pub fn parse(payload: &'a [u8]) -> Option<Self> {
        if payload.len() > MAX_PAYLOAD {
            return None;
        }
        let mut end = 0;
        for line in payload.split_inclusive(|byte| *byte == b'\n') {
            let (headers, rest) = payload.split_at(end);
            if matches!(line, b"\n" | b"\r\n") {
                let body = rest.get(line.len()..).unwrap_or_default();
                return Some(Self { headers: Headers::new(headers), body });
            }
            end += line.len();
        }
        Some(Self { headers: Headers::new(payload), body: &[] })
    }

    /// Returns all headers.
    #[must_use]
    pub const fn headers(&self) -> Headers<'a> {
        self.headers
    }

    /// Returns the value of the first header with this name. The case of the name does not matter.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&'a str> {
        self.headers.get(name)
    }

    /// Returns the content type without its parameters, such as `text/plain`. Empty if there is no
    /// content type. For example, if a message is split into several packets, only the first packet
    /// has a content type.
    #[must_use]
    pub fn content_type(&self) -> &'a str {
        let value = self.header("Content-Type").unwrap_or_default();
        value.split_once(';').map_or(value, |(kind, _)| kind).trim_end()
    }

    /// Returns whether the content type, without its parameters, is `content_type`. Case does not matter.
    #[must_use]
    pub fn is(&self, content_type: &str) -> bool {
        self.content_type().eq_ignore_ascii_case(content_type)
    }

    /// Returns whether the payload is one of several packets of a message, so that its body is
    /// incomplete (payloads.md section 1).
    #[must_use]
    pub fn is_partial(&self) -> bool {
        self.header("Chunk").is_some() || self.header("Chunks").is_some_and(|count| count != "1")
    }

    /// Returns the bytes after the empty line.
    #[must_use]
    pub const fn body(&self) -> &'a [u8] {
        self.body
    }

    /// Returns the body as `Name: value` lines. Only messages of some types have such lines.
    #[must_use]
    pub const fn fields(&self) -> Headers<'a> {
        Headers::new(self.body)
    }
}

impl fmt::Debug for Mime<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Mime({:?}, {} bytes)", self.content_type(), self.body.len())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn headers_may_be_in_any_order_and_in_upper_or_lower_case_and_may_end_with_lf_or_cr_lf() {
        for payload in [
            "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=UTF-8\r\n\r\na\r\n\r\nb",
            "content-type:Text/Plain ;charset=UTF-8\nMIME-VERSION:1.0\n\na\r\n\r\nb",
            "no colon\r\nMime-version : 1.0 \r\nCONTENT-TYPE:\ttext/plain\r\n\na\r\n\r\nb",
        ] {
            let mime = Mime::parse(payload.as_bytes()).unwrap();
            assert!(mime.is("text/plain"), "{payload}");
            assert_eq!(mime.header("mime-version"), Some("1.0"), "{payload}");
            assert_eq!(mime.body(), b"a\r\n\r\nb", "{payload}");
        }
    }

    #[test]
    fn a_message_without_an_empty_line_has_an_empty_body() {
        for payload in ["", "Content-Type: a/b", "Content-Type: a/b\r\n"] {
            let mime = Mime::parse(payload.as_bytes()).unwrap();
            assert_eq!((mime.is("A/B"), mime.body()), (!payload.is_empty(), b"".as_slice()), "{payload}");
        }
    }

    #[test]
    fn headers_that_are_not_utf_8_are_skipped_and_only_the_first_header_with_a_given_name_counts() {
        let mime = Mime::parse(b"A: \xFF\r\na: 1\r\nA: 2\r\n\r\n\xFF").unwrap();
        assert_eq!((mime.header("A"), mime.body()), (Some("1"), b"\xFF".as_slice()));
        assert_eq!(mime.headers().iter().collect::<Vec<_>>(), [("a", "1"), ("A", "2")]);
    }

    #[test]
    fn a_packet_that_is_part_of_a_longer_message_is_recognised() {
        for (header, expected) in [("Chunks: 3", true), ("Chunk: 1", true), ("Chunks: 1", false), ("A: b", false)] {
            assert_eq!(Mime::parse(header.as_bytes()).unwrap().is_partial(), expected, "{header}");
        }
    }

    #[test]
    fn a_payload_of_more_than_64_kib_is_not_parsed() {
        assert!(Mime::parse(&vec![b'a'; MAX_PAYLOAD]).is_some());
        assert!(Mime::parse(&vec![b'a'; MAX_PAYLOAD + 1]).is_none());
    }

    #[test]
    fn debug_output_does_not_show_the_text_of_a_message() {
        let mime = Mime::parse(b"Content-Type: text/plain\r\nAuthCookie: secret\r\n\r\nsecret").unwrap();
        assert_eq!(format!("{mime:?}"), "Mime(\"text/plain\", 6 bytes)");
        assert_eq!(format!("{:?}", mime.headers()), "[\"Content-Type\", \"AuthCookie\"]");
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_a_panic(payload: Vec<u8>) {
            let mime = Mime::parse(&payload).unwrap();
            prop_assert!(payload.ends_with(mime.body()));
            let _ = (mime.content_type(), mime.headers().iter().count(), mime.fields().iter().count());
        }
    }
}
