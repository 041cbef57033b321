//! The fields of MSNObjects, which describe pictures, emoticons, winks and voice clips (docs/protocol/identity.md,
//! "MSNObject", and payloads.md sections 4, 5 and 7.3).
//!
//! Servers pass on the object in CHG without reading it, as an [`MsnObject`]. Clients read the
//! object, because they ask the partner for the data that the object describes.

mod attributes;
mod hash;
mod kind;

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::xml::is_xml_char;
use crate::{Handle, MsnObject, text};

use attributes::Attributes;
pub use hash::Sha1;
use hash::sha1;
pub use kind::ObjectKind;

/// The description of a piece of data that a client offers to its partners: `<msnobj .../>`.
///
/// A value keeps the exact text that it was read from, because the client that offers the data may
/// compare this text with its own copy. The text has no control characters, and the encoded word
/// fits into CHG.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct MsnObjectFields {
    xml: String,
    attributes: Attributes,
}

impl MsnObjectFields {
    /// Describes `data`, which `creator` offers. Computes both hashes.
    ///
    /// `location` is the name of a file, such as `TFR2C.tmp`. `name` is shown to users and may be empty.
    ///
    /// Returns `None` if the word would be longer than [`MsnObject::MAX`] bytes, or if a text contains a control
    /// character.
    #[must_use]
    pub fn of(creator: &Handle, kind: ObjectKind, location: &str, name: &str, data: &[u8]) -> Option<Self> {
        let mut attributes = Attributes {
            creator: creator.as_str().to_owned(),
            size: u64::try_from(data.len()).ok()?,
            kind,
            location: location.to_owned(),
            friendly: encode_friendly(name),
            sha1d: sha1(data),
            sha1c: None,
        };
        let sha1c = attributes.expected_sha1c();
        attributes.sha1c = Some(sha1c);
        let xml = attributes.to_xml(&sha1c);
        is_allowed(&xml).then_some(Self { xml, attributes })
    }

    /// Reads an `msnobj` element, either as text or as the percent-encoded word that CHG and some messages contain.
    ///
    /// Accepts attributes in any order and in any case. Ignores unknown attributes, and white space
    /// and NUL around the element. Creator, Location, Friendly and SHA1C may be missing. A SHA1C
    /// that is not the base64 of a hash counts as missing.
    ///
    /// Returns `None` if Size, Type or SHA1D is missing or malformed. Also returns `None` if the
    /// text is not a single element, contains a control character, or would be a word of more than
    /// [`MsnObject::MAX`] bytes.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        // Three bytes of an escape stand for one byte of the element. So a text of more than three
        // times `MAX` bytes stands for an element of more than `MAX` bytes, even if the text
        // consists of escapes. The word of this element is then also longer than `MAX`.
        if text.len() > 3 * MsnObject::MAX {
            return None;
        }
        let around = |char: char| char == '\0' || char.is_ascii_whitespace();
        let text = text.trim_matches(around);
        let decoded;
        let xml = if text.starts_with('<') {
            text
        } else {
            decoded = text::decode(text.as_bytes())?;
            decoded.trim_matches(around)
        };
        let attributes = Some(xml).filter(|xml| is_allowed(xml)).and_then(Attributes::read)?;
        Some(Self { xml: xml.to_owned(), attributes })
    }

    /// Reads the object in the word of CHG, ILN or NLN. See [`MsnObjectFields::parse`].
    #[must_use]
    pub fn from_word(word: &MsnObject) -> Option<Self> {
        Self::parse(word.as_str())
    }

    /// Returns the element, exactly as it was read.
    #[must_use]
    pub fn to_xml(&self) -> &str {
        &self.xml
    }

    /// Returns the word for CHG. In this word, every byte is escaped except ASCII letters, digits
    /// and `-._`. Official clients write the word in the same way.
    #[must_use]
    pub fn to_word(&self) -> MsnObject {
        MsnObject::of_text(&self.xml)
    }

    /// Returns the address of the account that created the object, as the object states. The
    /// address proves nothing, because people copy pictures.
    #[must_use]
    pub fn creator(&self) -> &str {
        &self.attributes.creator
    }

    /// Returns the size of the data in bytes, as the client that offers the data states it. Check
    /// the size against a limit before asking for the data.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.attributes.size
    }

    /// Returns the kind.
    #[must_use]
    pub const fn kind(&self) -> ObjectKind {
        self.attributes.kind
    }

    /// Returns the attribute Location: the name of the file that contains the data on the computer
    /// of the client that offers the data. Do not use this name as a path, because the other client
    /// chose it.
    #[must_use]
    pub fn location(&self) -> &str {
        &self.attributes.location
    }

    /// Returns the attribute Friendly as it is on the wire: base64 of UTF-16, little endian.
    #[must_use]
    pub fn friendly(&self) -> &str {
        &self.attributes.friendly
    }

    /// Returns the name that Friendly contains, up to the first NUL. `None` if Friendly is not
    /// base64 of UTF-16.
    #[must_use]
    pub fn name(&self) -> Option<String> {
        let bytes = STANDARD.decode(&self.attributes.friendly).ok()?;
        let (units, []) = bytes.as_chunks::<2>() else {
            return None;
        };
        let units = units.iter().map(|unit| u16::from_le_bytes(*unit)).take_while(|unit| *unit != 0);
        char::decode_utf16(units).collect::<Result<_, _>>().ok()
    }

    /// Returns the hash of the data. It identifies the data, for example in a cache.
    #[must_use]
    pub const fn sha1d(&self) -> Sha1 {
        self.attributes.sha1d
    }

    /// Returns SHA1C, which is the hash of the other attributes, if the object has a SHA1C.
    #[must_use]
    pub const fn sha1c(&self) -> Option<Sha1> {
        self.attributes.sha1c
    }

    /// Returns whether `data` has the size and the hash that the object states.
    #[must_use]
    pub fn matches(&self, data: &[u8]) -> bool {
        u64::try_from(data.len()) == Ok(self.size()) && sha1(data) == self.attributes.sha1d
    }

    /// Returns whether the object has a SHA1C that matches the other attributes. Some clients leave SHA1C out, so
    /// `false` is no reason to refuse an object.
    #[must_use]
    pub fn sha1c_is_right(&self) -> bool {
        self.attributes.sha1c == Some(self.attributes.expected_sha1c())
    }
}

impl fmt::Debug for MsnObjectFields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.xml, f)
    }
}

/// Returns whether a text has no control character and fits into a word. A control character could
/// end a line. In a list of emoticons, it could also end a field.
fn is_allowed(xml: &str) -> bool {
    let is_plain = |char: char| !char.is_control() && is_xml_char(char);
    xml.chars().all(is_plain) && text::strictly_encoded_len(xml) <= MsnObject::MAX
}

/// Returns the attribute Friendly for a name: base64 of UTF-16, little endian, with a NUL at the end.
fn encode_friendly(name: &str) -> String {
    let units = name.encode_utf16().chain([0]);
    STANDARD.encode(units.flat_map(u16::to_le_bytes).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests;
