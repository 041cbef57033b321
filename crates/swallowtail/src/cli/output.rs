//! What commands print.

use std::fmt::Display;
use std::io::Write;

/// Prints a line. A reader that has seen enough, as `head`, is no reason to fail.
pub(super) fn say(text: impl Display) {
    let _ = writeln!(std::io::stdout(), "{text}");
}

/// A text without what could steer a terminal: people choose their names themselves.
pub(super) fn printable(text: &str) -> String {
    let replace = |character: char| if character.is_control() { '\u{FFFD}' } else { character };
    text.chars().map(replace).collect()
}
