//! Reading the XML that clients post (docs/protocol/security.md section 4, "XML input").
//!
//! [`Reader`] goes through a document and tracks the open elements. [`crate::passport`] and
//! [`crate::client_config`] pick out the values that they need. The only entities are the five
//! predefined ones. The reader refuses everything that could use much memory, or that two parsers
//! could understand differently.

use std::borrow::Cow;

use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesStart, Event};
use thiserror::Error;

/// The maximum nesting depth of elements, and also the maximum number of attributes of one element
/// (security.md section 4, "XML input").
const MAX_DEPTH: usize = 32;
const MAX_ATTRIBUTES: usize = 32;

/// The reason why a document is not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum BadXml {
    /// The document is not well-formed, or uses an entity that XML does not define.
    #[error("the body is not well-formed XML")]
    Malformed,
    /// The document has a DOCTYPE. No client sends a DOCTYPE, and a DOCTYPE can define entities.
    #[error("the body has a DOCTYPE")]
    DocType,
    /// The nesting is too deep, or an element has too many attributes.
    #[error("the body exceeds a limit")]
    Limit,
}

/// A step through a document.
pub(crate) enum Step<'a> {
    /// The start of an element. Its attributes are well-formed and within the limit.
    Open(BytesStart<'a>),
    /// A piece of text inside the innermost element.
    Text(Cow<'a, str>),
    /// The end of the innermost element. [`Reader::at`] still includes that element.
    Close,
}

/// Reads a document one step after the other. The document may be empty.
pub(crate) struct Reader<'a> {
    // This is not an `NsReader`, because resolving namespaces would let an attacker decide how much
    // memory is used. Nothing here needs namespaces.
    events: quick_xml::Reader<&'a [u8]>,
    /// The local names of the open elements.
    path: Vec<String>,
    /// True after the root element has started.
    rooted: bool,
    /// The action that the reader must carry out before the next event.
    next: Next,
}

enum Next {
    Read,
    /// Close the element that was just opened, because it is empty.
    Close,
    /// Remove the element that was just closed from the path.
    Leave,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
        Self { events: quick_xml::Reader::from_str(text), path: Vec::new(), rooted: false, next: Next::Read }
    }

    /// Returns the next step, or `None` at the end of the document.
    pub(crate) fn step(&mut self) -> Result<Option<Step<'a>>, BadXml> {
        match std::mem::replace(&mut self.next, Next::Read) {
            Next::Read => {}
            Next::Close => return Ok(Some(self.close())),
            Next::Leave => {
                self.path.pop();
            }
        }
        loop {
            match self.events.read_event().map_err(|_| BadXml::Malformed)? {
                Event::Start(start) => return self.open(start).map(Some),
                Event::Empty(start) => {
                    self.next = Next::Close;
                    return self.open(start).map(Some);
                }
                // quick_xml checks that the tags match.
                Event::End(_) => return Ok(Some(self.close())),
                Event::Text(text) => {
                    if let Some(step) = self.text(text.xml10_content())? {
                        return Ok(Some(step));
                    }
                }
                Event::CData(text) => {
                    if let Some(step) = self.text(text.xml10_content())? {
                        return Ok(Some(step));
                    }
                }
                Event::GeneralRef(name) => {
                    let text = match name.resolve_char_ref().map_err(|_| BadXml::Malformed)? {
                        Some(character) => Cow::Owned(character.to_string()),
                        None => Cow::Borrowed(resolve_predefined_entity(&name).ok_or(BadXml::Malformed)?),
                    };
                    if let Some(step) = self.text(text)? {
                        return Ok(Some(step));
                    }
                }
                Event::DocType(_) => return Err(BadXml::DocType),
                Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
                Event::Eof if self.path.is_empty() => return Ok(None),
                Event::Eof => return Err(BadXml::Malformed),
            }
        }
    }

    /// Returns whether the innermost elements have these local names, ignoring prefixes. The innermost name comes last.
    pub(crate) fn at(&self, end: &[&str]) -> bool {
        self.path.len() >= end.len() && self.path.iter().rev().zip(end.iter().rev()).all(|(have, want)| have == want)
    }

    fn open(&mut self, start: BytesStart<'a>) -> Result<Step<'a>, BadXml> {
        if self.path.is_empty() && self.rooted {
            return Err(BadXml::Malformed);
        }
        self.rooted = true;
        if self.path.len() == MAX_DEPTH {
            return Err(BadXml::Limit);
        }
        for (count, attribute) in start.attributes().enumerate() {
            attribute.map_err(|_| BadXml::Malformed)?;
            if count == MAX_ATTRIBUTES {
                return Err(BadXml::Limit);
            }
        }
        self.path.push(start.local_name().as_ref().to_owned());
        Ok(Step::Open(start))
    }

    fn close(&mut self) -> Step<'a> {
        self.next = Next::Leave;
        Step::Close
    }

    /// Ignores white space outside of the root element and refuses other text there.
    fn text(&self, text: Cow<'a, str>) -> Result<Option<Step<'a>>, BadXml> {
        match (self.path.is_empty(), text.trim().is_empty()) {
            (false, _) => Ok(Some(Step::Text(text))),
            (true, true) => Ok(None),
            (true, false) => Err(BadXml::Malformed),
        }
    }
}

/// Returns whether an XML document can contain a character (XML 1.0 section 2.2).
pub(crate) const fn is_xml_char(char: char) -> bool {
    matches!(char, '\t' | '\n' | '\r' | ' '..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..)
}

/// Returns a text escaped for an element or an attribute, without the characters that XML cannot
/// contain. A parser stops at such a character, so a client would show nothing.
#[must_use]
pub fn escape_xml(text: &str) -> String {
    let text: String = text.chars().filter(|char| is_xml_char(*char)).collect();
    quick_xml::escape::escape(text).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns each step and whether it is inside of `a/b`.
    fn walk(text: &str) -> Result<Vec<(String, bool)>, BadXml> {
        let mut reader = Reader::new(text);
        let mut steps = Vec::new();
        while let Some(step) = reader.step()? {
            let step = match step {
                Step::Open(start) => format!("open {}", start.local_name().as_ref()),
                Step::Text(text) => format!("text {text}"),
                Step::Close => "close".to_owned(),
            };
            steps.push((step, reader.at(&["a", "b"])));
        }
        Ok(steps)
    }

    #[test]
    fn the_reader_knows_whether_each_tag_and_each_text_is_inside_a_given_element() {
        let steps =
            walk("\u{FEFF}<?xml version='1.0'?><x:a>1<b c='d'/>2<y:b>&lt;</y:b><!-- - --><c/></x:a>\n").unwrap();
        let steps: Vec<_> = steps.iter().map(|(step, inside)| (step.as_str(), *inside)).collect();
        let expected = [
            ("open a", false),
            ("text 1", false),
            ("open b", true),
            ("close", true),
            ("text 2", false),
            ("open b", true),
            ("text <", true),
            ("close", true),
            ("open c", false),
            ("close", false),
            ("close", false),
        ];
        assert_eq!(steps, expected);
    }

    #[test]
    fn an_empty_xml_document_contains_no_elements_and_no_text() {
        for text in ["", "\r\n", "<!-- - -->", "&#32;"] {
            assert_eq!(walk(text), Ok(Vec::new()), "{text}");
        }
    }

    #[test]
    fn the_nesting_depth_and_the_number_of_attributes_are_limited_to_32() {
        let nested = |depth| format!("{}{}", "<a>".repeat(depth), "</a>".repeat(depth));
        let wide = |count| format!("<a{}/>", (0..count).map(|n| format!(" a{n}=''")).collect::<String>());
        assert!(walk(&nested(32)).is_ok() && walk(&wide(32)).is_ok());
        assert_eq!((walk(&nested(33)), walk(&wide(33))), (Err(BadXml::Limit), Err(BadXml::Limit)));
    }

    #[test]
    fn escaped_text_is_well_formed_for_any_input() {
        for (text, expected) in [
            ("5 < 6 & \"so on\"", "5 &lt; 6 &amp; &quot;so on&quot;"),
            ("\x1b[1mbold\x1b[0m", "[1mbold[0m"),
            ("a\0\x08b\u{FFFE}\u{FFFF}", "ab"),
            ("tab\tline\n", "tab\tline\n"),
        ] {
            assert_eq!(escape_xml(text), expected);
        }
    }
}
