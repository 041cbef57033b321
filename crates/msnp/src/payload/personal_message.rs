//! The XML of UUX and UBX (docs/protocol/ns.md section 10).

use std::fmt;
use std::sync::Arc;

use quick_xml::Reader;
use quick_xml::events::Event;

/// The deepest nesting let through (security.md section 4).
const MAX_DEPTH: usize = 32;

/// A personal message: the payload of UUX, which goes to others byte for byte. Cheap to clone.
///
/// It is well-formed UTF-8 XML with the root `Data`, without a document type and with none but the five entities of XML: a
/// contact's client must not get anything else.
#[derive(Clone, PartialEq, Eq)]
pub struct PersonalMessage(Arc<[u8]>);

impl PersonalMessage {
    /// Takes a payload as it came; `None` when it is not what the type says.
    #[must_use]
    pub fn parse(payload: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(payload).ok()?;
        is_data_document(text).then(|| Self(payload.into()))
    }

    /// The payload.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for PersonalMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PersonalMessage({} bytes)", self.0.len())
    }
}

/// Whether a text is XML as [`PersonalMessage`] says. Blank space around the root is fine: a client in use sends it.
fn is_data_document(text: &str) -> bool {
    let mut reader = Reader::from_str(text);
    reader.config_mut().check_end_names = true;
    let (mut depth, mut roots) = (0usize, 0);
    loop {
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
                if depth == 0 && !text.trim_ascii().is_empty() {
                    return false;
                }
            }
            Ok(Event::GeneralRef(name)) => {
                let known = matches!(&*name, "amp" | "lt" | "gt" | "apos" | "quot");
                if depth == 0
                    || !(known
                        || name
                            .resolve_char_ref()
                            .is_ok_and(|char| char.is_some_and(|c| c != '\0')))
                {
                    return false;
                }
            }
            Ok(Event::CData(_)) if depth > 0 => {}
            Ok(Event::Comment(_) | Event::Decl(_)) => {}
            Ok(Event::Eof) => return depth == 0 && roots == 1,
            Ok(Event::CData(_) | Event::DocType(_) | Event::PI(_)) | Err(_) => return false,
        }
    }
}

/// Whether a tag has a plausible name (`Data` for the root) and well-formed attributes.
fn good_tag(tag: &quick_xml::events::BytesStart<'_>, depth: usize) -> bool {
    let name = tag.name();
    let name = name.as_ref();
    let named = name.starts_with(|first: char| first.is_alphabetic() || first == '_') && !name.contains('<');
    named && (depth > 0 || name == "Data") && tag.attributes().all(|attribute| attribute.is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_clients_send_is_taken() {
        for xml in [
            "<Data><PSM></PSM><CurrentMedia /></Data>",
            " <Data><PSM>Hi%20there</PSM><CurrentMedia></CurrentMedia></Data>",
            "<Data><PSM>R&amp;D &lt;3 &#9786;</PSM><CurrentMedia>\\0Music\\01\\0{0} - {1}\\0</CurrentMedia></Data>\r\n",
            "<Data><PSM/><MachineGuid>{F26D1F07-95E2-403C-BC18-D4BFED493428}</MachineGuid></Data>",
            "<Data/>",
        ] {
            assert!(PersonalMessage::parse(xml.as_bytes()).is_some(), "{xml}");
        }
    }

    #[test]
    fn what_could_break_a_contact_s_client_is_not() {
        let deep = format!("<Data>{}{}</Data>", "<a>".repeat(40), "</a>".repeat(40));
        for xml in [
            "<invalid></invalid>",
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
            deep.as_str(),
        ] {
            assert!(PersonalMessage::parse(xml.as_bytes()).is_none(), "{xml}");
        }
        assert!(PersonalMessage::parse(b"<Data>\xff</Data>").is_none());
    }
}
