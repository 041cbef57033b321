//! The line that is being typed.

use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use ratatui::text::Line;

use super::frame::framed;
use super::theme::Theme;
use crate::app::{App, Focus, Input};
use crate::text::cut;

pub(super) fn draw(app: &App, theme: &Theme, area: Rect, frame: &mut Frame<'_>) {
    if area.is_empty() {
        return;
    }
    let Some(tab) = app.current_tab() else { return };
    let mut block = framed(theme.frame(app.focus == Focus::Input));
    let input = if let Some(search) = &app.search {
        let place = format!(" Search: {} of {} ", search.shown(), search.matches);
        block = block.title_top(Line::styled(place, theme.unread()));
        block = block.title_bottom(Line::styled(" Enter: older  Down: newer  Esc: close ", theme.dim()));
        &search.input
    } else {
        &tab.input
    };
    let inside = block.inner(area);
    frame.render_widget(block, area);
    let has_cursor = app.palette.is_none() && app.help.is_none() && (app.focus == Focus::Input || app.search.is_some());
    draw_line(input, has_cursor, inside, frame);
    if input.is_empty() && app.search.is_none() {
        let hint = if tab.with.is_some() { "Type a message" } else { "Type / for commands" };
        let hint = cut(hint, usize::from(inside.width).saturating_sub(1));
        frame.render_widget(Line::styled(format!(" {hint}"), theme.dim()), inside);
    }
}

/// Draws a line and its cursor into the first row of an area.
pub(super) fn draw_line(input: &Input, has_cursor: bool, area: Rect, frame: &mut Frame<'_>) {
    if area.is_empty() {
        return;
    }
    let (shown, cursor) = input.visible(area.width.into());
    frame.render_widget(Line::raw(shown), Rect { height: 1, ..area });
    if has_cursor {
        let cursor = u16::try_from(cursor).unwrap_or_default();
        frame.set_cursor_position(Position::new(area.x + cursor, area.y));
    }
}
