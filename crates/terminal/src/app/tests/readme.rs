//! The picture of the messenger in the README: a screen as SVG. `UPDATE_SCREENS=1 cargo test -p swallowtail-terminal`
//! writes it again.

use std::fmt::Write;
use std::path::Path;
use std::time::Duration;

use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};
use ratatui::text::Span;

use super::desk::{Desk, handle};
use crate::app::{AppEvent, FileId, LineId, TalkEvent};

/// The width and height of a cell of the terminal, in pixels.
const CELL: (usize, usize) = (9, 19);
const MARGIN: usize = 12;
const FOREGROUND: &str = "#d8dee9";
const BACKGROUND: &str = "#12161f";

/// Returns the colour that a usual dark terminal shows, or `otherwise` for a colour that is not in
/// this list.
fn hex(color: Color, otherwise: &'static str) -> &'static str {
    match color {
        Color::Red => "#e06c75",
        Color::Green => "#98c379",
        Color::Yellow => "#e5c07b",
        Color::Blue => "#4b8fe2",
        Color::Magenta => "#c678dd",
        Color::Cyan => "#56b6c2",
        Color::DarkGray => "#6b7385",
        Color::White => "#ffffff",
        _ => otherwise,
    }
}

/// Returns the colours of the text and the background of a cell.
fn colors(cell: &Cell) -> (&'static str, &'static str) {
    let (text, ground) = (hex(cell.fg, FOREGROUND), hex(cell.bg, BACKGROUND));
    if cell.modifier.contains(Modifier::REVERSED) { (ground, text) } else { (text, ground) }
}

/// Draws a screen. The place of each cell is fixed, so that the picture looks right in any font
/// that a browser uses.
fn svg(buffer: &Buffer) -> String {
    let (width, height) = (usize::from(buffer.area.width), usize::from(buffer.area.height));
    let size = (width * CELL.0 + 2 * MARGIN, height * CELL.1 + 2 * MARGIN);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {} {}\" role=\"img\" \
         aria-label=\"Contacts and a conversation in swallowtail chat\">\n\
         <rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"{BACKGROUND}\"/>\n\
         <g font-family=\"ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace\" font-size=\"15\">\n",
        size.0, size.1
    );
    for (row, cells) in buffer.content.chunks(width).enumerate() {
        let top = MARGIN + row * CELL.1;
        let mut covered = (0, BACKGROUND);
        for (column, cell) in cells.iter().enumerate() {
            let left = MARGIN + column * CELL.0;
            // A wide letter covers the next cell, which has no style of its own.
            let ground = if covered.0 > 0 { covered.1 } else { colors(cell).1 };
            covered = (Span::raw(cell.symbol()).width().saturating_sub(1), ground);
            if ground != BACKGROUND {
                let (wide, high) = (CELL.0 + 1, CELL.1);
                let _ = writeln!(
                    out,
                    "<rect x=\"{left}\" y=\"{top}\" width=\"{wide}\" height=\"{high}\" fill=\"{ground}\"/>"
                );
            }
        }
        row_text(&mut out, cells, top + CELL.1 - 5);
    }
    out + "</g>\n</svg>\n"
}

/// Draws the letters of a row, with one element for all letters of the same style.
fn row_text(out: &mut String, cells: &[Cell], baseline: usize) {
    let style = |cell: &Cell| (colors(cell).0, cell.modifier.contains(Modifier::BOLD));
    let mut column = 0;
    for run in cells.chunk_by(|one, other| style(one) == style(other)) {
        let letters: Vec<_> = run.iter().enumerate().filter(|(_, cell)| !cell.symbol().trim().is_empty()).collect();
        if let Some((_, first)) = letters.first() {
            let (color, is_bold) = style(first);
            let weight = if is_bold { " font-weight=\"bold\"" } else { "" };
            let places: Vec<_> = letters.iter().map(|(at, _)| (MARGIN + (column + at) * CELL.0).to_string()).collect();
            let text: String = letters.iter().map(|(_, cell)| msnp::escape_xml(cell.symbol())).collect();
            let places = places.join(" ");
            let _ = writeln!(out, "<text y=\"{baseline}\" fill=\"{color}\"{weight} x=\"{places}\">{text}</text>");
        }
        column += run.len();
    }
}

#[test]
fn the_picture_in_the_readme_matches_a_real_screen() {
    let mut desk = Desk::with_size(92, 20);
    desk.open("bob");
    desk.says(1, "bob", "Hi Alice :) Did you see? It works in a terminal, too");
    desk.enter("And over ssh (H)");
    desk.tell(AppEvent::Delivered(LineId(1), Ok(())));
    desk.wait(Duration::from_secs(60));
    desk.talk(1, &["bob"], TalkEvent::Nudge(handle("bob")));
    desk.wait(Duration::from_secs(2));
    let name = "holiday.jpg".to_owned();
    desk.talk(1, &["bob"], TalkEvent::FileOffered { from: handle("bob"), id: FileId(7), name, size: 2_345_678 });
    desk.enter("/accept");
    desk.tell(AppEvent::FileProgress { id: FileId(7), done: 1_500_000, total: 2_345_678 });
    desk.says(2, "carol", "Are you coming on Saturday?");
    desk.talk(1, &["bob"], TalkEvent::Typing(handle("bob")));
    desk.type_text("That is the lake");
    let picture = svg(&desk.buffer());
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/pictures/messenger.svg");
    if std::env::var_os("UPDATE_SCREENS").is_some() {
        return std::fs::write(path, picture).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        kept == picture,
        "docs/pictures/messenger.svg is not what the messenger draws (UPDATE_SCREENS=1 writes it)"
    );
}
