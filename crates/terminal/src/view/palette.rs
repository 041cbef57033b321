//! The command palette, above the line that is being typed.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::frame::pop_up;
use super::input::draw_line;
use super::theme::Theme;
use crate::app::{App, Areas};
use crate::text::{cut, width};

pub(super) fn draw(app: &App, theme: &Theme, areas: Areas, frame: &mut Frame<'_>) {
    let Some(palette) = &app.palette else { return };
    let items = app.palette_items();
    let full = frame.area();
    let below = if areas.input.is_empty() { areas.contacts } else { areas.input };
    let height = u16::try_from(items.len()).unwrap_or_default().saturating_add(3).min(full.height);
    let y = below.bottom().saturating_sub(height);
    let area = Rect { x: below.x, y, width: below.width, height };
    let inside = pop_up("Enter: run  Tab: complete  Esc: close", theme.frame(true), area, frame);
    let columns = usize::from(inside.width);
    for (index, (y, item)) in (inside.y..inside.bottom().saturating_sub(1)).zip(&items).enumerate() {
        let label = cut(&item.label, columns.min(28));
        let gap = 28usize.saturating_sub(width(&label)) + 1;
        let detail = cut(&item.detail, columns.saturating_sub(width(&label) + gap));
        let gap = " ".repeat(gap);
        let mut line = Line::from(vec![Span::raw(label), Span::raw(gap), Span::styled(detail, theme.dim())]);
        if index == palette.chosen {
            line = line.patch_style(theme.selected(true));
        }
        frame.render_widget(line, Rect { y, height: 1, ..inside });
    }
    let last = Rect { y: inside.bottom().saturating_sub(1), height: inside.height.min(1), ..inside };
    draw_line(&palette.input, true, last, frame);
}
