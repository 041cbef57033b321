//! Adds lines to tabs.

use super::ids::LineId;
use super::line::{Author, Delivery, File, Line};
use super::rows::rows;
use super::state::App;
use crate::text::clean;

impl App {
    /// Returns whether there is a sent message whose result is not known yet.
    pub(crate) fn is_delivering(&self) -> bool {
        let is_pending = |line: &Line| line.delivery == Some(Delivery::Pending);
        self.tabs.iter().any(|tab| tab.lines.iter().any(is_pending))
    }

    /// Adds a line to a tab, and returns the number of the line. Makes the text safe to draw.
    pub(super) fn add_line(&mut self, tab: usize, author: Author, text: &str, delivery: Option<Delivery>) -> LineId {
        self.add(tab, author, text, delivery, None)
    }

    /// Adds a line about a file.
    pub(super) fn add_file(&mut self, tab: usize, text: &str, file: File) {
        self.add(tab, Author::Note, text, None, Some(file));
    }

    fn add(
        &mut self,
        tab: usize,
        author: Author,
        text: &str,
        delivery: Option<Delivery>,
        file: Option<File>,
    ) -> LineId {
        let id = LineId(self.next_line);
        self.next_line += 1;
        let line = Line { id, clock: self.time.clock.clone(), author, text: clean(text), delivery, file };
        let (columns, emoji) = (self.talk_width(), self.settings.emoji);
        if let Some(tab) = self.tabs.get_mut(tab) {
            // While the user reads older lines, the same lines stay visible.
            if tab.scroll > 0 {
                tab.scroll += rows(&line, columns, emoji).len();
            }
            tab.lines.push(line);
        }
        id
    }

    /// Adds a note to a tab.
    pub(super) fn note(&mut self, tab: usize, text: &str) {
        self.add_line(tab, Author::Note, text, None);
    }

    /// Counts a message that the user does not see.
    pub(super) fn count_unread(&mut self, tab: usize) {
        if tab != self.current
            && let Some(tab) = self.tabs.get_mut(tab)
        {
            tab.unread += 1;
        }
    }
}
