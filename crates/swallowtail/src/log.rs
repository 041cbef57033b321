//! The writer of the log. Addresses and other texts from strangers may contain characters that
//! control a terminal or change the direction of text. The log contains escapes in the place of
//! such characters, so programs that print it later, such as `journalctl` or `less`, are safe.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io::{self, Write};

use msnp::text::is_unsafe_to_show;

/// The format of a line of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// Text without colours.
    Text,
    /// Text with colours. The escape character stays in the line, because the colours need it. The
    /// logging library has already replaced it in texts from strangers.
    Colors,
    /// A JSON object.
    Json,
}

/// A writer that writes unsafe characters as escapes. Each call must write whole characters. The
/// logging library satisfies that, because it writes a whole line in each call.
#[derive(Debug)]
pub(crate) struct Inert<W> {
    inner: W,
    format: Format,
}

impl<W> Inert<W> {
    /// Wraps a writer.
    pub(crate) const fn new(inner: W, format: Format) -> Self {
        Self { inner, format }
    }
}

impl<W: Write> Write for Inert<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.inner.write_all(inert(&String::from_utf8_lossy(bytes), self.format).as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// Returns a line with escapes: `\u{202e}` in text, and `\u202e` in JSON.
fn inert(line: &str, format: Format) -> Cow<'_, str> {
    let is_kept = |character| character == '\n' || (character == '\u{1b}' && format == Format::Colors);
    let is_unsafe = |character| is_unsafe_to_show(character) && !is_kept(character);
    if !line.contains(is_unsafe) {
        return Cow::Borrowed(line);
    }
    let mut out = String::with_capacity(line.len());
    for character in line.chars() {
        // Writing to a string cannot fail.
        let _ = match format {
            _ if !is_unsafe(character) => out.write_char(character),
            Format::Json => write!(out, "\\u{:04x}", u32::from(character)),
            Format::Text | Format::Colors => write!(out, "{}", character.escape_unicode()),
        };
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unsafe_characters_in_the_log_are_escaped_but_line_ends_are_kept() {
        let line = "INFO handle=é\u{202e}\u{9b}x\u{7f}\n";
        for (format, expected) in [
            (Format::Text, "INFO handle=é\\u{202e}\\u{9b}x\\u{7f}\n"),
            (Format::Json, "INFO handle=é\\u202e\\u009bx\\u007f\n"),
        ] {
            let mut written = Vec::new();
            let count = Inert::new(&mut written, format).write(line.as_bytes()).unwrap();
            assert_eq!((count, String::from_utf8(written).unwrap().as_str()), (line.len(), expected));
        }
    }

    #[test]
    fn colour_codes_are_kept_only_in_the_coloured_format() {
        let line = "\u{1b}[32mINFO\u{1b}[0m \u{202e}";
        assert_eq!(inert(line, Format::Colors), "\u{1b}[32mINFO\u{1b}[0m \\u{202e}");
        assert_eq!(inert(line, Format::Text), "\\u{1b}[32mINFO\\u{1b}[0m \\u{202e}");
    }
}
