//! The actions of keys.

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use super::effect::Effect;
use super::line_keys::edit_input;
use super::state::{App, Focus};

/// The number of rows by which PgUp and PgDn move in the contact list.
const PAGE: isize = 10;

impl App {
    /// Handles a key.
    pub(crate) fn handle_key(&mut self, key: KeyEvent) {
        if key.kind == KeyEventKind::Release {
            return;
        }
        if is_control(key, 'c') {
            return self.effects.push(Effect::Quit);
        }
        if self.shown_picture.take().is_some() {
            // Any key closes the picture that is shown in front of everything.
        } else if self.help.is_some() {
            self.help_key(key);
        } else if self.palette.is_some() {
            self.palette_key(key);
        } else if !self.global_key(key) {
            match (self.search.is_some(), self.focus) {
                (true, _) => self.search_key(key),
                (false, Focus::Contacts) => self.contacts_key(key),
                (false, Focus::Input) => self.input_key(key),
            }
        }
        self.keep_in_view();
    }

    /// Handles a pasted text. The text is never sent or run as a command, even if it has line
    /// breaks.
    pub(crate) fn handle_paste(&mut self, text: &str) {
        if let Some(palette) = &mut self.palette {
            palette.input.insert(text);
        } else if let Some(search) = &mut self.search {
            search.input.insert(text);
            self.find(0);
        } else {
            self.focus = Focus::Input;
            if let Some(tab) = self.current_tab_mut() {
                tab.input.insert(text);
            }
        }
        self.keep_in_view();
    }

    fn help_key(&mut self, key: KeyEvent) {
        match key.code {
            KeyCode::Up => self.scroll_help(-1),
            KeyCode::Down => self.scroll_help(1),
            KeyCode::PageUp => self.scroll_help(-PAGE),
            KeyCode::PageDown | KeyCode::Char(' ') => self.scroll_help(PAGE),
            _ => self.help = None,
        }
    }

    /// Handles the keys that work everywhere. Returns `false` for any other key.
    fn global_key(&mut self, key: KeyEvent) -> bool {
        let alt = key.modifiers.contains(KeyModifiers::ALT);
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::F(1) => self.help = Some(0),
            KeyCode::Char('p') if control => self.open_palette(false),
            KeyCode::Char('f') if control => self.open_search(""),
            KeyCode::Char('g') if control => self.nudge(),
            KeyCode::Char('n') if control => self.show_unread(),
            KeyCode::Char('r') if control => self.effects.push(Effect::SignInAgain),
            KeyCode::Char('l') if control => self.effects.push(Effect::Redraw),
            KeyCode::Char(digit @ '1'..='9') if alt => {
                self.show_tab(digit.to_digit(10).map_or(0, |digit| digit as usize).saturating_sub(1));
            }
            KeyCode::Left if alt => self.step_tab(-1),
            KeyCode::Right if alt => self.step_tab(1),
            KeyCode::PageUp if control => self.step_tab(-1),
            KeyCode::PageDown if control => self.step_tab(1),
            KeyCode::Tab | KeyCode::BackTab if self.search.is_none() => {
                self.focus = if self.focus == Focus::Input { Focus::Contacts } else { Focus::Input };
            }
            _ => return false,
        }
        true
    }

    /// Shows the tab before or after the current one.
    pub(super) fn step_tab(&mut self, step: isize) {
        let count = self.tabs.len();
        let next = (self.current + count).saturating_add_signed(step).checked_rem(count);
        self.show_tab(next.unwrap_or_default());
    }

    fn show_unread(&mut self) {
        let unread = self.tabs.iter().position(|tab| tab.unread > 0);
        match unread {
            Some(tab) => self.show_tab(tab),
            None => self.notify("There are no unread messages."),
        }
    }

    fn search_key(&mut self, key: KeyEvent) {
        let Some(search) = &mut self.search else { return };
        match key.code {
            KeyCode::Esc => self.close_search(),
            KeyCode::Enter | KeyCode::Up => self.find(1),
            KeyCode::Down => self.find(-1),
            _ => {
                if edit_input(&mut search.input, key) {
                    self.find(0);
                }
            }
        }
    }
}

fn is_control(key: KeyEvent, letter: char) -> bool {
    key.modifiers.contains(KeyModifiers::CONTROL) && key.code == KeyCode::Char(letter)
}
