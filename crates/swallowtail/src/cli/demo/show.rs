//! Prints the demo, in colour on a terminal.

use std::sync::Arc;

use console::{Style, style};
use msnp_client::{Tap, Wire};

use crate::cli::output::{escaped, say};

/// The width of the column with the name of a client and its connection, in characters.
const WHO_WIDTH: usize = 18;

/// Prints the demo. Cheap to clone.
#[derive(Clone)]
pub(super) struct Show;

impl Show {
    pub(super) const fn new() -> Self {
        Self
    }

    /// Prints a title for the next step.
    pub(super) fn title(&self, text: &str) {
        say(format_args!("\n{}", style(text).bold()));
    }

    /// Returns a tap that shows what a client sends and receives.
    pub(super) fn tap(&self, name: &str) -> Tap {
        let name = name.to_owned();
        let colour = if name == "Alice" { Style::new().cyan() } else { Style::new().magenta() };
        Arc::new(move |wire| {
            let connection = if wire.is_switchboard { "switchboard" } else { "" };
            print_wire(&format!("{name} {connection}"), &colour, wire);
        })
    }
}

fn print_wire(who: &str, colour: &Style, wire: Wire<'_>) {
    let arrow = style(if wire.is_sent { "→" } else { "←" }).dim();
    let line = escaped(&hide_secrets(&String::from_utf8_lossy(wire.line)));
    let who = colour.apply_to(format!("{who:<WHO_WIDTH$}"));
    say(format_args!("  {who} {arrow} {line}"));
    let indent = " ".repeat(WHO_WIDTH + 5);
    let payload = String::from_utf8_lossy(wire.payload);
    for line in payload.lines().filter(|line| !line.is_empty()) {
        let line = escaped(&hide_token(line));
        say(format_args!("{indent}{}", style(line).dim()));
    }
}

/// Shortens tickets and cookies to 6 characters. While a demo runs, its tickets and cookies are
/// also secrets.
fn hide_secrets(line: &str) -> String {
    let mut words: Vec<String> = line.split(' ').map(str::to_owned).collect();
    let secret = match words.first().map(String::as_str) {
        Some("USR")
            if words.get(2).is_some_and(|word| word == "TWN") && words.get(3).is_some_and(|word| word == "S") =>
        {
            words.get(4).filter(|word| word.starts_with("t=")).map(|_| 4)
        }
        Some("USR") if words.len() == 4 && words.get(2).is_some_and(|word| word.contains('@')) => Some(3),
        Some("ANS") if words.len() == 5 => Some(3),
        Some("XFR" | "RNG") => words.iter().position(|word| word == "CKI").map(|place| place + 1),
        _ => None,
    };
    if let Some(word) = secret.and_then(|place| words.get_mut(place)) {
        *word = shorten(word);
    }
    words.join(" ")
}

fn hide_token(line: &str) -> String {
    match line.strip_prefix("MSPAuth: ") {
        Some(token) => format!("MSPAuth: {}", shorten(token)),
        None => line.to_owned(),
    }
}

fn shorten(secret: &str) -> String {
    format!("{}…", secret.chars().take(6).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tickets_and_cookies_are_shortened() {
        for line in [
            "USR 4 TWN S t=secretsecret&p=",
            "USR 1 alice@example.com secretsecret",
            "ANS 1 bob@example.com secretsecret 7",
            "XFR 9 SB 127.0.0.1:1864 CKI secretsecret",
            "RNG 7 127.0.0.1:1864 CKI secretsecret alice@example.com Alice",
        ] {
            assert!(!hide_secrets(line).contains("secretsecret"), "{line}");
        }
        assert_eq!(hide_secrets("USR 4 OK alice@example.com 1 0"), "USR 4 OK alice@example.com 1 0");
        assert_eq!(hide_token("MSPAuth: secretsecret"), "MSPAuth: secret…");
    }
}
