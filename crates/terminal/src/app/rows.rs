//! The rows of a line on the screen.

use super::line::{Author, Delivery, File, FileState, Line};
use crate::text::{cut, width, with_emoji, wrap};

/// The number of columns for the time and the delivery mark.
const GUTTER: usize = 8;
/// The maximum width of the name in front of a text, in columns.
const MAX_NAME: usize = 24;
/// The number of columns of a progress bar.
const BAR: usize = 20;

/// The appearance of a piece of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    /// The text of a message.
    Plain,
    /// Something that matters less, such as the time.
    Dim,
    /// The user's own name.
    Me,
    /// The name of another user.
    Other,
    /// A note of the program.
    Note,
    /// A text or a mark that reports a fault.
    Problem,
    /// A part of a row that matches the search.
    Match,
}

/// A piece of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Piece {
    pub(crate) text: String,
    pub(crate) tone: Tone,
}

impl Piece {
    fn new(text: impl Into<String>, tone: Tone) -> Self {
        Self { text: text.into(), tone }
    }
}

/// Returns the rows of a line in an area of this width.
pub(crate) fn rows(line: &Line, columns: usize, emoji: bool) -> Vec<Vec<Piece>> {
    let columns = columns.max(GUTTER + 2);
    let room = columns - GUTTER;
    let draw = |text: &str| if emoji { with_emoji(text) } else { text.to_owned() };
    let named = |name: &str| {
        let mut name = cut(&draw(name), MAX_NAME.min(room / 2));
        name.push_str(": ");
        name
    };
    let (name, tone) = match &line.author {
        Author::Me(name) => (named(name), Tone::Me),
        Author::Other(name) => (named(name), Tone::Other),
        Author::Note | Author::Problem | Author::Left(_) => (String::new(), Tone::Plain),
    };
    let text_tone = match &line.author {
        Author::Me(_) | Author::Other(_) => Tone::Plain,
        Author::Note | Author::Left(_) => Tone::Note,
        Author::Problem => Tone::Problem,
    };
    let mut rows = Vec::new();
    for text in wrap(&draw(&line.text), room.saturating_sub(width(&name)), room) {
        let mut row = Vec::with_capacity(3);
        if rows.is_empty() {
            row.push(gutter(line));
            row.push(Piece::new(name.clone(), tone));
        } else {
            row.push(Piece::new(" ".repeat(GUTTER), Tone::Dim));
        }
        row.push(Piece::new(text, text_tone));
        rows.push(row);
    }
    let more = |text: String, tone: Tone| {
        let indented = move |row| vec![Piece::new(" ".repeat(GUTTER), Tone::Dim), Piece::new(row, tone)];
        wrap(&text, room, room).into_iter().map(indented)
    };
    if let Some(Delivery::Failed(reason)) = &line.delivery {
        rows.extend(more(format!("Not delivered: {reason}"), Tone::Problem));
    }
    if line.delivery == Some(Delivery::Unknown) {
        rows.extend(more("Perhaps not delivered: the connection was lost".to_owned(), Tone::Problem));
    }
    if let Some(File { state: FileState::Running { done, total }, .. }) = line.file {
        rows.extend(more(bar(done, total), Tone::Note));
    }
    rows
}

fn gutter(line: &Line) -> Piece {
    let mark = match &line.delivery {
        None => " ",
        Some(Delivery::Pending) => "…",
        Some(Delivery::Delivered) => "✓",
        Some(Delivery::Failed(_)) => "✗",
        Some(Delivery::Unknown) => "?",
    };
    let tone =
        if matches!(line.delivery, Some(Delivery::Failed(_) | Delivery::Unknown)) { Tone::Problem } else { Tone::Dim };
    Piece::new(format!("{:5} {mark} ", line.clock), tone)
}

/// Returns a progress bar, such as `━━━━────  50%  1.0 of 2.0 MB`.
fn bar(done: u64, total: u64) -> String {
    let part = |whole: u64| {
        let part = u128::from(done.min(total)) * u128::from(whole);
        part.checked_div(total.into()).and_then(|part| u64::try_from(part).ok()).unwrap_or(whole)
    };
    let full = usize::try_from(part(BAR as u64)).unwrap_or_default();
    format!("{}{} {:3}%  {} of {}", "━".repeat(full), "─".repeat(BAR - full), part(100), size(done), size(total))
}

/// Returns a number of bytes in words, such as `1.5 MB`.
pub(crate) fn size(bytes: u64) -> String {
    let tenths = |unit: u64| (bytes / unit, bytes % unit * 10 / unit);
    match bytes {
        0..1_000 => format!("{bytes} bytes"),
        1_000..1_000_000 => format!("{} kB", bytes / 1_000),
        1_000_000..1_000_000_000 => {
            let (whole, tenth) = tenths(1_000_000);
            format!("{whole}.{tenth} MB")
        }
        _ => {
            let (whole, tenth) = tenths(1_000_000_000);
            format!("{whole}.{tenth} GB")
        }
    }
}

/// Changes the tone of the parts of a row that match the search. Case does not matter.
pub(crate) fn highlight(row: Vec<Piece>, query: &str) -> Vec<Piece> {
    let is_searched = |tone| matches!(tone, Tone::Plain | Tone::Note | Tone::Problem);
    let mut out = Vec::new();
    for piece in row {
        if is_searched(piece.tone) {
            split_matches(&piece, query, &mut out);
        } else {
            out.push(piece);
        }
    }
    out
}

fn split_matches(piece: &Piece, query: &str, out: &mut Vec<Piece>) {
    let (mut rest, mut plain) = (piece.text.as_str(), 0);
    while let Some(length) = rest.get(plain..).filter(|text| !text.is_empty()).map(|text| match_len(text, query)) {
        if length > 0 {
            let (before, found) = rest.split_at(plain);
            let (found, after) = found.split_at(length);
            out.push(Piece::new(before, piece.tone));
            out.push(Piece::new(found, Tone::Match));
            (rest, plain) = (after, 0);
        } else {
            plain += rest.get(plain..).and_then(|text| text.chars().next()).map_or(1, char::len_utf8);
        }
    }
    out.push(Piece::new(rest, piece.tone));
}

/// Returns how many bytes at the start of a text match the query, in upper or lower case. Returns zero if the text does
/// not begin with the query.
fn match_len(text: &str, query: &str) -> usize {
    let mut wanted = query.chars().flat_map(char::to_lowercase).peekable();
    let mut length = 0;
    for character in text.chars() {
        if wanted.peek().is_none() {
            return length;
        }
        if !character.to_lowercase().all(|lower| wanted.next() == Some(lower)) {
            return 0;
        }
        length += character.len_utf8();
    }
    if wanted.peek().is_none() { length } else { 0 }
}

/// Returns whether a line contains the query, in upper or lower case.
pub(crate) fn contains(line: &Line, query: &str) -> bool {
    line.text.char_indices().any(|(at, _)| match_len(line.text.get(at..).unwrap_or_default(), query) > 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::ids::LineId;

    fn line(author: Author, text: &str, delivery: Option<Delivery>) -> Line {
        Line { id: LineId(1), clock: "12:03".to_owned(), author, text: text.to_owned(), delivery, file: None }
    }

    fn drawn(rows: &[Vec<Piece>]) -> Vec<String> {
        rows.iter().map(|row| row.iter().map(|piece| piece.text.as_str()).collect()).collect()
    }

    #[test]
    fn a_wrapped_line_shows_the_time_and_mark_and_name_only_in_its_first_row() {
        let other = || Author::Other("Bob".to_owned());
        let me = || Author::Me("Alice".to_owned());
        for (line, expected) in [
            (line(other(), "hi :)", None), vec!["12:03   Bob: hi 🙂"]),
            (
                line(me(), "one two three four", Some(Delivery::Pending)),
                vec!["12:03 … Alice: one two", "        three four"],
            ),
            (line(me(), "hi", Some(Delivery::Delivered)), vec!["12:03 ✓ Alice: hi"]),
            (
                line(me(), "hi", Some(Delivery::Failed("offline".to_owned()))),
                vec!["12:03 ✗ Alice: hi", "        Not delivered:", "        offline"],
            ),
            (line(Author::Note, "Bob left.", None), vec!["12:03   Bob left."]),
        ] {
            assert_eq!(drawn(&rows(&line, 24, true)), expected);
        }
    }

    #[test]
    fn a_progress_bar_shows_the_part_that_is_done() {
        assert_eq!(bar(0, 0), "━━━━━━━━━━━━━━━━━━━━ 100%  0 bytes of 0 bytes");
        assert_eq!(bar(1_000_000, 4_500_000), "━━━━────────────────  22%  1.0 MB of 4.5 MB");
        assert!(bar(u64::MAX, u64::MAX).contains(" 100% "));
    }

    #[test]
    fn every_match_is_highlighted_whether_it_is_in_upper_or_lower_case() {
        let row = vec![Piece::new("Bob: ", Tone::Other), Piece::new("bobBOB \u{130} bo", Tone::Plain)];
        let found: Vec<_> = highlight(row, "Bob")
            .into_iter()
            .filter(|piece| piece.tone == Tone::Match)
            .map(|piece| piece.text)
            .collect();
        assert_eq!(found, ["bob", "BOB"]);
        assert!(contains(&line(Author::Note, "xéÉ", None), "ÉÉ"));
        assert!(!contains(&line(Author::Note, "bo", None), "bob"));
    }
}
