//! The actions of the mouse.

use crossterm::event::{MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::{Position, Rect};

use super::layout::inside;
use super::state::{App, Focus};
use super::tab_bar::labels;

/// The number of rows by which one step of the wheel scrolls.
const WHEEL: isize = 3;

impl App {
    /// Handles a click or the wheel.
    pub(crate) fn handle_mouse(&mut self, mouse: MouseEvent) {
        let at = Position::new(mouse.column, mouse.row);
        match mouse.kind {
            MouseEventKind::ScrollUp => self.wheel(at, WHEEL),
            MouseEventKind::ScrollDown => self.wheel(at, -WHEEL),
            MouseEventKind::Down(MouseButton::Left) => self.click(at),
            _ => return,
        }
        self.keep_in_view();
    }

    fn wheel(&mut self, at: Position, up: isize) {
        if self.help.is_some() {
            self.scroll_help(-up);
        } else if self.areas().contacts.contains(at) {
            self.contacts.move_by(-up);
        } else {
            self.scroll_by(up);
        }
    }

    fn click(&mut self, at: Position) {
        if self.shown_picture.take().is_some() || self.help.take().is_some() || self.palette.take().is_some() {
            return;
        }
        let areas = self.areas();
        if areas.contacts.contains(at) {
            self.focus = Focus::Contacts;
            if let Some(row) = row_at(inside(areas.contacts), at) {
                let row = row + self.contacts.offset();
                if row < self.contacts.rows().len() {
                    self.contacts.select(row);
                    self.enter_row();
                }
            }
        } else if areas.talk.contains(at) && at.y == areas.talk.y {
            self.click_tab(areas.talk, at);
        } else if areas.talk.contains(at) || areas.input.contains(at) {
            self.focus = Focus::Input;
        } else if areas.title.contains(at) {
            self.choose_status();
        }
    }

    fn click_tab(&mut self, bar: Rect, at: Position) {
        let column = usize::from(at.x.saturating_sub(bar.x + 1));
        let shown = labels(&self.tab_names(), self.current, bar.width.saturating_sub(2).into());
        if let Some(label) = shown.iter().find(|label| (label.column..label.end()).contains(&column)) {
            self.show_tab(label.tab);
        }
    }
}

fn row_at(area: Rect, at: Position) -> Option<usize> {
    area.contains(at).then(|| usize::from(at.y - area.y))
}
