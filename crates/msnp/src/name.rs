//! Names that users choose: display names, nicknames, group names (docs/protocol/framing.md sections 5 and 6).

use std::fmt;
use std::sync::Arc;

use arcstr::ArcStr;

use crate::malformed::Malformed;
use crate::text;

/// The maximum length of a display name or nickname, in bytes. The length is that of the word that
/// this crate writes for the name. Clients do not read longer words.
///
/// A name of 129 characters fits if this crate writes each character with at most three bytes. A
/// client may send a name with unnecessary escapes. These escapes do not count, because this crate
/// writes the name without them.
pub const MAX_DISPLAY_NAME: usize = 387;
/// The maximum length of a group name, in decoded bytes. Longer names are refused with error 229.
pub const MAX_GROUP_NAME: usize = 61;

/// A word that carries text. Contains the decoded text. Also contains the word as received, because
/// some answers repeat that word.
#[derive(Clone, PartialEq, Eq)]
pub struct Text {
    raw: Vec<u8>,
    value: Arc<str>,
}

impl Text {
    /// Decodes a word. Returns `None` if the decoded text is not UTF-8 or contains NUL, CR or LF.
    #[must_use]
    pub fn parse(word: &[u8]) -> Option<Self> {
        let value = text::decode(word)?;
        Some(Self { raw: word.to_vec(), value: value.into() })
    }

    /// Encodes a text as a word.
    #[must_use]
    pub fn encode(value: &str) -> Self {
        let mut raw = Vec::with_capacity(value.len());
        text::encode_into(&mut raw, value);
        Self { raw, value: value.into() }
    }

    /// Returns the word as received.
    #[must_use]
    pub fn raw(&self) -> &[u8] {
        &self.raw
    }

    /// Returns the decoded text.
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

/// A display name or nickname, without NUL, CR and LF. The word that this crate writes for the name
/// has 1 to [`MAX_DISPLAY_NAME`] bytes. Cheap to clone, and as large as one pointer.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct DisplayName(ArcStr);

impl DisplayName {
    /// Creates a name. Returns `None` if the text is empty, is too long, or contains NUL, CR or LF.
    #[must_use]
    pub fn new(name: &str) -> Option<Self> {
        let fits = !name.is_empty() && text::encoded_len(name) <= MAX_DISPLAY_NAME;
        (fits && text::is_safe(name)).then(|| Self(name.into()))
    }

    /// Reads a word that must be a valid name.
    pub(crate) fn from_word(word: &[u8]) -> Result<Self, Malformed> {
        let text = Text::parse(word).ok_or(Malformed::Word)?;
        Self::new(text.value()).ok_or(Malformed::Word)
    }

    /// Returns the name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&crate::Handle> for DisplayName {
    /// Uses the handle as the name of an account that has no name.
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
    fn the_encoded_length_of_a_name_is_limited() {
        assert!(DisplayName::new(&"x".repeat(387)).is_some());
        assert!(DisplayName::new(&"x".repeat(388)).is_none());
        assert!(DisplayName::new(&" ".repeat(129)).is_some());
        assert!(DisplayName::new(&" ".repeat(130)).is_none());
        assert!(DisplayName::new("").is_none());
        assert!(DisplayName::new("a\r\nOUT").is_none());
    }

    #[test]
    fn unnecessary_escapes_in_a_name_do_not_count_towards_the_limit() {
        for name in ["A".repeat(387), "漢".repeat(129), "ж".repeat(129), "🐌".repeat(96)] {
            let word: String = name.bytes().map(|byte| format!("%{byte:02X}")).collect();
            assert_eq!(DisplayName::from_word(word.as_bytes()).unwrap().as_str(), name);
        }
        assert!(DisplayName::from_word("%41".repeat(388).as_bytes()).is_err());
    }
}
