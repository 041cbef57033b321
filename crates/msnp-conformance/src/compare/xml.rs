//! Compares XML bodies by their elements, attributes and texts (docs/protocol/transcripts/README.md section 3, HTTP).

use std::collections::BTreeMap;
use std::fmt::Write;

use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

use super::mismatch::Mismatch;

/// Elements with a text that the server chooses (README section 3, Free values).
const FREE_TEXT: &[&str] = &[
    "PUID",
    "serverVersion",
    "configVersion",
    "uiVersion",
    "serverInfo",
    "Created",
    "Expires",
    "CipherValue",
    "BinarySecret",
];

/// An XML element.
#[derive(Debug, Default, PartialEq, Eq)]
struct Element {
    name: String,
    attributes: BTreeMap<String, String>,
    text: String,
    children: Vec<Self>,
}

impl Element {
    /// Returns the name without its prefix.
    fn local(&self) -> &str {
        self.name.rsplit(':').next().unwrap_or_default()
    }
}

/// Compares two documents. Returns the expected document in a normal form, with names in place of
/// the server's values.
pub(super) fn compare(expected: &[u8], got: &[u8]) -> Result<Vec<u8>, Mismatch> {
    let expected = parse(expected).map_err(|why| format!("could not parse the XML in the transcript: {why}"))?;
    let got = parse(got).map_err(|why| format!("could not parse the received XML: {why}"))?;
    element(&expected, &got, "")?;
    let mut masked = String::new();
    write_masked(&expected, &mut masked);
    Ok(masked.into_bytes())
}

fn element(expected: &Element, got: &Element, path: &str) -> Result<(), Mismatch> {
    let path = format!("{path}/{}", expected.name);
    if expected.name != got.name {
        return Err(format!("expected the element `{path}` but received `{}`", got.name));
    }
    let free = FREE_TEXT.contains(&expected.local());
    attributes(expected, got, free, &path)?;
    if free {
        if got.text.is_empty() {
            return Err(format!("`{path}` has no value"));
        }
    } else if !text_fits(expected, &got.text) {
        return Err(format!("the text of `{path}` should be `{}` but is `{}`", expected.text, got.text));
    }
    if expected.children.len() != got.children.len() {
        let names = |element: &Element| element.children.iter().map(|c| c.name.clone()).collect::<Vec<_>>().join(" ");
        return Err(format!("`{path}` should have the elements `{}` but has `{}`", names(expected), names(got)));
    }
    expected.children.iter().zip(&got.children).try_for_each(|(expected, got)| element(expected, got, &path))
}

fn attributes(expected: &Element, got: &Element, free: bool, path: &str) -> Result<(), Mismatch> {
    let names = |element: &Element| element.attributes.keys().cloned().collect::<Vec<_>>().join(" ");
    if !expected.attributes.keys().eq(got.attributes.keys()) {
        return Err(format!("`{path}` should have the attributes `{}` but has `{}`", names(expected), names(got)));
    }
    let wrong = expected.attributes.iter().find(|(key, value)| !free && got.attributes.get(*key) != Some(value));
    match wrong {
        Some((key, value)) => Err(format!("the attribute `{key}` of `{path}` should be `{value}`")),
        None => Ok(()),
    }
}

/// Returns whether a text is as expected. The ticket in a `BinarySecurityToken` (`t=...&p=`) may differ.
fn text_fits(expected: &Element, got: &str) -> bool {
    if expected.local() != "BinarySecurityToken" {
        return expected.text == got;
    }
    let split = |text: &str| {
        let (ticket, rest) = text.strip_prefix("t=")?.split_once('&')?;
        (!ticket.is_empty()).then(|| rest.to_owned())
    };
    split(&expected.text) == split(got) && split(got).is_some()
}

fn write_masked(element: &Element, out: &mut String) {
    let free = FREE_TEXT.contains(&element.local());
    let _ = write!(out, "<{}", element.name);
    for (key, value) in &element.attributes {
        let _ = write!(out, " {key}=\"{}\"", if free { "{free}" } else { value });
    }
    out.push('>');
    out.push_str(match element.local() {
        "BinarySecurityToken" => "t={ticket}",
        _ if free => "{free}",
        _ => &element.text,
    });
    for child in &element.children {
        write_masked(child, out);
    }
    let _ = write!(out, "</{}>", element.name);
}

/// Parses a document. White space between elements is ignored.
fn parse(bytes: &[u8]) -> Result<Element, String> {
    let text = std::str::from_utf8(bytes).map_err(|error| error.to_string())?;
    let mut reader = Reader::from_str(text);
    let mut open = vec![Element::default()];
    loop {
        let event = reader.read_event().map_err(|error| error.to_string())?;
        match event {
            Event::Start(start) => open.push(start_element(&start)?),
            Event::Empty(start) => close(start_element(&start)?, &mut open),
            Event::End(_) => match open.pop() {
                Some(element) => close(element, &mut open),
                None => return Err("an end tag has no start tag".to_owned()),
            },
            Event::Text(text) => add_text(&mut open, &text),
            Event::CData(text) => add_text(&mut open, &text),
            Event::GeneralRef(name) => {
                let resolved = match name.resolve_char_ref().map_err(|error| error.to_string())? {
                    Some(c) => c.to_string(),
                    None => named(&name).ok_or_else(|| format!("unknown entity `&{};`", &*name))?.to_owned(),
                };
                add_text(&mut open, &resolved);
            }
            Event::Eof => break,
            Event::DocType(_) => return Err("a DOCTYPE is not allowed".to_owned()),
            Event::Decl(_) | Event::Comment(_) | Event::PI(_) => {}
        }
    }
    let mut document = open.swap_remove(0);
    if !open.is_empty() || document.children.len() != 1 || !document.text.trim().is_empty() {
        return Err("it is not exactly one complete element".to_owned());
    }
    Ok(document.children.swap_remove(0))
}

fn start_element(start: &BytesStart<'_>) -> Result<Element, String> {
    let mut element = Element { name: start.name().0.to_owned(), ..Element::default() };
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|error| error.to_string())?;
        let value = attribute.normalized_value(XmlVersion::Implicit1_0).map_err(|error| error.to_string())?;
        element.attributes.insert(attribute.key.0.to_owned(), value.into_owned());
    }
    Ok(element)
}

fn close(mut element: Element, open: &mut [Element]) {
    if !element.children.is_empty() || element.text.trim().is_empty() {
        element.text = element.text.trim().to_owned();
    }
    if let Some(parent) = open.last_mut() {
        parent.children.push(element);
    }
}

fn add_text(open: &mut [Element], text: &str) {
    if let Some(element) = open.last_mut() {
        element.text.push_str(text);
    }
}

fn named(name: &str) -> Option<&'static str> {
    Some(match name {
        "amp" => "&",
        "lt" => "<",
        "gt" => ">",
        "quot" => "\"",
        "apos" => "'",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same(expected: &str, got: &str) -> bool {
        compare(expected.as_bytes(), got.as_bytes()).is_ok()
    }

    #[test]
    fn equivalent_spellings_of_xml_are_equal() {
        assert!(same("<?xml version=\"1.0\"?><a x=\"1\" y=\"2\"><b/></a>", "<a y='2' x='1'>\r\n <b></b> </a>"));
        assert!(same("<a>R&amp;D</a>", "<a>R&#38;D</a>"));
    }

    #[test]
    fn elements_and_attributes_and_texts_must_all_be_equal() {
        let base = "<s:a x=\"1\"><b>t</b><c/></s:a>";
        for wrong in [
            "<a x=\"1\"><b>t</b><c/></a>",
            "<s:a x=\"2\"><b>t</b><c/></s:a>",
            "<s:a><b>t</b><c/></s:a>",
            "<s:a x=\"1\"><b>u</b><c/></s:a>",
            "<s:a x=\"1\"><c/><b>t</b></s:a>",
            "<s:a x=\"1\"><b>t</b></s:a>",
            "<s:a x=\"1\"><b>t</b><c/>",
            "<s:a x=\"1\"><b>t</b><c/></s:a><d/>",
            "",
        ] {
            assert!(!same(base, wrong), "{wrong}");
        }
    }

    #[test]
    fn values_that_the_server_chooses_may_differ_but_must_be_present() {
        assert!(same("<p:PUID>1</p:PUID>", "<p:PUID>2</p:PUID>"));
        assert!(!same("<p:PUID>1</p:PUID>", "<p:PUID></p:PUID>"));
        assert!(same("<serverInfo Path=\"a\">x</serverInfo>", "<serverInfo Path=\"b\">y</serverInfo>"));
        assert!(!same("<serverInfo Path=\"a\">x</serverInfo>", "<serverInfo>y</serverInfo>"));
        let token = |text: &str| format!("<w:BinarySecurityToken Id=\"Compact1\">{text}</w:BinarySecurityToken>");
        assert!(same(&token("t=abc&amp;p="), &token("t=xyz&amp;p=")));
        assert!(!same(&token("t=abc&amp;p="), &token("t=&amp;p=")));
        assert!(!same(&token("t=abc&amp;p="), &token("xyz")));
    }
}
