//! The current tab: its lines, with the tabs in the upper edge of the frame.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Modifier;
use ratatui::text::{Line, Span};

use super::frame::framed;
use super::theme::Theme;
use crate::app::{App, Focus, Piece, Tone, highlight, labels, rows};

pub(super) fn draw(app: &App, theme: &Theme, area: Rect, frame: &mut Frame<'_>) {
    if area.is_empty() {
        return;
    }
    let style = theme.frame(app.focus == Focus::Input);
    let mut block = framed(style).title_top(tabs(app, theme, area));
    if let Some(typing) = app.typing_note() {
        block = block.title_bottom(Line::styled(format!(" {typing} "), theme.unread()));
    }
    let scroll = app.current_tab().map_or(0, |tab| tab.scroll);
    if scroll > 0 {
        block = block.title_bottom(Line::styled(format!(" ↓ {scroll} more "), theme.unread()).right_aligned());
    }
    let inside = block.inner(area);
    frame.render_widget(block, area);
    let shown = visible(app, inside, scroll);
    // If there are only a few lines, they are at the lower end of the area, next to the input line.
    let top = inside.bottom().saturating_sub(u16::try_from(shown.len()).unwrap_or(u16::MAX));
    for (y, row) in (top.max(inside.y)..inside.bottom()).zip(shown) {
        let spans = row.into_iter().map(|piece| Span::styled(piece.text, theme.tone(piece.tone)));
        frame.render_widget(Line::from_iter(spans), Rect { y, height: 1, ..inside });
    }
    if app.current == 0 && app.current_tab().is_some_and(|tab| tab.lines.iter().next().is_none()) {
        draw_welcome(theme, inside, frame);
    }
}

/// Returns the visible rows, from top to bottom.
fn visible(app: &App, area: Rect, scroll: usize) -> Vec<Vec<Piece>> {
    let Some(tab) = app.current_tab() else { return Vec::new() };
    let query = app.search.as_ref().and_then(|search| search.query());
    let (height, columns) = (usize::from(area.height), usize::from(area.width));
    let from_below = tab.lines.iter().rev().flat_map(|line| rows(line, columns, app.settings.emoji).into_iter().rev());
    let shown = from_below.skip(scroll).take(height);
    let mut shown: Vec<_> =
        shown.map(|row| query.map_or_else(|| row.clone(), |query| highlight(row.clone(), query))).collect();
    shown.reverse();
    shown
}

fn tabs<'a>(app: &App, theme: &Theme, area: Rect) -> Line<'a> {
    let mut spans = Vec::new();
    for label in labels(&app.tab_names(), app.current, usize::from(area.width).saturating_sub(2)) {
        if !spans.is_empty() {
            spans.push(Span::styled("│", theme.dim()));
        }
        let unread = app.tabs.get(label.tab).is_some_and(|tab| tab.unread > 0);
        let style = match (label.tab == app.current, unread) {
            (true, _) => theme.strong().add_modifier(Modifier::REVERSED),
            (false, true) => theme.unread(),
            (false, false) => theme.plain(),
        };
        spans.push(Span::styled(label.text, style));
    }
    Line::from(spans)
}

/// The text of the home tab before anything has happened.
const WELCOME: [(&str, &str); 7] = [
    ("Up, Down, Enter", "open a contact"),
    ("Tab", "switch to list or input line"),
    ("Ctrl-P or /", "commands, contacts and tabs"),
    ("/add ADDRESS", "add a contact"),
    ("/status, /name", "change your status or name"),
    ("F1", "all keys and commands"),
    ("Ctrl-C", "sign out and leave"),
];

fn draw_welcome(theme: &Theme, area: Rect, frame: &mut Frame<'_>) {
    let rows = u16::try_from(WELCOME.len()).unwrap_or(u16::MAX);
    let left = area.x + area.width.saturating_sub(46) / 2;
    let top = area.y + area.height.saturating_sub(rows) / 2;
    for (y, (keys, meaning)) in (top..area.bottom()).zip(WELCOME) {
        let line = Line::from(vec![
            Span::styled(format!("{keys:>15}  "), theme.tone(Tone::Note)),
            Span::styled(meaning, theme.plain()),
        ]);
        frame.render_widget(line, Rect { x: left, y, width: area.right().saturating_sub(left), height: 1 });
    }
}
