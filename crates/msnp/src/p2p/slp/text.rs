//! Lines, values and GUIDs as text.

use std::fmt::Display;
use std::io::Write;

use crate::Guid;

/// Appends a line.
pub(super) fn line(out: &mut Vec<u8>, text: impl Display) {
    // Writing to a Vec cannot fail.
    let _ = write!(out, "{text}\r\n");
}

/// Returns a GUID in braces and upper case, as clients write it.
pub(super) fn braced(guid: Guid) -> String {
    format!("{{{}}}", guid.to_string().to_ascii_uppercase())
}

/// Reads a GUID in braces.
pub(super) fn unbraced(word: &str) -> Option<Guid> {
    let guid = word.trim().strip_prefix('{')?.strip_suffix('}')?;
    Guid::parse(guid.as_bytes())
}

/// Removes the characters that would end a line, and the blanks around the text.
pub(super) fn clean(text: &str) -> String {
    let text: String = text.chars().filter(|char| !char.is_control()).collect();
    text.trim().to_owned()
}
