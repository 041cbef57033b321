//! `Name: value` lines: the headers of a message, and the fields in the body of some messages (docs/protocol/payloads.md
//! section 1).

use std::fmt;

/// The `Name: value` lines in a part of a message. Borrows that part.
///
/// The case of names does not matter. Lines end with LF or CR LF. Lines that have no colon or are
/// not UTF-8 are skipped. The functions allocate nothing, and each call reads the part once.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Headers<'a>(&'a [u8]);

impl<'a> Headers<'a> {
    /// Returns the lines in `part`.
    pub(super) const fn new(part: &'a [u8]) -> Self {
        Self(part)
    }

    /// Returns the value of the first line with this name, without the white space around it. The
    /// value can contain control characters other than LF.
    #[must_use]
    pub fn get(self, name: &str) -> Option<&'a str> {
        self.iter().find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// Returns all names and values, in the order of the message.
    pub fn iter(self) -> impl Iterator<Item = (&'a str, &'a str)> {
        let lines = self.0.split(|byte| *byte == b'\n').filter_map(|line| std::str::from_utf8(line).ok());
        lines.filter_map(|line| line.split_once(':')).map(|(name, value)| (name.trim(), value.trim()))
    }
}

impl fmt::Debug for Headers<'_> {
    /// Shows only the names, because some values are secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter().map(|(name, _)| name)).finish()
    }
}

/// Appends the line `name: value`. Control characters are left out, so that no value can add a line.
pub(super) fn write_header(out: &mut Vec<u8>, name: &str, value: &str) {
    push_plain(out, name);
    out.extend_from_slice(b": ");
    push_plain(out, value);
    out.extend_from_slice(b"\r\n");
}

/// Appends the headers that every message begins with.
pub(super) fn write_start(out: &mut Vec<u8>, content_type: &str) {
    write_header(out, "MIME-Version", "1.0");
    write_header(out, "Content-Type", content_type);
}

/// Appends a text without its control characters.
pub(super) fn push_plain(out: &mut Vec<u8>, text: &str) {
    let mut buffer = [0; 4];
    for char in text.chars().filter(|char| !char.is_control()) {
        out.extend_from_slice(char.encode_utf8(&mut buffer).as_bytes());
    }
}

/// Returns a text in the form that fits into a line: without control characters, and without white space around it.
pub(super) fn plain(text: &str) -> String {
    let text: String = text.chars().filter(|char| !char.is_control()).collect();
    text.trim().to_owned()
}
