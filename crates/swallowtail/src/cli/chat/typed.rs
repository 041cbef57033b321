//! Decides what a typed line means. A line that begins with `/` is a command, and is never sent as text.

/// The meaning of a typed line.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Typed<'a> {
    /// A blank line.
    Blank,
    /// A text to send.
    Text(&'a str),
    /// A request for the list of commands.
    Help,
    /// A request to sign out and end the program.
    Quit,
    /// A command that does not exist.
    Unknown(&'a str),
}

/// The lines that `/help` shows.
pub(super) const HELP: [&str; 4] = [
    "Type a line and press Enter to send it.",
    "/help   Show this help",
    "/quit   Sign out and leave (so does Ctrl-C)",
    "//text  Send a text that begins with /",
];

impl<'a> Typed<'a> {
    /// Parses a line.
    pub(super) fn parse(line: &'a str) -> Self {
        if line.trim().is_empty() {
            return Self::Blank;
        }
        let Some(rest) = line.strip_prefix('/') else { return Self::Text(line) };
        if rest.starts_with('/') {
            return Self::Text(rest);
        }
        match line.split_whitespace().next() {
            Some("/help") => Self::Help,
            Some("/quit") => Self::Quit,
            command => Self::Unknown(command.unwrap_or(line)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_begins_with_a_slash_is_a_command_unless_the_slash_is_doubled() {
        for (line, typed) in [
            ("", Typed::Blank),
            (" \t", Typed::Blank),
            ("Hello /help", Typed::Text("Hello /help")),
            ("//help", Typed::Text("/help")),
            ("///", Typed::Text("//")),
            ("/help", Typed::Help),
            ("/help me", Typed::Help),
            ("/quit ", Typed::Quit),
            ("/Help", Typed::Unknown("/Help")),
            ("/nick Bob", Typed::Unknown("/nick")),
            ("/", Typed::Unknown("/")),
            ("/ help", Typed::Unknown("/")),
        ] {
            assert_eq!(Typed::parse(line), typed, "{line:?}");
        }
    }
}
