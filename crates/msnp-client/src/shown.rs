//! Texts of a server, made safe for messages to people.

use msnp::text::is_unsafe_to_show;

/// The maximum number of characters of a server's text that [`shown`] returns.
const MAX_SHOWN: usize = 300;

/// Returns a text of a server in a form that can be shown anywhere: one line of limited length.
/// Removes control characters, which a terminal might execute, and characters that change the order
/// of the characters around them.
pub(crate) fn shown(text: &str) -> String {
    let plain = |char: char| if is_unsafe_to_show(char) { ' ' } else { char };
    let mut shown: String = text.trim().chars().take(MAX_SHOWN).map(plain).collect();
    if text.trim().chars().nth(MAX_SHOWN).is_some() {
        shown.push('\u{2026}');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_from_a_server_is_shown_as_one_short_line_without_control_characters() {
        for (text, expected) in [
            (" Use TLS.\r\n", "Use TLS."),
            ("a\x1b[2Jb\nc", "a [2Jb c"),
            ("gpj.\u{202E}exe", "gpj. exe"),
            ("\u{202E}", " "),
            ("", ""),
        ] {
            assert_eq!(shown(text), expected);
        }
        assert_eq!(shown(&"x".repeat(100_000)).chars().count(), MAX_SHOWN + 1);
    }
}
