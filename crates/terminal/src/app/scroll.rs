//! Computes which parts of the app are visible: the areas of the screen, and their scroll
//! positions.

use super::layout::{Areas, inside};
use super::rows::rows;
use super::state::{App, Focus};
use crate::picture::SIDE;

/// The number of rows of a picture. The contact list above the picture keeps at least the same
/// number of rows.
const PICTURE_ROWS: u16 = SIDE.div_ceil(2) as u16;
const LIST_ROWS: u16 = 12;

impl App {
    /// Returns whether there is room for a picture below the contact list.
    pub(crate) fn has_room_for_picture(&self) -> bool {
        let area = inside(self.areas().contacts);
        area.height >= PICTURE_ROWS + LIST_ROWS && u32::from(area.width) >= SIDE && self.partner_picture().is_some()
    }

    /// Returns the number of rows of the contact list.
    pub(crate) fn contacts_height(&self) -> u16 {
        let height = inside(self.areas().contacts).height;
        if self.has_room_for_picture() { height.saturating_sub(PICTURE_ROWS) } else { height }
    }

    pub(crate) fn areas(&self) -> Areas {
        Areas::of(self.size.0, self.size.1, self.focus == Focus::Contacts)
    }

    /// Sets the size of the terminal.
    pub(crate) fn resize(&mut self, columns: u16, rows: u16) {
        self.size = (columns, rows);
        self.keep_in_view();
    }

    /// Rebuilds the contact list, and keeps the selected row visible.
    pub(super) fn rebuild_contacts(&mut self) {
        self.contacts.rebuild(&self.roster);
        self.keep_in_view();
    }

    pub(super) fn keep_in_view(&mut self) {
        let height = self.contacts_height();
        self.contacts.scroll_to_selected(height.into());
        let highest = self.rows_of(self.current).saturating_sub(self.talk_height());
        if let Some(tab) = self.tabs.get_mut(self.current) {
            tab.scroll = tab.scroll.min(highest);
        }
    }

    /// Returns the number of rows of the conversation that are visible at the same time.
    pub(super) fn talk_height(&self) -> usize {
        inside(self.areas().talk).height.into()
    }

    /// Returns the width of the conversation in columns. It has a width even while the contact list
    /// covers it.
    pub(super) fn talk_width(&self) -> usize {
        inside(Areas::of(self.size.0, self.size.1, false).talk).width.into()
    }

    /// Returns the number of rows of all lines of a tab.
    fn rows_of(&self, tab: usize) -> usize {
        let Some(tab) = self.tabs.get(tab).filter(|tab| tab.scroll > 0) else { return 0 };
        tab.lines.iter().map(|line| rows(line, self.talk_width(), self.settings.emoji).len()).sum()
    }

    /// Scrolls the current tab up by this many rows. A negative number scrolls down.
    pub(super) fn scroll_by(&mut self, up: isize) {
        if let Some(tab) = self.tabs.get_mut(self.current) {
            tab.scroll = tab.scroll.saturating_add_signed(up);
        }
        self.keep_in_view();
    }
}
