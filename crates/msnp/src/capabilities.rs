//! The capabilities of a client (docs/protocol/identity.md).

use std::fmt;

/// The capabilities of a client: 32 bits that a server passes on without looking at them. 0 if the client did not send
/// any.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Capabilities(pub u32);

impl Capabilities {
    /// Reads a decimal number of 32 bits.
    #[must_use]
    pub fn parse(word: &[u8]) -> Option<Self> {
        crate::word::number(word).map(Self)
    }
}

impl fmt::Display for Capabilities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}
