//! The XML of UUX and UBX (docs/protocol/ns.md section 10).

use std::fmt;
use std::sync::Arc;

use quick_xml::Reader;
use quick_xml::escape::unescape;
use quick_xml::events::{BytesDecl, BytesRef, BytesStart, Event};

use crate::notification::verb::MAX_PERSONAL_MESSAGE;
use crate::xml::{self, escape_xml, is_xml_char};

/// The deepest nesting that is accepted (security.md section 4).
const MAX_DEPTH: usize = 32;

/// A personal message: the payload of UUX. The server sends the payload to contacts unchanged.
/// Cheap to clone.
///
/// The payload is well-formed UTF-8 XML with the root `Data`, without a document type, and with no
/// entities other than the five predefined ones. These rules protect the clients of contacts.
#[derive(Clone, PartialEq, Eq)]
pub struct PersonalMessage(Arc<[u8]>);

impl PersonalMessage {
    /// Reads a payload. Returns `None` if the payload does not have the form that
    /// [`PersonalMessage`] describes.
    #[must_use]
    pub fn parse(payload: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(payload).ok()?;
        is_data_document(text).then(|| Self(payload.into()))
    }

    /// Creates the personal message with this text. Returns `None` if the message would be longer
    /// than a server accepts ([`MAX_PERSONAL_MESSAGE`]).
    #[must_use]
    pub fn of_text(text: &str) -> Option<Self> {
        let xml = format!("<Data><PSM>{}</PSM><CurrentMedia></CurrentMedia></Data>", escape_xml(text));
        (xml.len() <= MAX_PERSONAL_MESSAGE).then(|| Self(xml.into_bytes().into()))
    }

    /// Returns the payload.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Returns the text of the element `PSM`, or an empty text if there is no such element.
    #[must_use]
    pub fn text(&self) -> String {
        let xml = String::from_utf8_lossy(&self.0);
        let mut reader = xml::Reader::new(xml.trim());
        let mut text = String::new();
        // The document is well-formed, but an element may have more attributes than this reader
        // accepts. In that case, the text ends before that element.
        while let Ok(Some(step)) = reader.step() {
            match step {
                xml::Step::Text(piece) if reader.at(&["Data", "PSM"]) => text.push_str(&piece),
                _ => {}
            }
        }
        text
    }
}

impl fmt::Debug for PersonalMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PersonalMessage({} bytes)", self.0.len())
    }
}

/// Returns whether a text is XML as [`PersonalMessage`] requires. White space around the root is
/// accepted, because a current client sends such white space.
fn is_data_document(text: &str) -> bool {
    if !text.chars().all(is_xml_char) {
        return false;
    }
    let mut reader = Reader::from_str(text);
    reader.config_mut().enable_all_checks(true);
    let (mut depth, mut roots) = (0usize, 0);
    loop {
        let at_start = reader.buffer_position() == 0;
        match reader.read_event() {
            Ok(Event::Start(tag)) => {
                if !good_tag(&tag, depth) || depth == MAX_DEPTH {
                    return false;
                }
                roots += usize::from(depth == 0);
                depth += 1;
            }
            Ok(Event::Empty(tag)) => {
                if !good_tag(&tag, depth) {
                    return false;
                }
                roots += usize::from(depth == 0);
            }
            Ok(Event::End(_)) => depth = depth.saturating_sub(1),
            Ok(Event::Text(text)) => {
                if (depth == 0 && !text.trim_ascii().is_empty()) || text.contains("]]>") {
                    return false;
                }
            }
            Ok(Event::GeneralRef(name)) => {
                if depth == 0 || !is_valid_reference(&name) {
                    return false;
                }
            }
            Ok(Event::Decl(declaration)) if at_start && is_utf8(&declaration) => {}
            Ok(Event::CData(_)) if depth > 0 => {}
            Ok(Event::Comment(_)) => {}
            Ok(Event::Eof) => return depth == 0 && roots == 1,
            Ok(Event::CData(_) | Event::Decl(_) | Event::DocType(_) | Event::PI(_)) | Err(_) => return false,
        }
    }
}

/// Returns whether an XML declaration names no encoding, or names UTF-8.
fn is_utf8(declaration: &BytesDecl<'_>) -> bool {
    match declaration.encoding() {
        None => true,
        Some(encoding) => encoding.is_ok_and(|encoding| encoding.eq_ignore_ascii_case("utf-8")),
    }
}

/// Returns whether `&name;` is one of the five predefined entities, or a character that XML may contain.
fn is_valid_reference(name: &BytesRef<'_>) -> bool {
    match name.resolve_char_ref() {
        Ok(Some(char)) => is_xml_char(char),
        Ok(None) => matches!(&**name, "amp" | "lt" | "gt" | "apos" | "quot"),
        Err(_) => false,
    }
}

/// Returns whether a tag has a plausible name (`Data` for the root) and well-formed attributes.
fn good_tag(tag: &BytesStart<'_>, depth: usize) -> bool {
    let name = tag.name();
    let name = name.as_ref();
    let named = name.starts_with(|first: char| first.is_alphabetic() || first == '_')
        && name.chars().all(|char| char.is_alphanumeric() || matches!(char, '_' | '-' | '.' | ':'));
    named
        && (depth > 0 || name == "Data")
        && tag.attributes().all(|attribute| attribute.is_ok_and(|it| is_valid_value(&it.value)))
}

fn is_valid_value(value: &str) -> bool {
    !value.contains('<') && unescape(value).is_ok_and(|value| value.chars().all(is_xml_char))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_personal_message_is_read_back_as_it_was_written() {
        for text in ["", "at work", "5 < 6 & \"so on\"", "\u{202e}ж🐌"] {
            let message = PersonalMessage::of_text(text).unwrap();
            assert_eq!(PersonalMessage::parse(message.as_bytes()), Some(message.clone()));
            assert_eq!(message.text(), text);
        }
        assert_eq!(PersonalMessage::of_text(&"x".repeat(MAX_PERSONAL_MESSAGE)), None);
        let seen = b" <Data><PSM>a</PSM><CurrentMedia>b</CurrentMedia><Other><PSM>c</PSM></Other></Data>";
        assert_eq!(PersonalMessage::parse(seen).unwrap().text(), "a");
        assert_eq!(PersonalMessage::parse(b"<Data/>").unwrap().text(), "");
    }

    #[test]
    fn the_personal_messages_of_real_clients_are_accepted() {
        for xml in [
            "<Data><PSM></PSM><CurrentMedia /></Data>",
            " <Data><PSM>Hi%20there</PSM><CurrentMedia></CurrentMedia></Data>",
            "<Data><PSM>R&amp;D &lt;3 &#9786;</PSM><CurrentMedia>\\0Music\\01\\0{0} - {1}\\0</CurrentMedia></Data>\r\n",
            "<Data><PSM/><MachineGuid>{F26D1F07-95E2-403C-BC18-D4BFED493428}</MachineGuid></Data>",
            "<Data/>",
            "<?xml version=\"1.0\"?><Data a=\"R&amp;D\"><!-- a - b --></Data>",
        ] {
            assert!(PersonalMessage::parse(xml.as_bytes()).is_some(), "{xml}");
        }
    }

    #[test]
    fn a_payload_that_could_break_the_client_of_a_contact_is_refused() {
        let deep = format!("<Data>{}{}</Data>", "<a>".repeat(40), "</a>".repeat(40));
        for xml in [
            "<invalid></invalid>",
            "<Data><a=b/></Data>",
            "<Data><a,b/></Data>",
            "<?xml version=\"1.0\" encoding=\"utf-16\"?><Data/>",
            "<Data>",
            "<Data></data>",
            "<Data></Data><Data></Data>",
            "<Data></Data>x",
            "x<Data></Data>",
            "",
            "   ",
            "<!DOCTYPE Data [<!ENTITY a \"b\">]><Data>&a;</Data>",
            "<Data>&a;</Data>",
            "<Data>a & b</Data>",
            "<Data><PSM></Data></PSM>",
            "<Data a=b></Data>",
            "<Data>&#0;</Data>",
            "<Data>\0</Data>",
            "<Data>\u{7}</Data>",
            "<Data>\u{fffe}</Data>",
            "<Data>&#7;</Data>",
            "<Data>&#xD800;</Data>",
            "<Data a=\"&#7;\"/>",
            "<Data a=\"&a;\"/>",
            "<Data a=\"<\"/>",
            "<Data a=\"1\" a=\"2\"/>",
            "<Data>]]></Data>",
            "<Data><!-- a -- b --></Data>",
            "<Data/><?xml version=\"1.0\"?>",
            " <?xml version=\"1.0\"?><Data/>",
            deep.as_str(),
        ] {
            assert!(PersonalMessage::parse(xml.as_bytes()).is_none(), "{xml}");
        }
        assert!(PersonalMessage::parse(b"<Data>\xff</Data>").is_none());
    }
}
