//! Names that people choose: display names, nicknames, group names (docs/protocol/framing.md sections 5 and 6).

use std::fmt;
use std::sync::Arc;

use crate::malformed::Malformed;
use crate::text;

/// The longest display name or nickname, in bytes as written on the wire.
pub const MAX_DISPLAY_NAME: usize = 387;
/// The longest group name, in bytes as written on the wire; longer ones are refused with 229.
pub const MAX_GROUP_NAME: usize = 61;
/// A group name over this closes the connection.
pub const MAX_GROUP_NAME_WORD: usize = 127;

/// A word that carries text: as it came, for the answer that repeats it, and what it means.
#[derive(Clone, PartialEq, Eq)]
pub struct Text {
    raw: Vec<u8>,
    value: Arc<str>,
}

impl Text {
    /// Decodes a word. `None` when what it stands for is not UTF-8 or holds NUL, CR or LF.
    #[must_use]
    pub fn parse(word: &[u8]) -> Option<Self> {
        let value = text::decode(word)?;
        Some(Self { raw: word.to_vec(), value: value.into() })
    }

    /// The word for a text of ours.
    #[must_use]
    pub fn encode(value: &str) -> Self {
        let mut raw = Vec::with_capacity(value.len());
        text::encode_into(&mut raw, value);
        Self { raw, value: value.into() }
    }

    /// The word as it came.
    #[must_use]
    pub fn raw(&self) -> &[u8] {
        &self.raw
    }

    /// The decoded text.
    #[must_use]
    pub fn value(&self) -> &str {
        &self.value
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.raw.escape_ascii())
    }
}

/// A display name or nickname: 1 to [`MAX_DISPLAY_NAME`] bytes as written, no NUL, CR or LF. Cheap to clone.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct DisplayName(Arc<str>);

impl DisplayName {
    /// Makes a name; `None` when it is empty, too long, or holds NUL, CR or LF.
    #[must_use]
    pub fn new(name: &str) -> Option<Self> {
        let fits = !name.is_empty() && text::encoded_len(name) <= MAX_DISPLAY_NAME;
        (fits && text::is_safe(name)).then(|| Self(name.into()))
    }

    /// The name of a decoded word. A word over the limit, as it came or as it would be written, is [`Malformed`].
    pub fn from_text(word: &Text) -> Result<Option<Self>, Malformed> {
        if word.raw.len() > MAX_DISPLAY_NAME || text::encoded_len(&word.value) > MAX_DISPLAY_NAME {
            return Err(Malformed::WordTooLong);
        }
        Ok(Self::new(&word.value))
    }

    /// Reads a word that must be a name.
    pub(crate) fn from_word(word: &[u8]) -> Result<Self, Malformed> {
        Self::from_text(&Text::parse(word).ok_or(Malformed::Word)?)?.ok_or(Malformed::Word)
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&crate::Handle> for DisplayName {
    /// Who has no name goes by the handle.
    fn from(handle: &crate::Handle) -> Self {
        Self(handle.as_str().into())
    }
}

impl fmt::Debug for DisplayName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.0, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_measured_as_it_is_written() {
        assert!(DisplayName::new(&"x".repeat(387)).is_some());
        assert!(DisplayName::new(&"x".repeat(388)).is_none());
        assert!(DisplayName::new(&" ".repeat(129)).is_some());
        assert!(DisplayName::new(&" ".repeat(130)).is_none());
        assert!(DisplayName::new("").is_none());
        assert!(DisplayName::new("a\r\nOUT").is_none());
    }

    #[test]
    fn a_word_over_the_limit_is_malformed_even_if_it_would_be_written_shorter() {
        let word = Text::parse("%41".repeat(130).as_bytes()).unwrap();
        assert_eq!(DisplayName::from_text(&word), Err(Malformed::WordTooLong));
    }
}
