//! Measures and breaks text, in columns of the terminal.

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// Returns the number of columns that a text takes.
pub(crate) fn width(text: &str) -> usize {
    // The text is measured grapheme cluster by grapheme cluster, as in the drawing library. A
    // grapheme cluster is the text that a user sees as one character.
    text.graphemes(true).map(UnicodeWidthStr::width).sum()
}

/// Returns the text unchanged if it fits into `columns`. Otherwise returns the beginning of the
/// text and `…`, which together fit into `columns`.
pub(crate) fn cut(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let Some(room) = columns.checked_sub(1) else { return String::new() };
    let mut out = take(text, room).0.to_owned();
    out.push('…');
    out
}

/// Splits a text after as many grapheme clusters as fit into `columns`.
fn take(text: &str, columns: usize) -> (&str, &str) {
    let mut used = 0;
    for (at, cluster) in text.grapheme_indices(true) {
        used += cluster.width();
        if used > columns {
            return text.split_at(at);
        }
    }
    (text, "")
}

/// Breaks a text into rows. The first row has `first` columns, and every other row has `rest`
/// columns. Breaks between words where possible, and at every `\n`. Returns at least one row.
pub(crate) fn wrap(text: &str, first: usize, rest: usize) -> Vec<String> {
    let mut rows = Rows { first, rest: rest.max(2), done: Vec::new(), row: String::new(), used: 0 };
    for (index, line) in text.split('\n').enumerate() {
        if index > 0 {
            rows.end_row();
        }
        for word in line.split_inclusive(' ') {
            rows.word(word);
        }
    }
    rows.end_row();
    rows.done
}

/// The rows of a text that is being broken.
struct Rows {
    first: usize,
    rest: usize,
    done: Vec<String>,
    row: String,
    /// The number of columns that the text in `row` takes.
    used: usize,
}

impl Rows {
    fn room(&self) -> usize {
        if self.done.is_empty() { self.first } else { self.rest }
    }

    /// Adds a word with the space after it. The space may extend beyond the edge.
    fn word(&mut self, word: &str) {
        let letters = word.trim_end_matches(' ');
        let bare = width(letters);
        if self.used > 0 && self.used + bare > self.room() {
            self.end_row();
        }
        // The first row may be shorter than the rows below it, because a name is in front of the
        // text. So a word that does not fit into the empty first row may still fit into the second
        // row.
        if self.used + bare > self.room() && bare <= self.rest && self.done.is_empty() {
            self.end_row();
        }
        if self.used + bare <= self.room() {
            self.row.push_str(word);
            self.used += width(word);
        } else {
            self.long_word(letters);
            self.row.push_str(word.get(letters.len()..).unwrap_or_default());
            self.used += word.len() - letters.len();
        }
    }

    fn long_word(&mut self, mut word: &str) {
        while !word.is_empty() {
            let (piece, after) = take(word, self.room().saturating_sub(self.used));
            if piece.is_empty() {
                // The next cluster does not fit into the row. If the row is empty and has `rest`
                // columns, the cluster is wider than a whole row, so it is added nevertheless.
                // Otherwise the cluster gets the next row.
                if self.used == 0 && !self.done.is_empty() {
                    let (cluster, after) = word.split_at(word.graphemes(true).next().map_or(word.len(), str::len));
                    self.row.push_str(cluster);
                    self.used += width(cluster);
                    word = after;
                    continue;
                }
                self.end_row();
                continue;
            }
            self.row.push_str(piece);
            self.used += width(piece);
            word = after;
        }
    }

    fn end_row(&mut self) {
        let row = std::mem::take(&mut self.row);
        self.done.push(row.trim_end_matches(' ').to_owned());
        self.used = 0;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_word_is_not_split_if_it_fits_into_a_row() {
        let table: [(&str, usize, usize, &[&str]); 7] = [
            ("", 5, 5, &[""]),
            ("one two three", 7, 7, &["one two", "three"]),
            ("one two", 2, 7, &["", "one two"]),
            ("abcdefghij", 4, 4, &["abcd", "efgh", "ij"]),
            ("a\n\nb", 4, 4, &["a", "", "b"]),
            ("猫猫猫", 5, 5, &["猫猫", "猫"]),
            ("a b ", 3, 3, &["a b"]),
        ];
        for (text, first, rest, expected) in table {
            assert_eq!(wrap(text, first, rest), expected, "{text:?}");
        }
    }

    #[test]
    fn a_text_that_is_too_long_is_cut() {
        for (text, columns, expected) in [("abc", 3, "abc"), ("abcd", 3, "ab…"), ("猫猫", 3, "猫…"), ("ab", 0, "")]
        {
            assert_eq!(cut(text, columns), expected);
        }
    }

    proptest! {
        #[test]
        fn wrapping_loses_only_spaces_and_makes_every_row_fit_the_width(
            text in "([a-z]{1,12}|猫| |\n|e\u{301}|🙂){0,30}", first in 0usize..20, rest in 2usize..20,
        ) {
            let rows = wrap(&text, first, rest);
            for (index, row) in rows.iter().enumerate() {
                prop_assert!(width(row) <= if index == 0 { first } else { rest }, "{:?}", rows);
            }
            let letters = |text: &str| text.chars().filter(|char| !char.is_whitespace()).collect::<String>();
            prop_assert_eq!(letters(&rows.concat()), letters(&text));
        }
    }
}
