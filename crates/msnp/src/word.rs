//! Words: reading them from a line, and writing them to a line (docs/protocol/framing.md section
//! 1).

use std::borrow::Cow;
use std::fmt::Display;
use std::io::Write;

use crate::{Malformed, text};

/// The words of a line, separated by blanks and tabs.
#[derive(Clone, Debug)]
pub struct Words<'a>(&'a [u8]);

impl<'a> Words<'a> {
    /// Returns the words of `line`, which has no line end.
    #[must_use]
    pub const fn new(line: &'a [u8]) -> Self {
        Self(line)
    }

    /// Returns the next word, or [`Malformed::WordCount`].
    pub fn need(&mut self) -> Result<&'a [u8], Malformed> {
        self.next().ok_or(Malformed::WordCount)
    }

    /// Returns the next word as UTF-8.
    pub fn need_str(&mut self) -> Result<&'a str, Malformed> {
        utf8(self.need()?)
    }

    /// Returns the next word, converted by `parse`. Fails if `parse` returns `None`.
    pub fn need_with<T>(&mut self, parse: impl FnOnce(&'a [u8]) -> Option<T>) -> Result<T, Malformed> {
        parse(self.need()?).ok_or(Malformed::Word)
    }

    /// Returns the next word as owned UTF-8.
    pub(crate) fn need_string(&mut self) -> Result<String, Malformed> {
        self.need_str().map(str::to_owned)
    }

    /// Returns all remaining words. Fails unless there are exactly `N`.
    pub(crate) fn exactly<const N: usize>(mut self) -> Result<[&'a [u8]; N], Malformed> {
        let mut words = [b"".as_slice(); N];
        for word in &mut words {
            *word = self.need()?;
        }
        self.end()?;
        Ok(words)
    }

    /// Fails unless every word was read.
    pub fn end(mut self) -> Result<(), Malformed> {
        self.next().map_or(Ok(()), |_| Err(Malformed::WordCount))
    }
}

impl<'a> Iterator for Words<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let start = self.0.iter().position(|byte| !is_blank(*byte))?;
        let rest = &self.0[start..];
        let len = rest.iter().position(|byte| is_blank(*byte)).unwrap_or(rest.len());
        let (word, rest) = rest.split_at(len);
        self.0 = rest;
        Some(word)
    }
}

const fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

/// Returns a word as UTF-8, or [`Malformed::Word`].
pub fn utf8(word: &[u8]) -> Result<&str, Malformed> {
    std::str::from_utf8(word).map_err(|_| Malformed::Word)
}

/// Returns the address in a word from a client, or [`Malformed::Word`].
///
/// Some clients percent-encode addresses (`alice%40example.com`), so a word without an `@` is
/// decoded (framing.md section 5). Any other word stays unchanged, because a `%` may be part of an
/// address, and servers write addresses without encoding them.
pub(crate) fn address(word: &[u8]) -> Result<Cow<'_, str>, Malformed> {
    if word.contains(&b'@') {
        return utf8(word).map(Cow::Borrowed);
    }
    text::decode(word).ok_or(Malformed::Word)
}

/// Reads a 32-bit decimal number: digits only, no sign, any number of leading zeros.
#[must_use]
pub fn number(word: &[u8]) -> Option<u32> {
    if word.is_empty() {
        return None;
    }
    word.iter().try_fold(0u32, |value, byte| {
        let digit = byte.is_ascii_digit().then(|| u32::from(byte - b'0'))?;
        value.checked_mul(10)?.checked_add(digit)
    })
}

/// Writes one line: the verb, words separated by single blanks, CR LF.
pub(crate) struct LineWriter<'o>(&'o mut Vec<u8>);

impl<'o> LineWriter<'o> {
    pub(crate) fn new(out: &'o mut Vec<u8>, verb: impl Display) -> Self {
        let writer = Self(out);
        // Writing to a Vec cannot fail.
        let _ = write!(writer.0, "{verb}");
        writer
    }

    pub(crate) fn word(self, word: impl Display) -> Self {
        let _ = write!(self.0, " {word}");
        self
    }

    pub(crate) fn opt(self, word: Option<impl Display>) -> Self {
        match word {
            Some(word) => self.word(word),
            None => self,
        }
    }

    /// Writes a word. Its bytes must not contain a blank.
    pub(crate) fn raw(self, word: &[u8]) -> Self {
        self.0.push(b' ');
        self.0.extend_from_slice(word);
        self
    }

    /// Writes a word of percent-encoded text.
    pub(crate) fn text(self, value: &str) -> Self {
        self.0.push(b' ');
        text::encode_into(self.0, value);
        self
    }

    /// Writes a word of percent-encoded text after a prefix such as `F=`.
    pub(crate) fn prefixed_text(self, prefix: &str, value: &str) -> Self {
        self.0.push(b' ');
        self.0.extend_from_slice(prefix.as_bytes());
        text::encode_into(self.0, value);
        self
    }

    pub(crate) fn end(self) {
        self.0.extend_from_slice(b"\r\n");
    }

    /// Writes the length of `payload` as the last word, the line end, and the payload.
    pub(crate) fn payload(self, payload: &[u8]) {
        let out = self.word(payload.len());
        out.0.extend_from_slice(b"\r\n");
        out.0.extend_from_slice(payload);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spaces_and_tabs_separate_words() {
        let words: Vec<_> = Words::new(b"CHG \t 1  NLN ").collect();
        assert_eq!(words, [b"CHG".as_slice(), b"1", b"NLN"]);
    }

    #[test]
    fn only_plain_digits_are_read_as_a_number() {
        assert_eq!(number(b"0010"), Some(10));
        for word in ["", "-1", "+5", "0x10", "1e3", " 5", "4294967296"] {
            assert_eq!(number(word.as_bytes()), None, "{word}");
        }
    }
}
