//! Prints the output of commands: lines, tables, JSON and errors.
//!
//! Names that users choose and answers of other servers can contain control characters. Every command prints such texts
//! through [`escaped`], [`table`], [`json`] or [`complain`], which make them safe for a terminal.

use std::fmt::{Display, Write as _};
use std::io::{IsTerminal, Write};

use console::{Term, measure_text_width, truncate_str};
use msnp::text::is_unsafe_to_show;
use serde::Serialize;

/// The width of a table if standard output is not a terminal, in columns.
const PIPE_WIDTH: usize = 100;
/// The minimum width of a table, in columns. A narrower terminal wraps its lines.
const MIN_WIDTH: usize = 40;
/// The minimum width to which a column is cut.
const MIN_COLUMN: usize = 8;
/// The spaces between two columns.
const GAP: &str = "  ";

/// Prints a line. It is not an error if the reader of the output, such as `head`, closes the pipe
/// early.
pub(super) fn say(text: impl Display) {
    let _ = writeln!(std::io::stdout(), "{text}");
}

/// Prints an error on standard error. The error may have several lines. It may quote a file or
/// another server, so unsafe characters are printed as escapes.
pub fn complain(error: &anyhow::Error) {
    let text = format!("{error:#}");
    let lines: Vec<_> = text.split('\n').map(escaped).collect();
    let _ = writeln!(std::io::stderr(), "swallowtail: {}", lines.join("\n"));
}

/// Returns a text that is safe for a terminal. Control characters and characters that change the direction of text are
/// written as escapes, such as `\u{1b}`.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        if is_unsafe_to_show(character) {
            let _ = write!(out, "{}", character.escape_unicode());
        } else {
            out.push(character);
        }
    }
    out
}

/// Returns a value as one line of JSON, with `\u` escapes for the characters that [`escaped`] escapes.
///
/// # Errors
/// Returns the error of `serde_json`. Strings, numbers and lists of them do not cause an error.
pub(super) fn json(value: &impl Serialize) -> serde_json::Result<String> {
    let text = serde_json::to_string(value)?;
    let mut out = String::with_capacity(text.len());
    // An unsafe character can occur only within a string, where JSON allows the escape.
    for character in text.chars() {
        if is_unsafe_to_show(character) {
            let _ = write!(out, "\\u{:04x}", u32::from(character));
        } else {
            out.push(character);
        }
    }
    Ok(out)
}

/// Returns a table with a heading. Escapes the cells. If the table is wider than the terminal, cuts
/// the widest columns.
pub(super) fn table<const N: usize>(heading: [&str; N], rows: impl Iterator<Item = [String; N]>) -> String {
    let width =
        if std::io::stdout().is_terminal() { usize::from(Term::stdout().size().1).max(MIN_WIDTH) } else { PIPE_WIDTH };
    table_within(width, heading, rows)
}

fn table_within<const N: usize>(width: usize, heading: [&str; N], rows: impl Iterator<Item = [String; N]>) -> String {
    let rows = rows.map(|row| row.map(|cell| escaped(&cell)));
    let rows: Vec<_> = std::iter::once(heading.map(str::to_owned)).chain(rows).collect();
    let widest =
        |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| measure_text_width(cell)).max();
    let mut widths: [usize; N] = std::array::from_fn(|column| widest(column).unwrap_or_default());
    let room = width.saturating_sub(GAP.len() * N.saturating_sub(1));
    while widths.iter().sum::<usize>() > room {
        match widths.iter_mut().max() {
            Some(column) if *column > MIN_COLUMN => *column -= 1,
            _ => break,
        }
    }
    let lines = rows.iter().map(|row| {
        let cells = row.iter().zip(widths).map(|(cell, width)| {
            let cell = truncate_str(cell, width, "…");
            let blanks = width.saturating_sub(measure_text_width(&cell));
            format!("{cell}{:blanks$}", "")
        });
        cells.collect::<Vec<_>>().join(GAP).trim_end().to_owned()
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_and_characters_that_reverse_text_are_escaped() {
        assert_eq!(
            escaped("a\u{1b}[2Jb\u{9b}c\u{7f}\u{202e}é\u{2066}☺"),
            "a\\u{1b}[2Jb\\u{9b}c\\u{7f}\\u{202e}é\\u{2066}☺"
        );
        let value = "a\u{1b}\u{9b}\u{202e}\"é";
        let line = json(&[value]).unwrap();
        assert_eq!(line, r#"["a\u001b\u009b\u202e\"é"]"#);
        assert_eq!(serde_json::from_str::<Vec<String>>(&line).unwrap(), [value]);
    }

    #[test]
    fn a_long_name_is_cut_to_the_width_of_the_table() {
        let row = |handle: &str, name: &str| [handle.to_owned(), name.to_owned(), "2005-11-22".to_owned()];
        let rows = [row("alice@example.com", &"x".repeat(387)), row("bo@example.com", "E\u{301}va \u{9b}")];
        let text = table_within(50, ["Handle", "Display name", "Created"], rows.into_iter());
        let expected = "Handle             Display name         Created\n\
                        alice@example.com  xxxxxxxxxxxxxxxxxx…  2005-11-22\n\
                        bo@example.com     E\u{301}va \\u{9b}           2005-11-22";
        assert_eq!(text, expected);
    }

    #[test]
    fn letters_that_are_two_columns_wide_count_as_two_columns() {
        let rows = [["猫".repeat(40), "a".to_owned()], ["b".to_owned(), "c".to_owned()]];
        let text = table_within(40, ["Name", "Note"], rows.into_iter());
        assert!(text.lines().all(|line| measure_text_width(line) <= 40), "{text}");
    }

    #[test]
    fn a_table_that_fits_is_not_cut() {
        let text = table_within(40, ["A", "B"], std::iter::once(["x".to_owned(), "y ".repeat(12)]));
        assert_eq!(text, format!("A  B\nx  {}", "y ".repeat(12).trim_end()));
    }
}
