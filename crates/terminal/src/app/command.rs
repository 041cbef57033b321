//! The commands: their names, and the meaning of a typed line.

/// The kind of text that follows the name of a command (the rest of the line). It decides which
/// completions the palette offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rest {
    /// No text follows the name.
    Nothing,
    /// A text that the palette cannot complete.
    Text,
    /// A contact.
    Contact,
    /// A user who asked to be a contact.
    Request,
    /// A status.
    Status,
    /// `on` or `off`.
    Switch,
    /// A command about groups.
    Group,
}

/// A command.
#[derive(Debug)]
pub(super) struct Spec {
    /// The name, with the slash.
    pub(super) name: &'static str,
    /// The rest of the line after the name, as the help shows it.
    pub(super) usage: &'static str,
    /// The effect of the command.
    pub(super) summary: &'static str,
    pub(super) rest: Rest,
}

impl Spec {
    /// Returns whether the command also works if nothing follows its name.
    pub(super) fn is_optional(&self) -> bool {
        self.usage.is_empty() || self.usage.starts_with('[')
    }
}

const fn spec(name: &'static str, usage: &'static str, summary: &'static str, rest: Rest) -> Spec {
    Spec { name, usage, summary, rest }
}

/// All commands, in the order of the help.
pub(super) const COMMANDS: [Spec; 27] = [
    spec("/chat", "WHO", "Open a conversation", Rest::Contact),
    spec("/close", "", "Close this tab", Rest::Nothing),
    spec("/nudge", "", "Send a nudge", Rest::Nothing),
    spec("/invite", "WHO", "Invite someone to this conversation", Rest::Contact),
    spec("/send", "FILE", "Send a file", Rest::Text),
    spec("/accept", "[WHO]", "Accept a file, or a request to be your contact", Rest::Request),
    spec("/decline", "[WHO]", "Refuse a file, or a request to be your contact", Rest::Request),
    spec("/cancel", "", "Stop a transfer", Rest::Nothing),
    spec("/search", "TEXT", "Search in this conversation", Rest::Text),
    spec("/add", "ADDRESS", "Add a contact", Rest::Text),
    spec("/remove", "WHO", "Remove a contact", Rest::Contact),
    spec("/block", "WHO", "Block someone", Rest::Contact),
    spec("/unblock", "WHO", "Unblock someone", Rest::Contact),
    spec("/nick", "WHO NAME", "Give a contact a name of your own", Rest::Contact),
    spec("/group new", "NAME", "Create a group", Rest::Group),
    spec("/group delete", "GROUP", "Delete a group; its contacts stay", Rest::Group),
    spec("/group rename", "GROUP NAME", "Rename a group", Rest::Group),
    spec("/group add", "WHO GROUP", "Add a contact to a group", Rest::Contact),
    spec("/group remove", "WHO GROUP", "Remove a contact from a group", Rest::Contact),
    spec("/status", "STATUS", "Set your status", Rest::Status),
    spec("/name", "NAME", "Set your name", Rest::Text),
    spec("/message", "[TEXT]", "Set your personal message, or remove it", Rest::Text),
    spec("/picture", "[FILE]", "Set your picture, or show the other user's", Rest::Text),
    spec("/bell", "on|off", "Ring the bell for messages", Rest::Switch),
    spec("/emoji", "on|off", "Draw emoticons as emoji", Rest::Switch),
    spec("/help", "", "Show the keys and commands", Rest::Nothing),
    spec("/quit", "", "Sign out and leave", Rest::Nothing),
];

/// The meaning of a typed line.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Typed<'a> {
    /// A blank line.
    Blank,
    /// A text to send.
    Text(&'a str),
    /// A command by its name, and the rest of the line.
    Command(&'static str, &'a str),
    /// A command that does not exist.
    Unknown(&'a str),
}

/// Parses a typed line. A line that begins with `/` is a command and is never sent, but `//text` is the text `/text`.
pub(super) fn parse(line: &str) -> Typed<'_> {
    if line.trim().is_empty() {
        return Typed::Blank;
    }
    let Some(after) = line.strip_prefix('/') else { return Typed::Text(line) };
    if after.starts_with('/') {
        return Typed::Text(after);
    }
    // Names of two words are tried first, so that their second word does not become the rest of the
    // line.
    let longest = |spec: &&Spec| std::cmp::Reverse(spec.name.len());
    let named = COMMANDS.iter().filter(|spec| rest_after(line, spec.name).is_some()).min_by_key(longest);
    match named {
        Some(spec) => Typed::Command(spec.name, rest_after(line, spec.name).unwrap_or_default()),
        None => Typed::Unknown(line.split_whitespace().next().unwrap_or(line)),
    }
}

/// Returns the rest of a line that begins with a command, without blanks around it.
pub(super) fn rest_after<'a>(line: &'a str, name: &str) -> Option<&'a str> {
    let rest = line.strip_prefix(name)?;
    (rest.is_empty() || rest.starts_with(char::is_whitespace)).then(|| rest.trim())
}

/// Splits a word from the start of a text. A word in quotation marks may contain blanks.
pub(super) fn split_word(text: &str) -> (&str, &str) {
    let text = text.trim();
    if let Some((word, rest)) = text.strip_prefix('"').and_then(|quoted| quoted.split_once('"')) {
        return (word, rest.trim());
    }
    let (word, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    (word, rest.trim())
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
            ("/help", Typed::Command("/help", "")),
            ("/add  bob@example.com ", Typed::Command("/add", "bob@example.com")),
            ("/group new Old friends", Typed::Command("/group new", "Old friends")),
            ("/group", Typed::Unknown("/group")),
            ("/groups", Typed::Unknown("/groups")),
            ("/Help", Typed::Unknown("/Help")),
            ("/ help", Typed::Unknown("/")),
        ] {
            assert_eq!(parse(line), typed, "{line:?}");
        }
    }

    #[test]
    fn a_word_in_quotation_marks_can_contain_spaces() {
        for (text, expected) in
            [("a b c", ("a", "b c")), (" \"a b\"  c ", ("a b", "c")), ("\"a b", ("\"a", "b")), ("", ("", ""))]
        {
            assert_eq!(split_word(text), expected, "{text:?}");
        }
    }
}
