//! The help.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::frame::pop_up;
use super::theme::Theme;
use crate::app::{App, help_lines};

/// The number of columns of the screen for the keys and commands. Their effects follow on the
/// right.
const KEYS: usize = 26;

pub(super) fn draw(app: &App, theme: &Theme, frame: &mut Frame<'_>) {
    let Some(first) = app.help else { return };
    let full = frame.area();
    let area = Rect { y: full.height.min(1), height: full.height.saturating_sub(2), ..full };
    let inside = pop_up("Help. Up, Down: scroll  Any other key: close", theme.frame(true), area, frame);
    for (y, (keys, meaning)) in (inside.y..inside.bottom()).zip(help_lines().into_iter().skip(first)) {
        let line = if meaning.is_empty() {
            Line::styled(keys, theme.heading())
        } else {
            Line::from(vec![Span::styled(format!("  {keys:KEYS$} "), theme.strong()), Span::raw(meaning)])
        };
        frame.render_widget(line, Rect { y, height: 1, ..inside });
    }
}
