//! What keys do.

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use msnp_client::machine::Edit;

use super::contacts::Row;
use super::effect::Effect;
use super::input::Input;
use super::state::{App, Focus};
use super::tab::TYPING_AGAIN;

/// The rows of one step of PgUp and PgDn in the contact list.
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
        if self.help.is_some() {
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

    /// Handles a pasted text. It is never carried out, even if it has line breaks.
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

    /// Handles the keys that work everywhere. Returns `false` if the key is another one.
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

    fn contacts_key(&mut self, key: KeyEvent) {
        let is_plain = !key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT);
        match key.code {
            KeyCode::Up => self.contacts.move_by(-1),
            KeyCode::Down => self.contacts.move_by(1),
            KeyCode::PageUp => self.contacts.move_by(-PAGE),
            KeyCode::PageDown => self.contacts.move_by(PAGE),
            KeyCode::Home => self.contacts.select(0),
            KeyCode::End => self.contacts.select(usize::MAX),
            KeyCode::Left => self.fold(Some(true)),
            KeyCode::Right => self.fold(Some(false)),
            KeyCode::Enter => self.enter_row(),
            KeyCode::Esc => self.filter(String::new()),
            KeyCode::Backspace => {
                let mut filter = self.contacts.filter().to_owned();
                filter.pop();
                self.filter(filter);
            }
            KeyCode::Char('/') if is_plain => self.open_palette(true),
            KeyCode::Char(letter) if is_plain => self.contacts_letter(letter),
            _ => {}
        }
    }

    fn fold(&mut self, fold: Option<bool>) {
        self.contacts.fold(fold);
        self.rebuild_contacts();
    }

    fn filter(&mut self, filter: String) {
        if self.contacts.filter() != filter {
            self.contacts.set_filter(filter);
            self.rebuild_contacts();
        }
    }

    /// A letter answers the selected request, or is a part of the name to find.
    fn contacts_letter(&mut self, letter: char) {
        if let Some(Row::Request { handle }) = self.contacts.selected() {
            let who = handle.to_string();
            match letter {
                'a' => return self.accept_request(&who),
                'b' => return self.edit_user(&who, "Refuse and block", Edit::Block),
                _ => {}
            }
        }
        let filter = format!("{}{letter}", self.contacts.filter());
        self.filter(filter);
    }

    /// Opens the selected contact, folds the selected group, or says how to answer the selected request.
    pub(super) fn enter_row(&mut self) {
        match self.contacts.selected() {
            Some(Row::Contact { handle, .. }) => {
                let handle = handle.clone();
                self.effects.push(Effect::Open(handle));
                self.filter(String::new());
            }
            Some(Row::Heading { .. }) => self.fold(None),
            Some(Row::Request { .. }) => self.notify("Press a to accept this request, or b to refuse and block."),
            None => {}
        }
    }

    fn input_key(&mut self, key: KeyEvent) {
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
        // A command may have closed the tab.
        if let Some(tab) = self.tabs.get_mut(tab).filter(|tab| tab.input.text() == line) {
            tab.input.take();
        }
    }

    /// Brings back a line that was sent before.
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

    /// Tells the members that the user is typing, from time to time.
    fn tell_typing(&mut self) {
        let now = self.time.since_start;
        let Some(tab) = self.tabs.get_mut(self.current) else { return };
        let is_text = !tab.input.is_empty() && !tab.input.text().starts_with('/');
        if let Some(with) = tab.with.as_mut().filter(|with| is_text && with.told_until <= now) {
            with.told_until = now + TYPING_AGAIN;
            self.effects.push(Effect::Typing(with.talk));
        }
    }
}

fn is_control(key: KeyEvent, letter: char) -> bool {
    key.modifiers.contains(KeyModifiers::CONTROL) && key.code == KeyCode::Char(letter)
}

/// Changes a line as a key says. Returns whether its text may have changed.
pub(super) fn edit_input(input: &mut Input, key: KeyEvent) -> bool {
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    let alt = key.modifiers.contains(KeyModifiers::ALT);
    match key.code {
        KeyCode::Left if control => input.word_left(),
        KeyCode::Right if control => input.word_right(),
        KeyCode::Char('b') if alt => input.word_left(),
        KeyCode::Char('f') if alt => input.word_right(),
        KeyCode::Left => input.left(),
        KeyCode::Right => input.right(),
        KeyCode::Home => input.home(),
        KeyCode::End => input.end(),
        KeyCode::Char('a') if control => input.home(),
        KeyCode::Char('e') if control => input.end(),
        _ => return change_input(input, key, control, alt),
    }
    false
}

fn change_input(input: &mut Input, key: KeyEvent, control: bool, alt: bool) -> bool {
    match key.code {
        KeyCode::Backspace if control || alt => input.delete_word(),
        KeyCode::Backspace => input.backspace(),
        KeyCode::Delete => input.delete(),
        KeyCode::Char('d') if control => input.delete(),
        KeyCode::Char('h') if control => input.backspace(),
        KeyCode::Char('w') if control => input.delete_word(),
        KeyCode::Char('u') if control => input.delete_to_start(),
        KeyCode::Char('k') if control => input.delete_to_end(),
        // AltGr arrives as both.
        KeyCode::Char(letter) if control == alt => input.insert(letter.encode_utf8(&mut [0; 4])),
        _ => return false,
    }
    true
}
