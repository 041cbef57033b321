//! The areas of the screen.

use ratatui::layout::Rect;

/// The minimum width at which the contact list and the conversation are side by side.
const WIDE: u16 = 60;
/// The number of rows of the input box.
const INPUT_ROWS: u16 = 3;

/// The areas of the screen. An area that is not shown is empty.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Areas {
    /// The account and the state of the connection.
    pub(crate) title: Rect,
    /// The contact list with its frame.
    pub(crate) contacts: Rect,
    /// The conversation with its frame. The tabs are in the upper edge of the frame.
    pub(crate) talk: Rect,
    /// The line that is being typed, with its frame.
    pub(crate) input: Rect,
    /// The row at the lower edge of the screen, for notices and for the most useful keys.
    pub(crate) status: Rect,
}

impl Areas {
    /// Divides a screen into areas. On a narrow screen, only the side with the focus is shown.
    pub(crate) fn of(columns: u16, rows: u16, is_on_contacts: bool) -> Self {
        let body = rows.saturating_sub(2);
        let title = Rect::new(0, 0, columns, rows.min(1));
        let status = Rect::new(0, rows.saturating_sub(1), columns, u16::from(rows > 1));
        let left = match (columns >= WIDE, is_on_contacts) {
            (true, _) => (columns / 3).clamp(22, 38),
            (false, true) => columns,
            (false, false) => 0,
        };
        let right = columns - left;
        let input_rows = INPUT_ROWS.min(body);
        let shown = |rect: Rect| if rect.width == 0 || rect.height == 0 { Rect::default() } else { rect };
        Self {
            title,
            contacts: shown(Rect::new(0, 1, left, body)),
            talk: shown(Rect::new(left, 1, right, body - input_rows)),
            input: shown(Rect::new(left, 1 + body - input_rows, right, input_rows)),
            status,
        }
    }
}

/// Returns the inside of a frame.
pub(crate) fn inside(area: Rect) -> Rect {
    let (width, height) = (area.width.saturating_sub(2), area.height.saturating_sub(2));
    if width == 0 || height == 0 { Rect::default() } else { Rect::new(area.x + 1, area.y + 1, width, height) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_area_stays_inside_the_screen() {
        for columns in 0..140 {
            for rows in 0..50 {
                for focus in [false, true] {
                    let areas = Areas::of(columns, rows, focus);
                    for area in [areas.title, areas.contacts, areas.talk, areas.input, areas.status] {
                        assert!(area.right() <= columns && area.bottom() <= rows, "{columns}x{rows}: {areas:?}");
                    }
                }
            }
        }
    }
}
