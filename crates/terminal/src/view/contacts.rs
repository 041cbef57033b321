//! The contact list.

use msnp::Handle;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::frame::framed;
use super::picture;
use super::theme::Theme;
use crate::app::{App, ContactRow, Focus, Section, look};
use crate::text::{cut, width, with_emoji};

pub(super) fn draw(app: &App, theme: &Theme, area: Rect, frame: &mut Frame<'_>) {
    if area.is_empty() {
        return;
    }
    let has_focus = app.focus == Focus::Contacts;
    let title = match app.contacts.filter() {
        "" => " Contacts ".to_owned(),
        filter => cut(&format!(" Find: {filter}▏"), usize::from(area.width).saturating_sub(2)),
    };
    let block = framed(theme.frame(has_focus)).title_top(title);
    let inside = block.inner(area);
    frame.render_widget(block, area);
    if let Some((area, picture)) = picture::of_partner(app) {
        picture::draw(picture, theme, area, frame);
    }
    let inside = Rect { height: app.contacts_height(), ..inside };
    let rows = app.contacts.rows();
    if rows.is_empty() {
        return draw_empty(app, theme, inside, frame);
    }
    let visible = rows.iter().enumerate().skip(app.contacts.offset()).take(inside.height.into());
    for (place, (index, row)) in (inside.y..).zip(visible) {
        let area = Rect { y: place, height: 1, ..inside };
        let mut line = line_of(app, theme, row, inside.width.into());
        if app.contacts.is_selected(index) {
            line = line.patch_style(theme.selected(has_focus));
        }
        frame.render_widget(line, area);
    }
}

fn draw_empty(app: &App, theme: &Theme, area: Rect, frame: &mut Frame<'_>) {
    let text = if app.contacts.filter().is_empty() { "/add someone@example.com" } else { "Nobody" };
    frame.render_widget(Line::styled(cut(text, area.width.into()), theme.dim()), area);
}

fn line_of<'a>(app: &App, theme: &Theme, row: &ContactRow, columns: usize) -> Line<'a> {
    match row {
        ContactRow::Heading { section, name, online, total, is_folded } => {
            let symbol = if *is_folded { "▸" } else { "▾" };
            let is_requests = *section == Section::Requests;
            let count = if is_requests { format!(" {total}") } else { format!(" {online}/{total}") };
            let name = cut(&emoji(app, name), columns.saturating_sub(2 + width(&count)));
            Line::from(vec![
                Span::styled(format!("{symbol} {name}"), theme.heading()),
                Span::styled(count, theme.dim()),
            ])
        }
        ContactRow::Request { handle } => {
            let text = cut(&format!("  ? {handle}"), columns);
            Line::styled(text, theme.unread())
        }
        ContactRow::Contact { handle, .. } => contact_line(app, theme, handle, columns),
    }
}

fn emoji(app: &App, text: &str) -> String {
    if app.settings.emoji { with_emoji(text) } else { text.to_owned() }
}

fn contact_line<'a>(app: &App, theme: &Theme, handle: &Handle, columns: usize) -> Line<'a> {
    let Some(contact) = app.roster.contact(handle) else { return Line::default() };
    let look = look(contact.status);
    let unread = match app.unread_from(handle) {
        0 => String::new(),
        count => format!(" ({count})"),
    };
    let blocked = if contact.is_blocked { " blocked" } else { "" };
    let room = columns.saturating_sub(4 + width(&unread) + blocked.len());
    let name = cut(&emoji(app, &contact.name), room);
    let left = room.saturating_sub(width(&name) + 1);
    let message = if left > 2 && !contact.message.is_empty() {
        format!(" {}", cut(&emoji(app, &contact.message), left))
    } else {
        String::new()
    };
    let name_style = if contact.status.is_some() { theme.strong() } else { theme.dim() };
    Line::from(vec![
        Span::styled(format!("  {} ", look.symbol()), theme.look(look)),
        Span::styled(name, name_style),
        Span::styled(unread, theme.unread()),
        Span::styled(blocked, theme.problem()),
        Span::styled(message, theme.dim()),
    ])
}
