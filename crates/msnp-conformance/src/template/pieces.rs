//! A parsed text and its pieces.

use crate::vars::Vars;

/// One piece of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    /// Fixed bytes.
    Literal(Vec<u8>),
    /// A value that the server chooses, written as `{word}`.
    Var(String),
    /// The length of the payload that follows, written as `{len}` or as the correct number.
    Len,
    /// A value that is never compared. The value has at least one byte and none of the bytes in
    /// `stop`. The text of a transcript file never gives this piece. Only the comparison of HTTP
    /// heads creates it.
    Free {
        /// The name that reports show in place of the value.
        name: &'static str,
        /// The bytes that end the value.
        stop: &'static [u8],
    },
}

/// A parsed text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Template {
    pieces: Vec<Piece>,
}

impl Template {
    /// Parses a text. The error contains the invalid escape.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mut template = Self::default();
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            if first == '\\' {
                rest = template.escape(rest)?;
            } else if let Some((word, after)) = variable(rest) {
                template.push(if word == "len" { Piece::Len } else { Piece::Var(word.to_owned()) });
                rest = after;
            } else {
                let (plain, after) = rest.split_at(first.len_utf8());
                template.push_bytes(plain.as_bytes());
                rest = after;
            }
        }
        Ok(template)
    }

    /// Returns a text of these pieces.
    pub(crate) fn from_pieces(pieces: Vec<Piece>) -> Self {
        Self { pieces }
    }

    /// Returns the pieces in order.
    pub(crate) fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    /// Returns the bytes of a text that consists of fixed bytes only. Returns `None` if the text
    /// contains any other piece.
    pub(crate) fn as_literal(&self) -> Option<&[u8]> {
        match self.pieces.as_slice() {
            [] => Some(b""),
            [Piece::Literal(bytes)] => Some(bytes),
            _ => None,
        }
    }

    /// Appends another text.
    pub(crate) fn append(&mut self, other: Self) {
        for piece in other.pieces {
            self.push(piece);
        }
    }

    /// Returns the words of a line. The line is split at every single space, so an extra space
    /// gives an empty word.
    pub(crate) fn words(&self) -> Vec<Self> {
        let mut words = vec![Self::default()];
        for piece in &self.pieces {
            let Piece::Literal(bytes) = piece else {
                last(&mut words).push(piece.clone());
                continue;
            };
            for (index, part) in bytes.split(|&byte| byte == b' ').enumerate() {
                if index > 0 {
                    words.push(Self::default());
                }
                last(&mut words).push_bytes(part);
            }
        }
        words
    }

    /// Joins words into a line. Undoes [`Self::words`].
    pub(crate) fn from_words(words: Vec<Self>) -> Self {
        let mut line = Self::default();
        for (index, word) in words.into_iter().enumerate() {
            if index > 0 {
                line.push_bytes(b" ");
            }
            line.append(word);
        }
        line
    }

    /// Returns the first line without its CR LF, and the text after this CR LF. Returns `None` if
    /// the text contains no CR LF.
    pub(crate) fn split_line(&self) -> Option<(Self, Self)> {
        for (index, piece) in self.pieces.iter().enumerate() {
            let Piece::Literal(bytes) = piece else {
                continue;
            };
            let Some(end) = bytes.windows(2).position(|pair| pair == b"\r\n") else {
                continue;
            };
            let mut line = Self { pieces: self.pieces[..index].to_vec() };
            line.push_bytes(&bytes[..end]);
            let mut rest = Self::default();
            rest.push_bytes(&bytes[end + 2..]);
            rest.append(Self { pieces: self.pieces[index + 1..].to_vec() });
            return Some((line, rest));
        }
        None
    }

    /// Joins a first line, a CR LF and the text after it. Undoes [`Self::split_line`].
    pub(crate) fn join_line(mut line: Self, rest: Self) -> Self {
        line.push_bytes(b"\r\n");
        line.append(rest);
        line
    }

    /// Returns the same text with `change` applied to every literal piece.
    pub(crate) fn map_literals(&self, change: impl Fn(&[u8]) -> Vec<u8>) -> Self {
        let mut out = Self::default();
        for piece in &self.pieces {
            match piece {
                Piece::Literal(bytes) => out.push_bytes(&change(bytes)),
                other => out.push(other.clone()),
            }
        }
        out
    }

    /// Returns the bytes to send, with the server's values filled in. `len` is the length of the payload that follows.
    pub(crate) fn render(&self, vars: &Vars, len: usize) -> Result<Vec<u8>, String> {
        let mut out = Vec::new();
        for piece in &self.pieces {
            match piece {
                Piece::Literal(bytes) => out.extend(bytes),
                Piece::Len => out.extend(len.to_string().into_bytes()),
                Piece::Var(name) => match vars.get(name) {
                    Some(value) => out.extend(value),
                    None => return Err(format!("{{{name}}} has no value yet")),
                },
                Piece::Free { name, .. } => return Err(format!("{name} cannot be sent")),
            }
        }
        Ok(out)
    }

    /// Returns the text with every value written as a name in braces, such as `{sid}` or `{len}`.
    /// Reports and masked streams show this form.
    pub(crate) fn masked(&self) -> Vec<u8> {
        let mut out = Vec::new();
        for piece in &self.pieces {
            match piece {
                Piece::Literal(bytes) => out.extend(bytes),
                Piece::Len => out.extend(b"{len}"),
                Piece::Var(name) => out.extend(format!("{{{name}}}").into_bytes()),
                Piece::Free { name, .. } => out.extend(format!("{{{name}}}").into_bytes()),
            }
        }
        out
    }

    /// Appends a piece, and merges adjacent literals.
    fn push(&mut self, piece: Piece) {
        match piece {
            Piece::Literal(bytes) => self.push_bytes(&bytes),
            other => self.pieces.push(other),
        }
    }

    fn push_bytes(&mut self, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        if let Some(Piece::Literal(last)) = self.pieces.last_mut() {
            last.extend(bytes);
        } else {
            self.pieces.push(Piece::Literal(bytes.to_vec()));
        }
    }

    /// Parses the escape at the start of `text`, and returns the text after it.
    fn escape<'a>(&mut self, text: &'a str) -> Result<&'a str, String> {
        let invalid = || {
            let start: String = text.chars().take(6).collect();
            format!("`{start}` is not a valid escape; use \\r \\n \\t \\\\ \\xHH or \\R{{n,c}}")
        };
        let simple = match text.as_bytes().get(1) {
            Some(b'r') => b'\r',
            Some(b'n') => b'\n',
            Some(b't') => b'\t',
            Some(b'\\') => b'\\',
            Some(b'x') => {
                let digits = text.get(2..4).ok_or_else(invalid)?;
                self.push_bytes(&[u8::from_str_radix(digits, 16).map_err(|_| invalid())?]);
                return Ok(&text[4..]);
            }
            Some(b'R') => {
                let (count, after) = text[2..].strip_prefix('{').and_then(|t| t.split_once(',')).ok_or_else(invalid)?;
                let count: usize = count.parse().map_err(|_| invalid())?;
                let repeated = after.chars().next().ok_or_else(invalid)?;
                let after = after[repeated.len_utf8()..].strip_prefix('}').ok_or_else(invalid)?;
                self.push_bytes(repeated.to_string().repeat(count).as_bytes());
                return Ok(after);
            }
            _ => return Err(invalid()),
        };
        self.push_bytes(&[simple]);
        Ok(&text[2..])
    }
}

/// Returns the last word. If the list is empty, appends an empty word and returns that. In
/// practice, callers never pass an empty list.
fn last(words: &mut Vec<Template>) -> &mut Template {
    if words.is_empty() {
        words.push(Template::default());
    }
    let index = words.len() - 1;
    &mut words[index]
}

/// Returns the word of a `{word}` at the start of `text`, and the text after the `{word}`. Returns
/// `None` if `text` does not start with a `{word}`. A `{` at the start of `text` is then an
/// ordinary character.
pub(crate) fn variable(text: &str) -> Option<(&str, &str)> {
    let (word, after) = text.strip_prefix('{')?.split_once('}')?;
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    (word.starts_with(|c: char| c.is_ascii_lowercase()) && word.chars().all(allowed)).then_some((word, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn literal(text: &str) -> Vec<u8> {
        Template::parse(text).unwrap().as_literal().unwrap().to_vec()
    }

    #[test]
    fn escapes_become_the_bytes_that_they_stand_for() {
        assert_eq!(literal(r"a\r\n\t\\0\x00\xfF"), b"a\r\n\t\\0\0\xff");
        assert_eq!(literal(r"\R{3,x}\R{2,☺}"), "xxx☺☺".as_bytes());
        assert_eq!(literal("Grüße"), "Grüße".as_bytes());
        assert_eq!(literal(""), b"");
    }

    #[test]
    fn an_invalid_escape_is_an_error() {
        for text in [r"\q", r"\x1", r"\xzz", r"\R{a,b}", r"\R{2,bb}", "\\"] {
            assert!(Template::parse(text).unwrap_err().contains("not a valid escape"), "{text}");
        }
    }

    #[test]
    fn only_a_lower_case_word_in_braces_is_a_variable() {
        for plain in ["{0}", "{2B 32", "{A42}", "{7108E71A-9926}", "{}", "{a b}", "{"] {
            assert_eq!(literal(plain), plain.as_bytes());
        }
        let template = Template::parse("a {g-1} {len}").unwrap();
        assert_eq!(template.masked(), b"a {g-1} {len}");
        assert_eq!(template.pieces().len(), 4);
    }

    #[test]
    fn words_are_separated_by_single_spaces() {
        let words = Template::parse("CVR  2 a{x}b ").unwrap().words();
        let shown: Vec<_> = words.iter().map(Template::masked).collect();
        assert_eq!(shown, [&b"CVR"[..], b"", b"2", b"a{x}b", b""]);
        assert_eq!(Template::from_words(words).masked(), b"CVR  2 a{x}b ");
    }

    #[test]
    fn rendering_fills_in_known_variables_and_an_unknown_variable_is_named_in_the_error() {
        let mut vars = Vars::default();
        vars.set("sid", b"77".to_vec());
        let template = Template::parse("ANS {sid} {len}").unwrap();
        assert_eq!(template.render(&vars, 9).unwrap(), b"ANS 77 9");
        assert!(Template::parse("{ck}").unwrap().render(&vars, 0).unwrap_err().contains("{ck}"));
    }
}
