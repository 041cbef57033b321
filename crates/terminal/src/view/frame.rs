//! Frames around the parts of the screen.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::widgets::{Block, BorderType, Clear};

/// Returns a frame.
pub(super) fn framed(style: Style) -> Block<'static> {
    Block::bordered().border_type(BorderType::Rounded).border_style(style)
}

/// Draws a frame over everything that is already drawn in `area`. Returns the area inside the
/// frame.
pub(super) fn pop_up(title: &str, style: Style, area: Rect, frame: &mut Frame<'_>) -> Rect {
    frame.render_widget(Clear, area);
    let block = framed(style).title_top(format!(" {title} "));
    let inside = block.inner(area);
    frame.render_widget(block, area);
    inside
}

/// Moves an area sideways. Cuts off the part that would leave the original area.
pub(super) fn shaken(area: Rect, columns: i16) -> Rect {
    let away = columns.unsigned_abs().min(area.width);
    let x = if columns > 0 { area.x + away } else { area.x };
    Rect { x, width: area.width - away, ..area }
}
