//! Draws display pictures, with two pixels in each cell.

use ratatui::Frame;
use ratatui::layout::{Margin, Rect};
use ratatui::style::Style;

use super::frame::pop_up;
use super::theme::Theme;
use crate::app::App;
use crate::picture::{Picture, SIDE};

/// The columns and rows of the largest picture.
pub(super) const COLUMNS: u16 = SIDE as u16;
pub(super) const ROWS: u16 = SIDE.div_ceil(2) as u16;

/// Returns the visible picture and its place. This is the picture that the user asked to see. If
/// there is none, it is the picture of the other user of the current conversation.
pub(crate) fn on_screen(app: &App, full: Rect) -> Option<(Rect, &Picture)> {
    match &app.shown_picture {
        Some(handle) => Some((pop_up_area(full).inner(Margin::new(1, 1)), app.picture_of(handle)?)),
        None => of_partner(app),
    }
}

/// Returns the picture below the contact list, and its place.
pub(super) fn of_partner(app: &App) -> Option<(Rect, &Picture)> {
    let inside = app.areas().contacts.inner(Margin::new(1, 1));
    let y = inside.bottom().saturating_sub(ROWS);
    let picture = app.partner_picture().filter(|_| app.has_room_for_picture())?;
    Some((Rect { y, height: ROWS, ..inside }, picture))
}

fn pop_up_area(full: Rect) -> Rect {
    let (width, height) = ((COLUMNS + 2).min(full.width), (ROWS + 2).min(full.height));
    Rect::new((full.width - width) / 2, (full.height - height) / 2, width, height)
}

/// Draws the picture that the user has asked for, in front of everything.
pub(super) fn draw_shown(app: &App, theme: &Theme, frame: &mut Frame<'_>) {
    let Some(handle) = &app.shown_picture else { return };
    let area = pop_up_area(frame.area());
    let title = if app.picture_of(handle).is_some() { app.name_of(handle) } else { "Fetching…".to_owned() };
    let inside = pop_up(&title, theme.frame(true), area, frame);
    if let Some(picture) = app.picture_of(handle) {
        draw(picture, theme, inside, frame);
    }
}

/// Draws a picture in the middle of an area. Leaves out the parts that do not fit.
pub(super) fn draw(picture: &Picture, theme: &Theme, area: Rect, frame: &mut Frame<'_>) {
    let columns = picture.rows.iter().map(Vec::len).max().unwrap_or_default();
    let left = usize::from(area.width).saturating_sub(columns) / 2;
    let x = area.x + u16::try_from(left).unwrap_or_default();
    let buffer = frame.buffer_mut();
    for (y, pair) in (area.y..area.bottom()).zip(picture.rows.chunks(2)) {
        let (upper, lower) = (pair.first(), pair.get(1));
        for (x, (column, pixel)) in (x..area.right()).zip(upper.into_iter().flatten().enumerate()) {
            let below = lower.and_then(|row| row.get(column)).copied().unwrap_or_default();
            if let Some(cell) = buffer.cell_mut((x, y)) {
                cell.set_symbol("▀").set_style(Style::new().fg(theme.pixel(*pixel)).bg(theme.pixel(below)));
            }
        }
    }
}
