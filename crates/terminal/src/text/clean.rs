//! Makes texts of other people safe. Removes characters that could control the terminal or reorder
//! the text around them.

use msnp::text::is_unsafe_to_show;

/// The maximum number of characters without a width that may follow each other. Real scripts and
/// emoji need fewer of them. A longer stack of marks would cover the lines above and below.
const MAX_STACK: usize = 8;

/// Returns whether a character is invisible and harmless, but has an effect on the direction of
/// text. Arabic and Hebrew texts use these marks. Such texts stay readable, because the marks are
/// left out instead of being shown as escapes.
fn is_mark(character: char) -> bool {
    matches!(character, '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{FEFF}')
}

/// Returns a text that is safe to draw. Line breaks become `\n`, tabs become spaces, and unsafe characters become
/// escapes, such as `\u{1b}`.
pub(crate) fn clean(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut stack = 0;
    let mut before = None;
    for character in text.chars() {
        let is_line_feed_of_pair = character == '\n' && before == Some('\r');
        before = Some(character);
        match character {
            '\n' if is_line_feed_of_pair => {}
            '\r' | '\n' => out.push('\n'),
            '\t' => out.push_str("    "),
            character if is_mark(character) => {}
            character if is_unsafe_to_show(character) => out.extend(character.escape_unicode()),
            character => {
                let has_width = unicode_width::UnicodeWidthChar::width(character).is_some_and(|width| width > 0);
                stack = if has_width { 0 } else { stack + 1 };
                if stack <= MAX_STACK {
                    out.push(character);
                }
            }
        }
    }
    out
}

/// Like [`clean`], but as one line: line breaks become spaces.
pub(crate) fn clean_line(text: &str) -> String {
    clean(text).replace('\n', " ")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_text_from_others_cannot_control_the_terminal_or_reverse_text() {
        assert_eq!(clean("a\u{1b}[2Jb\r\nc\rd\ne\tf"), "a\\u{1b}[2Jb\nc\nd\ne    f");
        assert_eq!(clean("\u{9b}31m\u{7f}\u{202e}x\u{2066}y\u{200f}z"), "\\u{9b}31m\\u{7f}\\u{202e}x\\u{2066}yz");
        assert_eq!(clean_line("a\r\nb"), "a b");
    }

    #[test]
    fn accents_and_joined_emoji_are_kept_but_endless_stacks_of_accents_are_cut() {
        for text in ["e\u{301}", "👩\u{200d}🚀", "ש\u{5c1}\u{5bc}", "猫"] {
            assert_eq!(clean(text), text);
        }
        let zalgo = format!("a{}b", "\u{301}".repeat(100));
        assert_eq!(clean(&zalgo).chars().count(), 2 + MAX_STACK);
    }

    proptest! {
        #[test]
        fn every_unsafe_character_is_removed(text in any::<String>()) {
            let cleaned = clean(&text);
            prop_assert!(!cleaned.chars().any(|character| character != '\n' && is_unsafe_to_show(character)));
            prop_assert_eq!(clean(&cleaned), cleaned);
        }
    }
}
