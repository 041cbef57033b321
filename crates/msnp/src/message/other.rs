//! Messages that have no type of their own in this crate.

use std::fmt;

use super::mime::Mime;

/// The unchanged payload of a message that is malformed or has an unknown type.
#[derive(Clone, PartialEq, Eq)]
pub struct OtherMessage {
    payload: Vec<u8>,
}

impl OtherMessage {
    /// Creates a message from any payload. The payload may be a message of a known type. In that
    /// case, [`Message::parse`](super::Message::parse) turns the payload into a message of that
    /// type.
    #[must_use]
    pub const fn new(payload: Vec<u8>) -> Self {
        Self { payload }
    }

    /// Returns the payload.
    #[must_use]
    pub fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// Returns the headers and the body. `None` if the payload is longer than [`MAX_PAYLOAD`](super::MAX_PAYLOAD).
    #[must_use]
    pub fn mime(&self) -> Option<Mime<'_>> {
        Mime::parse(&self.payload)
    }

    /// Returns the content type without its parameters, or an empty text if there is no content
    /// type.
    #[must_use]
    pub fn content_type(&self) -> &str {
        self.mime().map(|mime| mime.content_type()).unwrap_or_default()
    }
}

impl fmt::Debug for OtherMessage {
    /// Shows only the content type and, in place of the payload, its length.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OtherMessage({:?}, {} bytes)", self.content_type(), self.payload.len())
    }
}
