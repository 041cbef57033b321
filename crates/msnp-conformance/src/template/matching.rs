//! Compares a text with bytes that a server sent, and captures the values of its variables.

use super::pieces::{Piece, Template};
use crate::vars::{Treatment, Vars};

/// The kind of text that contains a `{word}` variable. The kind decides which characters end the
/// value of the variable (docs/protocol/transcripts/README.md section 2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// A line, in which a space, `;`, CR or LF ends the value of a variable.
    Line,
    /// A payload, in which CR or LF ends the value of a variable.
    Payload,
}

impl Place {
    fn ends(self, byte: u8) -> bool {
        matches!(byte, b'\r' | b'\n') || (self == Self::Line && matches!(byte, b' ' | b';'))
    }
}

/// Returns whether `expected` matches all of `input`. `len` is the value of `{len}`. If the match
/// succeeds, stores the captured values in `vars`. If the match fails, does not change `vars`.
pub(crate) fn matches(expected: &Template, input: &[u8], len: usize, place: Place, vars: &mut Vars) -> bool {
    let mut search = Search { place, len: len.to_string(), vars, found: Vec::new() };
    if !search.rest(expected.pieces(), input) {
        return false;
    }
    let found = std::mem::take(&mut search.found);
    for (name, value) in found {
        vars.set(&name, value);
    }
    true
}

/// The state of a match. For each variable, the match tries the longest possible value first, and
/// then shorter values.
struct Search<'a> {
    place: Place,
    len: String,
    vars: &'a Vars,
    found: Vec<(String, Vec<u8>)>,
}

impl Search<'_> {
    fn rest(&mut self, pieces: &[Piece], input: &[u8]) -> bool {
        let Some((piece, after)) = pieces.split_first() else {
            return input.is_empty();
        };
        match piece {
            Piece::Literal(bytes) => self.fixed(bytes, after, input),
            Piece::Len => self.fixed(&self.len.clone().into_bytes(), after, input),
            Piece::Free { stop, .. } => {
                let longest = input.iter().position(|byte| stop.contains(byte)).unwrap_or(input.len());
                (1..=longest).rev().any(|size| self.rest(after, &input[size..]))
            }
            Piece::Var(name) => self.variable(name, after, input),
        }
    }

    fn fixed(&mut self, bytes: &[u8], after: &[Piece], input: &[u8]) -> bool {
        input.strip_prefix(bytes).is_some_and(|input| self.rest(after, input))
    }

    fn variable(&mut self, name: &str, after: &[Piece], input: &[u8]) -> bool {
        let treatment = Vars::treatment(name);
        if treatment == Treatment::Remember
            && let Some(value) = self.known(name)
        {
            return self.fixed(&value, after, input);
        }
        let longest = input.iter().position(|&byte| self.place.ends(byte)).unwrap_or(input.len());
        (1..=longest).rev().any(|size| {
            let (value, input) = input.split_at(size);
            if treatment == Treatment::Seconds && !is_seconds(value) {
                return false;
            }
            let remember = matches!(treatment, Treatment::Remember | Treatment::Renew);
            if remember {
                self.found.push((name.to_owned(), value.to_vec()));
            }
            let fits = self.rest(after, input);
            if remember && !fits {
                self.found.pop();
            }
            fits
        })
    }

    fn known(&self, name: &str) -> Option<Vec<u8>> {
        let here = self.found.iter().find(|(found, _)| found == name).map(|(_, value)| value.clone());
        here.or_else(|| self.vars.get(name).map(<[u8]>::to_vec))
    }
}

/// Returns whether a value is a number of seconds up to 60 (framing.md section 10).
fn is_seconds(value: &[u8]) -> bool {
    let text = std::str::from_utf8(value).unwrap_or_default();
    text.bytes().all(|byte| byte.is_ascii_digit()) && text.parse::<u32>().is_ok_and(|seconds| seconds <= 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(expected: &str, input: &str, vars: &mut Vars) -> bool {
        matches(&Template::parse(expected).unwrap(), input.as_bytes(), 12, Place::Line, vars)
    }

    #[test]
    fn the_first_value_of_a_variable_is_remembered_and_later_values_must_be_equal() {
        let mut vars = Vars::default();
        assert!(check("C={c-bob}", "C=ab-1", &mut vars));
        assert_eq!(vars.get("c-bob"), Some(&b"ab-1"[..]));
        assert!(check("{c-bob}", "ab-1", &mut vars));
        assert!(!check("{c-bob}", "ab-2", &mut vars));
        assert!(!check("{c-bob}", "ab-11", &mut vars));
        assert!(!check("{x}-{x}", "1-2", &mut vars));
        assert!(check("{x}-{x}", "1-1", &mut vars));
    }

    #[test]
    fn the_value_of_a_variable_is_never_empty_and_contains_spaces_and_semicolons_only_in_payloads() {
        let mut vars = Vars::default();
        assert!(!check("C={c}", "C=", &mut vars));
        assert!(!check("{c}", "a b", &mut vars));
        assert!(check("{s}; GW={g}", "1.2; GW=x", &mut vars));
        let payload = Template::parse(r"A: {a}\r\nB: {b}\r\n").unwrap();
        assert!(matches(&payload, b"A: 1 2;3\r\nB: x\r\n", 0, Place::Payload, &mut vars));
        assert_eq!(vars.get("a"), Some(&b"1 2;3"[..]));
        assert!(!matches(&payload, b"A: 1 2;3\r\nB: x\r\nC", 0, Place::Payload, &mut Vars::default()));
    }

    #[test]
    fn a_text_that_does_not_match_sets_no_variables() {
        let mut vars = Vars::default();
        assert!(!check("{a} x", "1 y", &mut vars));
        assert_eq!(vars, Vars::default());
    }

    #[test]
    fn free_values_may_change_but_must_be_of_the_correct_kind() {
        let mut vars = Vars::default();
        for value in ["0", "50", "60"] {
            assert!(check("{next-ping}", value, &mut vars), "{value}");
        }
        for value in ["61", "-1", "a", ""] {
            assert!(!check("{next-ping}", value, &mut vars), "{value}");
        }
        assert!(check("{policy}", "ct=1", &mut vars) && check("{policy}", "ct=2", &mut vars));
        assert_eq!(vars, Vars::default());
        assert!(check("{sb}", "a:1", &mut vars) && check("{sb}", "b:2", &mut vars));
        assert_eq!(vars.get("sb"), Some(&b"b:2"[..]));
    }

    #[test]
    fn a_stated_length_must_equal_the_length_of_the_payload() {
        assert!(check("MSG {len}", "MSG 12", &mut Vars::default()));
        assert!(!check("MSG {len}", "MSG 13", &mut Vars::default()));
    }
}
