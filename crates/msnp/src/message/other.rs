//! Messages that have no type of their own in this crate.

use std::fmt;

use super::mime::Mime;

/// A message of an unknown type, or one that is malformed: its payload, unchanged.
#[derive(Clone, PartialEq, Eq)]
pub struct OtherMessage {
    payload: Vec<u8>,
}

impl OtherMessage {
    /// Creates a message from any payload. If the payload is a message of a known type, it is read back as that type.
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

    /// Returns the content type without its parameters. Empty if there is none.
    #[must_use]
    pub fn content_type(&self) -> &str {
        self.mime().map(|mime| mime.content_type()).unwrap_or_default()
    }
}

impl fmt::Debug for OtherMessage {
    /// Shows the type and the length only.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OtherMessage({:?}, {} bytes)", self.content_type(), self.payload.len())
    }
}
