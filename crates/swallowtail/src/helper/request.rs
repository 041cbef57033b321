//! Recognises what a user asks for with a text.

/// A request in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Request<'a> {
    /// The user wants the helper to send this text back. The text is not empty and does not begin
    /// with the word "echo". If the text could begin with "echo", two programs could echo each
    /// other's answers forever.
    Echo(&'a str),
    /// The user wants to know what the service offers.
    Help,
    /// Any other text.
    Other,
}

/// Reads a text. The case of commands does not matter.
pub(super) fn read(text: &str) -> Request<'_> {
    let text = text.trim();
    if ["help", "help!", "help?", "/help", "?"].iter().any(|word| text.eq_ignore_ascii_case(word)) {
        return Request::Help;
    }
    let mut rest = text;
    while let Some(inner) = after_echo(rest) {
        rest = inner;
    }
    if rest.len() == text.len() || rest.is_empty() { Request::Other } else { Request::Echo(rest) }
}

/// Returns the text after the word "echo", if the text begins with that word.
fn after_echo(text: &str) -> Option<&str> {
    let (word, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    word.eq_ignore_ascii_case("echo").then(|| rest.trim_start())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_word_is_the_command_and_the_reply_to_the_command_echo_never_begins_with_echo() {
        for (text, expected) in [
            ("help", Request::Help),
            (" HELP \n", Request::Help),
            ("?", Request::Help),
            ("help me", Request::Other),
            ("echo one  two", Request::Echo("one  two")),
            ("Echo\nlines\nof text", Request::Echo("lines\nof text")),
            ("echo echo ECHO x", Request::Echo("x")),
            ("echo help", Request::Echo("help")),
            ("echo echolot", Request::Echo("echolot")),
            ("echo", Request::Other),
            ("echo echo ", Request::Other),
            ("echolot", Request::Other),
            ("\u{e9}cho x", Request::Other),
            ("", Request::Other),
        ] {
            assert_eq!(read(text), expected, "{text:?}");
        }
    }
}
