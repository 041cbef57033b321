//! The keys of the contact list.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use msnp_client::machine::Edit;

use super::contacts::Row;
use super::effect::Effect;
use super::state::App;

/// The number of rows by which PgUp and PgDn move the selection.
const PAGE: isize = 10;

impl App {
    pub(super) fn contacts_key(&mut self, key: KeyEvent) {
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

    /// Handles a letter. If a request is selected, the letter can answer it. Otherwise the letter
    /// is added to the text to find.
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

    /// Opens the selected contact, collapses or expands the selected group, or says how to answer the selected request.
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
}
