//! The row at the lower edge of the screen. It shows a notice, the reason why the account is signed
//! out, or the most useful keys.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::theme::Theme;
use crate::app::{App, Focus, Link};
use crate::text::cut;

pub(super) fn draw(app: &App, theme: &Theme, area: Rect, frame: &mut Frame<'_>) {
    let (text, style) = match (&app.notice, &app.link) {
        (Some(notice), _) => (notice.text.clone(), if notice.is_problem { theme.problem() } else { theme.strong() }),
        (None, Link::Offline { reason, retry }) => {
            let advice = if retry.is_some() { "" } else { " Ctrl-R: sign in again" };
            (format!("Signed out: {reason}.{advice}"), theme.problem())
        }
        (None, Link::Online) => (hint(app).to_owned(), theme.dim()),
    };
    frame.render_widget(Line::styled(cut(&format!(" {text}"), area.width.into()), style), area);
}

fn hint(app: &App) -> &'static str {
    match app.focus {
        Focus::Contacts => "Enter: open  Type: find  Tab: input line  /: commands  F1: help  Ctrl-C: quit",
        Focus::Input => "Tab: contacts  Alt-←→: tabs  Ctrl-G: nudge  /: commands  F1: help  Ctrl-C: quit",
    }
}
