//! Searches for lines of a conversation.

use super::input::Input;
use super::layout::inside;
use super::rows::{contains, rows};
use super::search::Search;
use super::state::App;

impl App {
    /// Opens the search, with a text to find.
    pub(super) fn open_search(&mut self, text: &str) {
        self.search = Some(Search { input: Input::new(text), ..Search::default() });
        self.find(0);
    }

    /// Closes the search. The lines stay where they are.
    pub(super) fn close_search(&mut self) {
        self.search = None;
    }

    /// Shows a match. `step` is 1 for the next older match and -1 for the next newer match. It is 0
    /// after the text has changed, for the newest match of all.
    pub(super) fn find(&mut self, step: isize) {
        let Some(search) = &self.search else { return };
        let Some(tab) = self.tabs.get(self.current) else { return };
        let query = search.input.text().to_owned();
        let wanted = if step == 0 { 0 } else { search.skip.saturating_add_signed(step) };
        let columns = inside(self.areas().talk).width.into();
        let (mut below, mut places) = (0, Vec::new());
        for line in tab.lines.iter().rev() {
            if !query.is_empty() && contains(line, &query) {
                places.push(below);
            }
            below += rows(line, columns, self.settings.emoji).len();
        }
        let skip = wanted.min(places.len().saturating_sub(1));
        let place = places.get(skip).copied();
        let half = self.talk_height() / 2;
        if let Some(search) = &mut self.search {
            search.skip = skip;
            search.matches = places.len();
        }
        if let (Some(place), Some(tab)) = (place, self.tabs.get_mut(self.current)) {
            tab.scroll = place.saturating_sub(half);
        }
        self.keep_in_view();
    }
}
