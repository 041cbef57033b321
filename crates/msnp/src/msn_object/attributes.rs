//! Reads and writes the attributes of an `<msnobj/>` element.

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_PAD_INDIFFERENT};
use quick_xml::escape::unescape;
use quick_xml::events::BytesStart;

use super::hash::{Sha1, sha1};
use super::kind::ObjectKind;
use crate::xml::{Reader, Step, escape_xml};

/// The attributes of an MSNObject.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct Attributes {
    pub(super) creator: String,
    pub(super) size: u64,
    pub(super) kind: ObjectKind,
    pub(super) location: String,
    pub(super) friendly: String,
    pub(super) sha1d: Sha1,
    pub(super) sha1c: Option<Sha1>,
}

impl Attributes {
    /// Reads the text of an element. Returns `None` unless the text is exactly one `msnobj` element
    /// that has a size, a type and a hash of the data.
    pub(super) fn read(text: &str) -> Option<Self> {
        let mut reader = Reader::new(text);
        let Ok(Some(Step::Open(element))) = reader.step() else {
            return None;
        };
        let attributes = Self::of_element(&element)?;
        // After the element, the text must end.
        let closed = matches!(reader.step(), Ok(Some(Step::Close))) && matches!(reader.step(), Ok(None));
        closed.then_some(attributes)
    }

    fn of_element(element: &BytesStart<'_>) -> Option<Self> {
        if !element.local_name().as_ref().eq_ignore_ascii_case("msnobj") {
            return None;
        }
        let (mut creator, mut location, mut friendly) = (String::new(), String::new(), String::new());
        let (mut size, mut kind, mut sha1d, mut sha1c) = (None, None, None, None);
        for attribute in element.attributes().flatten() {
            let value = plain(&attribute.value);
            match attribute.key.as_ref().to_ascii_lowercase().as_str() {
                "creator" => creator = value,
                "location" => location = value,
                "friendly" => friendly = value,
                "size" => size = number(&value),
                "type" => kind = number(&value).and_then(|number| u32::try_from(number).ok()),
                "sha1d" => sha1d = hash(&value),
                "sha1c" => sha1c = hash(&value),
                // All other attributes are ignored. For example, winks that were sold in a shop
                // also have a stamp and content ids.
                _ => {}
            }
        }
        let (size, kind, sha1d) = (size?, ObjectKind::from_number(kind?), sha1d?);
        Some(Self { creator, size, kind, location, friendly, sha1d, sha1c })
    }
}

impl Attributes {
    /// Returns the hash over the other attributes (payloads.md section 7.3).
    pub(super) fn expected_sha1c(&self) -> Sha1 {
        let Self { creator, size, kind, location, friendly, sha1d, .. } = self;
        let (kind, sha1d) = (kind.number(), STANDARD.encode(sha1d));
        let text = format!("Creator{creator}Size{size}Type{kind}Location{location}Friendly{friendly}SHA1D{sha1d}");
        sha1(text.as_bytes())
    }

    /// Returns the element, with the attributes in the order in which official clients write them.
    pub(super) fn to_xml(&self, sha1c: &Sha1) -> String {
        format!(
            r#"<msnobj Creator="{}" Size="{}" Type="{}" Location="{}" Friendly="{}" SHA1D="{}" SHA1C="{}"/>"#,
            escape_xml(&self.creator),
            self.size,
            self.kind.number(),
            escape_xml(&self.location),
            escape_xml(&self.friendly),
            STANDARD.encode(self.sha1d),
            STANDARD.encode(sha1c),
        )
    }
}

/// Returns the value of an attribute. A value with a bare `&`, which some clients write, is used as it is.
fn plain(value: &str) -> String {
    unescape(value).map_or_else(|_| value.to_owned(), Cow::into_owned)
}

/// Reads a decimal number of 64 bits: digits only.
fn number(value: &str) -> Option<u64> {
    let is_plain = value.bytes().all(|byte| byte.is_ascii_digit());
    value.parse().ok().filter(|_| is_plain)
}

/// Reads the base64 of a SHA-1. The `=` at the end may be missing.
fn hash(value: &str) -> Option<Sha1> {
    STANDARD_PAD_INDIFFERENT.decode(value).ok()?.try_into().ok()
}
