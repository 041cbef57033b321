//! The sections of the instructions for a client, and the functions that show them as HTML and as plain text.
//!
//! Each text is written once, without markup. On the page, an address or the name of a file in the kit becomes a link,
//! and text between backticks (`` ` ``) becomes code. Plain text has no links, and the backticks are removed.

use askama::Template;

/// The longest line of `steps.txt`, in characters. Notepad does not wrap lines.
const WIDTH: usize = 78;
/// The heading above the reasons why a way to connect does not work yet.
const NOT_YET: &str = "Not possible yet. The operator of this server has to do this first:";

/// One part of the instructions, under a heading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Section {
    title: &'static str,
    look: Look,
    points: Vec<Point>,
}

/// The form in which a section shows its points.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Look {
    /// Steps, in the order in which to do them.
    Steps,
    /// Facts, in any order.
    Notes,
    /// Facts that the user must read before doing the steps. The page shows these facts in a box.
    Warning,
    /// Tasks that the operator has to do before the steps can work.
    NotYet,
}

/// One step or one fact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Point {
    text: String,
    /// Lines to copy. Empty if there are none.
    lines: String,
}

/// A part of a text on the page.
#[derive(Debug, PartialEq, Eq)]
enum Piece<'a> {
    Text(&'a str),
    Code(&'a str),
    Link { to: String, text: &'a str },
}

/// The template for sections as HTML.
#[derive(Template)]
#[template(path = "setup_sections.html")]
struct Page<'a> {
    sections: &'a [Section],
    /// The names of the files that become links.
    files: &'a [&'static str],
    /// The path of the folder with the files, with a slash at its end. Empty if the page is in the same folder.
    folder: &'a str,
}

impl Section {
    /// Creates a section of steps to do in order.
    pub(super) fn steps(title: &'static str, points: Vec<Point>) -> Self {
        Self { title, look: Look::Steps, points }
    }

    /// Creates a section of facts, in any order.
    pub(super) fn notes(title: &'static str, points: Vec<Point>) -> Self {
        Self { title, look: Look::Notes, points }
    }

    /// Creates a section of facts that the user must read before doing the steps.
    pub(super) fn warning(title: &'static str, points: Vec<Point>) -> Self {
        Self { title, look: Look::Warning, points }
    }

    /// Creates a section with the steps of one way to connect. If anything is missing for that way, the section shows
    /// what is missing instead of the steps.
    pub(super) fn way(title: &'static str, missing: Vec<Point>, steps: Vec<Point>) -> Self {
        if missing.is_empty() { Self::steps(title, steps) } else { Self { title, look: Look::NotYet, points: missing } }
    }

    /// Returns the tags around all points.
    fn list(&self) -> (&'static str, &'static str) {
        match self.look {
            Look::Steps => ("<ol>", "</ol>"),
            Look::Notes | Look::NotYet => ("<ul>", "</ul>"),
            Look::Warning => ("", ""),
        }
    }

    /// Returns the tags around each point.
    fn item(&self) -> (&'static str, &'static str) {
        match self.look {
            Look::Warning => ("<div class=\"point\">", "</div>"),
            _ => ("<li>", "</li>"),
        }
    }

    /// Returns whether the section has no points.
    pub(super) fn is_empty(&self) -> bool {
        self.points.is_empty()
    }
}

impl Point {
    /// Creates a point from a sentence or two.
    pub(super) fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), lines: String::new() }
    }

    /// Creates a point from a sentence and the lines to copy.
    pub(super) fn copy(text: impl Into<String>, lines: &str) -> Self {
        Self { text: text.into(), lines: lines.replace('\r', "").trim_end().to_owned() }
    }

    fn pieces<'a>(&'a self, files: &[&str], folder: &str) -> Vec<Piece<'a>> {
        let mut pieces = Vec::new();
        for (index, part) in self.text.split('`').enumerate() {
            if index % 2 == 1 {
                pieces.push(Piece::Code(part));
            } else {
                part.split_inclusive(' ').for_each(|word| push_word(word, files, folder, &mut pieces));
            }
        }
        pieces
    }
}

/// Adds a word and the space after it. A file name or an address becomes a link.
fn push_word<'a>(word: &'a str, files: &[&str], folder: &str, pieces: &mut Vec<Piece<'a>>) {
    let start = word.len() - word.trim_start_matches(['(', '"']).len();
    let end = word.trim_end_matches([' ', '.', ',', ':', ';', ')', '"']).len().max(start);
    let core = &word[start..end];
    let to = if core.starts_with("http://") || core.starts_with("https://") {
        core.to_owned()
    } else if files.contains(&core) {
        format!("{folder}{core}")
    } else {
        pieces.push(Piece::Text(word));
        return;
    };
    pieces.push(Piece::Text(&word[..start]));
    pieces.push(Piece::Link { to, text: core });
    pieces.push(Piece::Text(&word[end..]));
}

/// Renders sections as HTML. The names of `files` become links into `folder`.
pub(super) fn html(sections: &[Section], files: &[&'static str], folder: &str) -> askama::Result<String> {
    Page { sections, files, folder }.render()
}

/// Renders sections as lines of plain text.
pub(super) fn lines(title: &str, sections: &[Section]) -> Vec<String> {
    let mut lines = vec![title.to_owned(), "=".repeat(title.len())];
    for section in sections {
        lines.extend([String::new(), section.title.to_owned(), "-".repeat(section.title.len())]);
        if section.look == Look::NotYet {
            wrap("", NOT_YET, &mut lines);
        }
        for (number, point) in (1..).zip(&section.points) {
            let mark = if section.look == Look::Steps { format!("{number}. ") } else { "* ".to_owned() };
            wrap(&mark, &point.text.replace('`', ""), &mut lines);
            lines.extend(point.lines.lines().map(|line| format!("      {line}")));
        }
    }
    lines
}

/// Wraps a text at spaces. Indents all lines except the first, so that they begin below the first
/// word of the text.
fn wrap(mark: &str, text: &str, lines: &mut Vec<String>) {
    let mut line = mark.to_owned();
    let mut is_empty = true;
    for word in text.split_whitespace() {
        if !is_empty && line.len() + 1 + word.len() > WIDTH {
            lines.push(std::mem::replace(&mut line, " ".repeat(mark.len())));
            is_empty = true;
        }
        if !is_empty {
            line.push(' ');
        }
        line.push_str(word);
        is_empty = false;
    }
    lines.push(line);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_and_addresses_become_links_and_backticks_become_code() {
        let text = "Open (undo.reg), or other.reg, at http://192.0.2.1/a. Then `a.reg <b>`.";
        let section = Section::steps("T", vec![Point::new(text)]);
        let page = html(&[section], &["undo.reg", "a.reg"], "/setup/x/").unwrap();
        for expected in [
            "(<a href=\"/setup/x/undo.reg\">undo.reg</a>), or other.reg, at ",
            "<a href=\"http://192.0.2.1/a\">http://192.0.2.1/a</a>. ",
            "<code>a.reg &#60;b&#62;</code>.",
        ] {
            assert!(page.contains(expected), "{expected}: {page}");
        }
    }

    #[test]
    fn instructions_that_are_not_possible_yet_show_what_is_missing_instead_of_the_steps() {
        let way = |missing| Section::way("On the PC", missing, vec![Point::new("Do this.")]);
        let open = html(&[way(Vec::new())], &[], "").unwrap();
        assert!(open.contains("<ol>") && open.contains("Do this."), "{open}");
        let closed = way(vec![Point::new("A port.")]);
        let page = html(std::slice::from_ref(&closed), &[], "").unwrap();
        let text = lines("T", &[closed]).join("\n");
        for shown in [&page, &text] {
            assert!(shown.contains("Not possible yet") && shown.contains("A port."), "{shown}");
            assert!(!shown.contains("Do this."), "{shown}");
        }
    }
}
