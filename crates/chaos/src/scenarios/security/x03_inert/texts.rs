//! Texts that control a terminal, reverse the text around them, or are scripts.

use anyhow::{Result, bail};

/// A text with all kinds of hostile content. It has a script that leaves its HTML attribute, and a
/// direction override. For terminals, it has an escape that sets the title, an escape that sets a
/// private mode, and an escape of one character. No program sets this private mode for its own use.
pub(super) const HOSTILE: &str =
    "\"><script>chaos()</script>'&\u{202e}gpj\u{1b}]0;chaos\u{7}\u{1b}[?1337h\u{9b}31m\u{2066}";
/// A text like [`HOSTILE`], escaped for XML, and without the control characters that XML does not
/// allow.
pub(super) const HOSTILE_XML: &str = "&quot;&gt;&lt;script&gt;chaos()&lt;/script&gt;\u{202e}gpj\u{2066}";
/// A short text for a line of a terminal.
pub(super) const SHORT: &str = "<script>\u{202e}a\u{1b}]0;chaos\u{7}b";
/// The text that should be shown instead of [`SHORT`].
pub(super) const SHOWN: &str = "<script>\\u{202e}a\\u{1b}]0;chaos\\u{7}b";
/// An address that is valid, although it has a direction override and an escape of one character.
pub(super) const HANDLE: &str = "evil\u{202e}\u{9b}31m'&@example.com";

/// Returns whether a character controls a terminal, or reorders the text around it. Ends of lines
/// do neither.
fn is_harmful(character: char) -> bool {
    let is_direction = matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    is_direction || (character.is_control() && character != '\n')
}

/// Checks that a text does no harm in a terminal.
pub(super) fn is_inert(what: &str, text: &[u8]) -> Result<()> {
    let text = String::from_utf8_lossy(text);
    match text.lines().find(|line| line.chars().any(is_harmful)) {
        Some(line) => bail!("{what} has the line {line:?}"),
        None => Ok(()),
    }
}

/// Checks that a page does not contain a `<script` tag.
pub(super) fn has_no_script(what: &str, page: &[u8]) -> Result<()> {
    let page = String::from_utf8_lossy(page).to_ascii_lowercase();
    match page.lines().find(|line| line.contains("<script")) {
        Some(line) => bail!("{what} has the line {line:?}"),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_harmful_characters_are_found() {
        for text in [HOSTILE, HOSTILE_XML, SHORT, HANDLE, "a\rb", "\u{7f}"] {
            assert!(is_inert("it", text.as_bytes()).is_err(), "{text:?}");
        }
        assert!(is_inert("it", SHOWN.as_bytes()).is_ok());
        assert!(is_inert("it", "é猫\n👩\u{200d}🚀".as_bytes()).is_ok());
        assert!(has_no_script("it", HOSTILE.as_bytes()).is_err());
        assert!(has_no_script("it", HOSTILE_XML.as_bytes()).is_ok());
    }
}
