//! Gives every part its own handles, so that parts can run in parallel and more than once
//! (docs/protocol/transcripts/README.md sections 2 and 4).
//!
//! `alice@example.com` becomes `alice-k3x9q2@example.com` wherever it occurs, in upper or lower
//! case and with `%40`. This module does not adjust lengths. The parser has already replaced every
//! correct length with a `Piece::Len`, which adapts to the payload.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;

use crate::script::directive::Directive;
use crate::script::{Action, Message, Part, Step};
use crate::template::Template;

/// The number of random letters and digits in a new handle.
const MARK: usize = 6;

/// The new handles of a part.
#[derive(Clone, Debug, Default)]
pub(crate) struct Renaming {
    /// The local part and domain of each handle, in lower case.
    handles: Vec<(String, String)>,
    /// The suffix of the local parts, including its hyphen. If the suffix is empty, nothing is
    /// renamed.
    mark: String,
}

impl Renaming {
    /// Returns new handles for the handles in `!account` and `!no-account`.
    pub(crate) fn random(part: &Part) -> Self {
        Self::with_mark(part, &random_mark())
    }

    fn with_mark(part: &Part, mark: &str) -> Self {
        let handles = part.steps.iter().filter_map(|step| match &step.action {
            Action::Directive(Directive::Account(account)) => Some(&account.handle),
            Action::Directive(Directive::NoAccount { handle }) => Some(handle),
            _ => None,
        });
        let split = handles.filter_map(|handle| {
            let (local, domain) = handle.split_once('@')?;
            Some((local.to_ascii_lowercase(), domain.to_ascii_lowercase()))
        });
        Self { handles: split.collect(), mark: format!("-{mark}") }
    }

    /// Returns the part with its handles replaced.
    pub(crate) fn part(&self, part: &Part) -> Part {
        let steps = part.steps.iter().map(|step| Step { line: step.line, action: self.action(&step.action) });
        Part { title: part.title.clone(), steps: steps.collect() }
    }

    /// Returns the bytes with the handles in them replaced.
    pub(crate) fn apply(&self, bytes: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(bytes.len());
        let mut at = 0;
        while at < bytes.len() {
            match self.handle_at(bytes, at) {
                Some(local) => {
                    out.extend(&bytes[at..at + local]);
                    out.extend(self.mark.as_bytes());
                    at += local;
                }
                None => {
                    out.push(bytes[at]);
                    at += 1;
                }
            }
        }
        out
    }

    /// Undoes [`Self::apply`].
    pub(crate) fn restore(&self, bytes: &[u8]) -> Vec<u8> {
        if self.mark.is_empty() {
            return bytes.to_vec();
        }
        let mut out = Vec::with_capacity(bytes.len());
        let mut rest = bytes;
        while let Some((&first, after)) = rest.split_first() {
            if let Some(after) = rest.strip_prefix(self.mark.as_bytes()) {
                rest = after;
            } else {
                out.push(first);
                rest = after;
            }
        }
        out
    }

    /// Returns the length of the local part of the handle that starts at `at`, if there is one.
    fn handle_at(&self, bytes: &[u8], at: usize) -> Option<usize> {
        if !starts_word(bytes, at) {
            return None;
        }
        self.handles.iter().find_map(|(local, domain)| {
            let after = strip_ascii_case(&bytes[at..], local)?;
            let after = after.strip_prefix(b"@").or_else(|| after.strip_prefix(b"%40"))?;
            let after = strip_ascii_case(after, domain)?;
            let ends = after.first().is_none_or(|&byte| !byte.is_ascii_alphanumeric() && byte != b'-');
            ends.then_some(local.len())
        })
    }

    fn text(&self, text: &str) -> String {
        String::from_utf8_lossy(&self.apply(text.as_bytes())).into_owned()
    }

    fn template(&self, template: &Template) -> Template {
        template.map_literals(|bytes| self.apply(bytes))
    }

    fn message(&self, message: &Message) -> Message {
        Message {
            lines: message.lines.iter().map(|line| self.template(line)).collect(),
            payload: message.payload.iter().map(|payload| self.template(payload)).collect(),
        }
    }

    fn action(&self, action: &Action) -> Action {
        match action {
            Action::Send { name, message } => Action::Send { name: name.clone(), message: self.message(message) },
            Action::Expect { name, message } => Action::Expect { name: name.clone(), message: self.message(message) },
            Action::Directive(directive) => Action::Directive(self.directive(directive)),
            other => other.clone(),
        }
    }

    fn directive(&self, directive: &Directive) -> Directive {
        let mut directive = directive.clone();
        match &mut directive {
            Directive::Account(account) => account.handle = self.text(&account.handle),
            Directive::NoAccount { handle } => *handle = self.text(handle),
            Directive::SignedIn { chg: Some(chg), .. } => *chg = self.text(chg),
            Directive::Uux { xml, .. } => *xml = self.template(xml),
            _ => {}
        }
        directive
    }
}

/// Returns whether a handle can start at `at`. This is possible if the character before `at` cannot
/// belong to a local part, or if this character is the last digit of an escape such as `%22`.
fn starts_word(bytes: &[u8], at: usize) -> bool {
    let Some(&before) = at.checked_sub(1).and_then(|index| bytes.get(index)) else {
        return true;
    };
    let escaped = at >= 3 && bytes[at - 3] == b'%' && bytes[at - 2..at].iter().all(u8::is_ascii_hexdigit);
    escaped || !(before.is_ascii_alphanumeric() || b"._-+".contains(&before))
}

fn strip_ascii_case<'a>(bytes: &'a [u8], text: &str) -> Option<&'a [u8]> {
    let (head, after) = bytes.split_at_checked(text.len())?;
    head.eq_ignore_ascii_case(text.as_bytes()).then_some(after)
}

/// Returns lower-case letters and digits. The randomly seeded hasher of the standard library is random enough for this.
fn random_mark() -> String {
    const LETTERS: &[u8; 36] = b"abcdefghijklmnopqrstuvwxyz0123456789";
    let mut value = RandomState::new().hash_one(std::time::SystemTime::now());
    (0..MARK)
        .map(|_| {
            let letter = LETTERS[(value % 36) as usize];
            value /= 36;
            char::from(letter)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::script::Script;
    use crate::vars::Vars;

    fn part(text: &str) -> Part {
        Script::parse("t.txt", text).unwrap().parts[0].clone()
    }

    fn renaming() -> Renaming {
        Renaming::with_mark(&part("!account bob bob@example.com pw \"Bob\"\n!no-account no@one.example\n"), "abc123")
    }

    #[test]
    fn every_spelling_of_a_handle_is_renamed_and_nothing_else_changes() {
        let table = [
            ("bob@example.com", "bob-abc123@example.com"),
            ("N=BOB@Example.com F=x", "N=BOB-abc123@Example.com F=x"),
            ("Creator%3D%22bob%40example.com%22", "Creator%3D%22bob-abc123%40example.com%22"),
            ("sign-in=bob%40example.com,pwd", "sign-in=bob-abc123%40example.com,pwd"),
            ("<U>bob@example.com</U>", "<U>bob-abc123@example.com</U>"),
            ("bob@example.com no@one.example", "bob-abc123@example.com no-abc123@one.example"),
            ("jimbob@example.com", "jimbob@example.com"),
            ("bob@example.com-x", "bob@example.com-x"),
            ("bob@example.community", "bob@example.community"),
            ("carol@example.com bob@", "carol@example.com bob@"),
        ];
        for (text, expected) in table {
            let renamed = renaming().apply(text.as_bytes());
            assert_eq!(String::from_utf8(renamed.clone()).unwrap(), expected);
            assert_eq!(renaming().restore(&renamed), text.as_bytes());
        }
    }

    #[test]
    fn renaming_updates_a_correct_payload_length_and_keeps_a_wrong_one() {
        let text = "!account bob bob@example.com pw \"Bob\"\na @ sb\na > MSG 1 U 15\na >| bob@example.com\n\
                    a > MSG 2 U 14\na >| bob@example.com\na > MSG 6 A 1665\nh @ http\nh > POST / HTTP/1.1\n\
                    h > Content-Length: 15\nh >\nh >| bob@example.com\n";
        let part = part(text);
        let renamed = Renaming::with_mark(&part, "abc123").part(&part);
        let heads = renamed.steps.iter().filter_map(|step| match &step.action {
            Action::Send { message, .. } => {
                let body = message.render_payload(&Vars::default()).unwrap();
                let last = message.lines.last().unwrap().render(&Vars::default(), body.len()).unwrap();
                Some(String::from_utf8(last).unwrap())
            }
            _ => None,
        });
        assert_eq!(heads.collect::<Vec<_>>(), ["MSG 1 U 22", "MSG 2 U 14", "MSG 6 A 1665", "Content-Length: 22"]);
    }

    #[test]
    fn handles_in_directives_are_renamed_too() {
        let text =
            "!account bob bob@example.com pw \"Bob\"\n!signed-in b bob MSNP12 CHG NLN 0 %22bob%40example.com%22\n";
        let part = part(text);
        let renamed = Renaming::with_mark(&part, "abc123").part(&part);
        let shown = format!("{renamed:?}");
        assert!(shown.contains("\"bob-abc123@example.com\"") && shown.contains("%22bob-abc123%40example.com%22"));
    }

    #[test]
    fn the_handles_of_two_parts_get_different_random_marks() {
        assert_ne!(random_mark(), random_mark());
        assert!(random_mark().len() == MARK && random_mark().bytes().all(|b| b.is_ascii_alphanumeric()));
        assert_eq!(Renaming::default().restore(b"a-b"), b"a-b");
    }
}
