//! What somebody at a terminal sees and types.

use std::fmt::Arguments;
use std::io::BufRead;

use msnp::{Handle, Status};
use quick_xml::escape::unescape;
use swallowtail_base::clock;
use tokio::sync::mpsc;

use crate::cli::output::say;

/// How many typed lines may wait; then typing does.
const MOST_WAITING: usize = 16;

/// Prints, a line each.
pub(super) struct Screen;

impl Screen {
    /// Something that nobody said.
    pub(super) fn note(&self, text: Arguments<'_>) {
        say(format_args!("* {}", harmless(&text.to_string())));
    }

    /// A message. Of those that are no texts only nudges are shown.
    pub(super) fn message(&self, from: &Handle, payload: &[u8]) {
        let payload = String::from_utf8_lossy(payload);
        let (head, body) = payload.split_once("\r\n\r\n").unwrap_or((&payload, ""));
        let is = |kind: &str| head.lines().any(|line| line.to_ascii_lowercase().starts_with(kind));
        if is("content-type: text/plain") {
            say(format_args!("[{}] {}: {}", time_of_day(), harmless(from.as_str()), harmless(body)));
        } else if is("content-type: text/x-msnmsgr-datacast") && body.starts_with("ID: 1") {
            self.note(format_args!("{from} sends a nudge."));
        }
    }
}

/// What stands before the minutes in a warning (payloads.md section 11).
const MINUTES: &str = "\r\nArg1: ";

impl Screen {
    /// What the server has to say: that it will stop, or what its operator wrote. The rest is for programs.
    pub(super) fn of_server(&self, payload: &[u8]) {
        let payload = String::from_utf8_lossy(payload);
        let is_warning = payload.contains("application/x-msmsgssystemmessage");
        if let Some((_, rest)) = payload.split_once(MINUTES).filter(|_| is_warning) {
            let minutes = rest.lines().next().unwrap_or_default();
            self.note(format_args!("The server stops in {minutes} min."));
        } else if let Some((text, _)) = payload.split_once("<TEXT>").and_then(|(_, rest)| rest.split_once("</TEXT>")) {
            let text = unescape(text).unwrap_or_default();
            self.note(format_args!("The server says: {text}"));
        }
    }
}

/// Ctrl-C leaves its sign in the middle of a line.
pub(super) fn end_line() {
    say("");
}

/// A status as people say it.
pub(super) const fn words(status: Status) -> &'static str {
    match status {
        Status::Online => "on line",
        Status::Busy => "busy",
        Status::Idle => "idle",
        Status::BeRightBack => "right back",
        Status::Away => "away",
        Status::OnThePhone => "on the phone",
        Status::OutToLunch => "out to lunch",
        Status::Hidden => "off line",
    }
}

/// What others write must not command this terminal, or turn what stands beside it around.
fn harmless(text: &str) -> String {
    let turns = |letter| matches!(letter, '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
    text.chars().map(|letter| if letter.is_control() || turns(letter) { ' ' } else { letter }).collect()
}

/// Hours and minutes, of Greenwich.
fn time_of_day() -> String {
    let minutes = clock::unix_seconds() / 60;
    format!("{:02}:{:02}", minutes / 60 % 24, minutes % 60)
}

/// The lines of standard input, read by a thread of its own: it cannot be interrupted, and the program does not wait
/// for it.
pub(super) fn typed_lines() -> mpsc::Receiver<String> {
    let (sender, receiver) = mpsc::channel(MOST_WAITING);
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines() {
            if line.map_or(true, |line| sender.blocking_send(line).is_err()) {
                return;
            }
        }
    });
    receiver
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_write_cannot_command_the_terminal() {
        assert_eq!(harmless("a\u{1b}[2Jb\r\nc\u{9b}d\u{7}é\u{202e}"), "a [2Jb  c d é ");
    }
}
