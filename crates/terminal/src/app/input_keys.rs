//! The keys for the input line of a tab.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::effect::Effect;
use super::input::Input;
use super::line_keys::edit_input;
use super::state::App;
use super::tab::TYPING_AGAIN;

/// The maximum number of sent lines that the arrow keys bring back.
const MAX_HISTORY: usize = 100;
/// The number of rows by which PgUp and PgDn scroll if the height of the conversation does not fit
/// into an `isize`.
const PAGE: isize = 10;

impl App {
    pub(super) fn input_key(&mut self, key: KeyEvent) {
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        let page = isize::try_from(self.talk_height().saturating_sub(1)).unwrap_or(PAGE);
        let is_empty = self.current_tab().is_none_or(|tab| tab.input.is_empty());
        match key.code {
            KeyCode::Enter if key.modifiers.intersects(KeyModifiers::ALT | KeyModifiers::SHIFT) => {
                if let Some(tab) = self.current_tab_mut() {
                    tab.input.insert("\n");
                }
            }
            KeyCode::Enter => self.enter_line(),
            KeyCode::Char('/') if is_empty => self.open_palette(true),
            KeyCode::Char('d') if control && is_empty => self.close_tab(self.current),
            KeyCode::PageUp => self.scroll_by(page),
            KeyCode::PageDown => self.scroll_by(-page),
            KeyCode::Up => self.recall(-1),
            KeyCode::Down => self.recall(1),
            KeyCode::Esc => self.scroll_by(isize::MIN),
            _ => {
                let changed = self.current_tab_mut().is_some_and(|tab| edit_input(&mut tab.input, key));
                if changed {
                    self.recalled = None;
                    self.tell_typing();
                }
            }
        }
    }

    fn enter_line(&mut self) {
        let Some(line) = self.current_tab().map(|tab| tab.input.text().to_owned()) else { return };
        let tab = self.current;
        if !self.execute(&line) {
            return;
        }
        if !line.trim().is_empty() {
            self.remember(&line);
        }
        self.recalled = None;
        // The command in the line may have closed the tab.
        if let Some(tab) = self.tabs.get_mut(tab).filter(|tab| tab.input.text() == line) {
            tab.input.take();
        }
    }

    /// Puts a line that the user sent before into the input line. `step` is -1 for the next older
    /// line, and 1 for the next newer line.
    fn recall(&mut self, step: isize) {
        let Some(tab) = self.tabs.get_mut(self.current) else { return };
        let (place, draft) = match self.recalled.take() {
            Some(recalled) => recalled,
            None => (self.history.len(), tab.input.clone()),
        };
        let place = place.saturating_add_signed(step).min(self.history.len());
        match self.history.get(place) {
            Some(line) => {
                tab.input = Input::new(line.clone());
                self.recalled = Some((place, draft));
            }
            None => tab.input = draft,
        }
    }

    /// Tells the other members from time to time that the user is typing.
    fn tell_typing(&mut self) {
        let now = self.time.since_start;
        let Some(tab) = self.tabs.get_mut(self.current) else { return };
        let is_text = !tab.input.is_empty() && !tab.input.text().starts_with('/');
        if let Some(with) = tab.with.as_mut().filter(|with| is_text && with.told_until <= now) {
            with.told_until = now + TYPING_AGAIN;
            self.effects.push(Effect::Typing(with.talk));
        }
    }

    /// Remembers a sent line for the arrow keys.
    pub(super) fn remember(&mut self, line: &str) {
        if self.history.last().is_some_and(|last| last == line) {
            return;
        }
        if self.history.len() == MAX_HISTORY {
            self.history.remove(0);
        }
        self.history.push(line.to_owned());
    }
}
