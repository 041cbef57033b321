//! The row at the upper edge of the screen: the account, its status, and the state of the
//! connection.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::theme::Theme;
use crate::app::{App, Link, look, status_name};
use crate::text::{cut, width, with_emoji};

pub(super) fn draw(app: &App, theme: &Theme, area: Rect, frame: &mut Frame<'_>) {
    let columns = usize::from(area.width);
    let right = match &app.link {
        Link::Online => format!("{} ", app.me),
        Link::Offline { retry: None, .. } => "not connected ".to_owned(),
        Link::Offline { retry: Some(retry), .. } => {
            let seconds = retry.saturating_sub(app.time.since_start).as_secs();
            if seconds == 0 { "connecting… ".to_owned() } else { format!("connecting again in {seconds} s ") }
        }
    };
    let status = app.roster.status;
    let mut left = format!(" {} {}  {}", look(status).symbol(), app.my_name(), status_name(status));
    if !app.message.is_empty() {
        left.push_str(&format!("  {}", app.message));
    }
    if app.settings.emoji {
        left = with_emoji(&left);
    }
    let left = cut(&left, columns.saturating_sub(width(&right) + 1));
    let gap = columns.saturating_sub(width(&left) + width(&right));
    let line = Line::from(vec![Span::raw(left), Span::raw(" ".repeat(gap)), Span::raw(cut(&right, columns))]);
    frame.render_widget(line.style(theme.title()), area);
}
