//! A line that is being typed.

use unicode_segmentation::UnicodeSegmentation;

use msnp::text::is_unsafe_to_show;

use crate::text::width;

/// The maximum number of bytes of a typed line. Longer pastes are cut.
const MAX_INPUT: usize = 16 * 1024;
/// The character that is drawn for a line break.
const BREAK: &str = "⏎";

/// A line that is being typed, with a cursor. A cluster is the text that a user sees as one
/// character. The cursor is never inside a cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Input {
    text: String,
    /// The place of the cursor, in bytes.
    cursor: usize,
}

impl Input {
    /// Returns a line with this text, and the cursor at its end.
    pub(crate) fn new(text: impl Into<String>) -> Self {
        let text = text.into();
        Self { cursor: text.len(), text }
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Returns the text, and leaves an empty line.
    pub(crate) fn take(&mut self) -> String {
        self.cursor = 0;
        std::mem::take(&mut self.text)
    }

    fn before(&self) -> &str {
        self.text.get(..self.cursor).unwrap_or_default()
    }

    fn after(&self) -> &str {
        self.text.get(self.cursor..).unwrap_or_default()
    }

    /// Inserts a text at the cursor. Line breaks become `\n`. Other control characters, and
    /// characters that reverse the direction of text, are left out.
    pub(crate) fn insert(&mut self, text: &str) {
        let text = text.replace("\r\n", "\n").replace('\r', "\n");
        for character in text.chars().filter(|char| *char == '\n' || !is_unsafe_to_show(*char)) {
            if self.text.len() + character.len_utf8() > MAX_INPUT {
                break;
            }
            self.text.insert(self.cursor, character);
            self.cursor += character.len_utf8();
        }
    }

    pub(crate) fn left(&mut self) {
        self.cursor -= self.before().graphemes(true).next_back().map_or(0, str::len);
    }

    pub(crate) fn right(&mut self) {
        self.cursor += self.after().graphemes(true).next().map_or(0, str::len);
    }

    pub(crate) fn home(&mut self) {
        self.cursor = 0;
    }

    pub(crate) fn end(&mut self) {
        self.cursor = self.text.len();
    }

    /// Moves to the start of the word before the cursor.
    pub(crate) fn word_left(&mut self) {
        let words = self.before().trim_end();
        self.cursor = words.rfind(char::is_whitespace).map_or(0, |blank| blank + blank_len(words, blank));
    }

    /// Moves to the end of the word after the cursor.
    pub(crate) fn word_right(&mut self) {
        let after = self.after();
        let blanks = after.len() - after.trim_start().len();
        let word = after.trim_start().find(char::is_whitespace).unwrap_or_else(|| after.trim_start().len());
        self.cursor += blanks + word;
    }

    /// Deletes the cluster before the cursor.
    pub(crate) fn backspace(&mut self) {
        let end = self.cursor;
        self.left();
        self.delete_to(end);
    }

    /// Deletes the cluster after the cursor.
    pub(crate) fn delete(&mut self) {
        let end = self.cursor + self.after().graphemes(true).next().map_or(0, str::len);
        self.delete_to(end);
    }

    /// Deletes the word before the cursor.
    pub(crate) fn delete_word(&mut self) {
        let end = self.cursor;
        self.word_left();
        self.delete_to(end);
    }

    /// Deletes everything before the cursor.
    pub(crate) fn delete_to_start(&mut self) {
        let end = self.cursor;
        self.cursor = 0;
        self.delete_to(end);
    }

    /// Deletes everything after the cursor.
    pub(crate) fn delete_to_end(&mut self) {
        self.text.truncate(self.cursor);
    }

    /// Deletes from the cursor to `end`.
    fn delete_to(&mut self, end: usize) {
        let rest = self.text.get(end..).unwrap_or_default().to_owned();
        self.text.truncate(self.cursor);
        self.text.push_str(&rest);
        // The characters before and after the deleted part may now form one cluster.
        self.cursor = self.text.floor_char_boundary(self.cursor);
    }

    /// Returns the part of the line that fits into `columns`, and the column of the cursor in it.
    pub(crate) fn visible(&self, columns: usize) -> (String, usize) {
        let drawn = |text: &str| text.replace('\n', BREAK);
        let (before, after) = (drawn(self.before()), drawn(self.after()));
        // One column stays free for a cursor at the end.
        let room = columns.saturating_sub(1);
        let mut start = 0;
        let mut used = width(&before);
        for cluster in before.graphemes(true) {
            if used <= room {
                break;
            }
            start += cluster.len();
            used -= width(cluster);
        }
        let mut shown = before.get(start..).unwrap_or_default().to_owned();
        let mut total = used;
        for cluster in after.graphemes(true) {
            total += width(cluster);
            if total > columns {
                break;
            }
            shown.push_str(cluster);
        }
        (shown, used)
    }
}

fn blank_len(text: &str, at: usize) -> usize {
    text.get(at..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    type Step = fn(&mut Input);

    #[test]
    fn keys_move_the_cursor_by_whole_grapheme_clusters_or_words_and_delete_whole_clusters_or_words() {
        let table: [(&str, &[Step], &str, &str); 9] = [
            ("ab", &[Input::left, Input::backspace], "", "b"),
            ("e\u{301}x", &[Input::left, Input::backspace], "", "x"),
            ("👩\u{200d}🚀", &[Input::backspace], "", ""),
            ("one two ", &[Input::delete_word], "one ", ""),
            ("one two", &[Input::word_left, Input::delete_to_start], "", "two"),
            ("one two", &[Input::home, Input::word_right], "one", " two"),
            ("one two", &[Input::home, Input::right, Input::delete_to_end], "o", ""),
            ("ab", &[Input::home, Input::delete], "", "b"),
            ("ab", &[Input::home, Input::end, Input::delete, Input::right], "ab", ""),
        ];
        for (text, steps, before, after) in table {
            let mut input = Input::new(text);
            for step in steps {
                step(&mut input);
            }
            assert_eq!((input.before(), input.after()), (before, after), "{text}");
        }
    }

    #[test]
    fn a_pasted_text_keeps_its_lines_and_loses_control_characters() {
        let mut input = Input::default();
        input.insert("a\r\nb\u{1b}[2J\tc");
        assert_eq!(input.text(), "a\nb[2Jc");
        assert_eq!(input.visible(20), ("a⏎b[2Jc".to_owned(), 7));
        input.insert(&"x".repeat(2 * MAX_INPUT));
        assert_eq!(input.text().len(), MAX_INPUT);
    }

    #[test]
    fn the_cursor_is_always_visible() {
        let mut input = Input::new("0123456789猫");
        assert_eq!(input.visible(5), ("89猫".to_owned(), 4));
        input.home();
        assert_eq!(input.visible(5), ("01234".to_owned(), 0));
    }

    proptest! {
        #[test]
        fn any_sequence_of_edits_keeps_the_cursor_valid(
            text in any::<String>(),
            steps in prop::collection::vec(0usize..12, 0..40),
            columns in 1usize..30,
        ) {
            const STEPS: [Step; 11] = [
                Input::left, Input::right, Input::home, Input::end, Input::word_left, Input::word_right,
                Input::backspace, Input::delete, Input::delete_word, Input::delete_to_start, Input::delete_to_end,
            ];
            let mut input = Input::default();
            input.insert(&text);
            for step in steps {
                match STEPS.get(step) {
                    Some(step) => step(&mut input),
                    None => input.insert("a\u{301}猫"),
                }
                prop_assert!(input.text.is_char_boundary(input.cursor));
                let (shown, cursor) = input.visible(columns);
                prop_assert!(width(&shown) <= columns && cursor < columns, "{shown:?} {cursor} {columns}");
            }
        }
    }
}
