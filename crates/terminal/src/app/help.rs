//! The text of the help.

use super::command::COMMANDS;
use super::state::App;

/// Each key that the help shows, and the effect of the key.
const KEYS: [(&str, &str); 16] = [
    ("Enter", "Send the line, or open the selected contact"),
    ("Alt-Enter", "Begin a new line"),
    ("Tab", "Switch between contact list and input line"),
    ("Ctrl-P, /", "Find a command, contact or tab"),
    ("Alt-1 to Alt-9", "Show a tab"),
    ("Alt-Left, Alt-Right", "Show another tab (also Ctrl-PgUp, Ctrl-PgDn)"),
    ("Ctrl-N", "Show the next tab with unread messages"),
    ("Ctrl-D", "Close the tab, if the line is empty"),
    ("Ctrl-G", "Send a nudge"),
    ("Ctrl-F", "Search in this conversation"),
    ("PgUp, PgDn", "Scroll"),
    ("Up, Down", "Bring back lines that you sent"),
    ("Ctrl-R", "Sign in again now"),
    ("In the list", "Type to find a contact; Left, Right: fold a group"),
    ("On a request", "Press a to accept, or b to refuse and block"),
    ("Ctrl-C", "Sign out and leave"),
];

/// Returns the lines of the help. The first part of a line is a key, or a text to type. The second
/// part is the effect of the key or text. In a heading, the second part is empty.
pub(crate) fn help_lines() -> Vec<(String, &'static str)> {
    let mut lines = vec![("Keys".to_owned(), "")];
    lines.extend(KEYS.iter().map(|(keys, meaning)| ((*keys).to_owned(), *meaning)));
    lines.push((String::new(), ""));
    lines.push(("Commands".to_owned(), ""));
    lines.extend(COMMANDS.iter().map(|spec| (format!("{} {}", spec.name, spec.usage).trim().to_owned(), spec.summary)));
    lines.push(("//text".to_owned(), "Send a text that begins with /"));
    lines.push((String::new(), ""));
    lines.push(("WHO: an address, or the name of a contact. By default, the user you talk to.".to_owned(), ""));
    lines.push(("Put a name with blanks in quotes: /group rename \"Old friends\" Friends".to_owned(), ""));
    lines
}

impl App {
    /// Scrolls the help.
    pub(super) fn scroll_help(&mut self, rows: isize) {
        let height =
            usize::from(self.areas().contacts.height.max(self.areas().talk.height + self.areas().input.height));
        let highest = help_lines().len().saturating_sub(height.saturating_sub(2));
        if let Some(first) = &mut self.help {
            *first = first.saturating_add_signed(rows).min(highest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::width;

    #[test]
    fn the_help_fits_into_80_columns() {
        for (keys, meaning) in help_lines() {
            assert!(width(&keys) <= if meaning.is_empty() { 78 } else { 26 }, "{keys}");
            assert!(width(meaning) <= 78 - 29, "{meaning}");
        }
    }
}
