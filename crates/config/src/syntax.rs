//! Explains mistakes in the syntax of a file to readers who do not know TOML.

use std::ops::Range;

use toml::de::{DeTable, Error};

use crate::fault::Fault;
use crate::origin::Origin;
use crate::reader::line_of;

/// The part of a file's text that could be read, and the mistakes in the other part.
pub(crate) struct Document<'a> {
    pub(crate) table: DeTable<'a>,
    /// The places of string values without quotes. The reader reports these mistakes, because the
    /// reader knows which kind of value each setting needs.
    pub(crate) unquoted: Vec<Range<usize>>,
    pub(crate) faults: Vec<Fault>,
    /// The lines that the parser may have misread because of a mistake in the syntax. Mistakes in
    /// values on these lines are not reported, because they are only consequences of the mistake in
    /// the syntax.
    pub(crate) misread: Vec<Range<usize>>,
}

/// Reads as much as possible of a file's text.
pub(crate) fn document(text: &str) -> Document<'_> {
    let (table, mut errors) = DeTable::parse_recoverable(text);
    let mut document =
        Document { table: table.into_inner(), unquoted: Vec::new(), faults: Vec::new(), misread: Vec::new() };
    errors.sort_by_key(|error| error.span().map_or(0, |span| span.start));
    for error in errors {
        document.add(&error, text);
    }
    document
}

impl Document<'_> {
    fn add(&mut self, error: &Error, text: &str) {
        let at = error.span().unwrap_or_default();
        let message = error.message();
        let mut line = line_of(text, at.start);
        if message.contains("array") {
            // The parser reads everything after a missing bracket as part of the list, so the error
            // must name the line on which the list begins.
            line = start_of_list(text, line);
            if message.starts_with("unclosed") || message.starts_with("unexpected") {
                self.faults.retain(|fault| fault.origin < Origin::File { line });
                self.unquoted.retain(|at| line_of(text, at.start) < line);
                self.misread.push(line..usize::MAX);
            }
        }
        if self.misread.iter().any(|lines| lines.contains(&line)) && !message.starts_with("unclosed array") {
            return;
        }
        if message.starts_with("string values must be quoted") {
            self.unquoted.push(at);
            return;
        }
        let origin = Origin::File { line };
        if self.faults.iter().any(|fault| fault.origin == origin) {
            return;
        }
        let source = text.lines().nth(line - 1).unwrap_or_default().trim();
        let (key, text) = words(message, source);
        self.faults.push(Fault { origin, key: key.to_owned(), text: text.to_owned() });
        let end = if source.starts_with('[') { next_header(text, line) } else { line + 1 };
        if !message.starts_with("duplicate key") {
            self.misread.push(line..end);
        }
    }
}

/// Returns the line on which the list that contains this line begins.
fn start_of_list(text: &str, line: usize) -> usize {
    let begins = |line: &str| line.split_once('=').is_some_and(|(_, value)| value.trim_start().starts_with('['));
    let before: Vec<_> = text.lines().take(line).collect();
    before.iter().rposition(|line| begins(line)).map_or(line, |index| index + 1)
}

/// Returns the number of the next line after `line` that is the header of a section. Returns
/// `usize::MAX` if there is no such line.
fn next_header(text: &str, line: usize) -> usize {
    let next = text.lines().skip(line).position(|line| line.trim_start().starts_with('['));
    next.map_or(usize::MAX, |index| line + index + 1)
}

/// Returns the setting or the line with the mistake, and a description of the mistake.
fn words<'a>(message: &str, source: &'a str) -> (&'a str, &'static str) {
    let key = source.split(['=', ':', '[', ']']).map(str::trim).find(|word| !word.is_empty()).unwrap_or_default();
    let (begins, has) = (|start: &str| message.starts_with(start), |part: &str| message.contains(part));
    if begins("duplicate key") {
        return match source {
            _ if source.starts_with("[[") => {
                (source, "this section also appears in single brackets; write double brackets each time")
            }
            _ if source.starts_with('[') => (source, "this section appears more than once; put its settings into one"),
            _ => (key, "this setting appears more than once; remove all but one"),
        };
    }
    match message {
        _ if begins("unclosed table") => (source, "the header of the section has no end; add ]"),
        _ if begins("unclosed array") || begins("unexpected `=` in array") => (key, "the list has no end; add ]"),
        _ if begins("missing comma between array") => (key, "put commas between the items of the list"),
        _ if source.contains(':') && !source.contains('=') => (key, "write = in place of the colon"),
        _ if has("basic string") || has("literal string") => (key, "the text has no end; add a quotation mark"),
        _ if has("leading zero") => (key, "a number must not begin with 0"),
        _ if has("unicode") || has("escape") => {
            (key, "a backslash has a special meaning in double quotes; use single quotes, or double each backslash")
        }
        _ if begins("unexpected key or value") => (key, "unexpected text after the value; a comment begins with #"),
        _ => (source, "expected a setting (name = value) or a section ([name])"),
    }
}
