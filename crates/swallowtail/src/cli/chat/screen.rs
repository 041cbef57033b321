//! The terminal of a chat: what it shows, and what is typed.

use std::fmt::Arguments;
use std::io::BufRead;

use msnp::{Handle, Status};
use quick_xml::escape::unescape;
use swallowtail_base::clock;
use tokio::sync::mpsc;

use crate::cli::output::{escaped, say};

/// Maximum number of typed lines in the queue. If it is full, the reader of standard input waits.
const MAX_TYPED: usize = 16;
/// The text before the minutes in a warning of the server (payloads.md section 11).
const MINUTES: &str = "\r\nArg1: ";

/// Shows lines that are safe for a terminal.
pub(super) struct Screen {
    print: Box<dyn Fn(&str) + Send>,
}

impl Screen {
    /// The screen that prints on standard output.
    pub(super) fn terminal() -> Self {
        Self::new(|line| say(line))
    }

    /// A screen that prints with this function.
    pub(super) fn new(print: impl Fn(&str) + Send + 'static) -> Self {
        Self { print: Box::new(print) }
    }

    /// Shows a line that is not a message.
    pub(super) fn note(&self, text: Arguments<'_>) {
        (self.print)(&format!("* {}", one_line(&text.to_string())));
    }

    /// Shows a message if it is a text or a nudge.
    pub(super) fn message(&self, from: &Handle, payload: &[u8]) {
        let payload = String::from_utf8_lossy(payload);
        let (head, body) = payload.split_once("\r\n\r\n").unwrap_or((&payload, ""));
        let is = |kind: &str| head.lines().any(|line| line.to_ascii_lowercase().starts_with(kind));
        if is("content-type: text/plain") {
            (self.print)(&format!("[{}] {}: {}", time_of_day(), one_line(from.as_str()), one_line(body)));
        } else if is("content-type: text/x-msnmsgr-datacast") && body.starts_with("ID: 1") {
            self.note(format_args!("{from} sent a nudge."));
        }
    }

    /// Shows a message of the server if it is for people: a warning before a stop, or an announcement of the operator.
    pub(super) fn server_message(&self, payload: &[u8]) {
        let payload = String::from_utf8_lossy(payload);
        let is_warning = payload.contains("application/x-msmsgssystemmessage");
        if let Some((_, rest)) = payload.split_once(MINUTES).filter(|_| is_warning) {
            let minutes = rest.lines().next().unwrap_or_default();
            self.note(format_args!("The server will stop in {minutes} min."));
        } else if let Some((text, _)) = payload.split_once("<TEXT>").and_then(|(_, rest)| rest.split_once("</TEXT>")) {
            let text = unescape(text).unwrap_or_default();
            self.note(format_args!("Announcement: {text}"));
        }
    }
}

/// Ends the line in which the terminal has printed `^C`.
pub(super) fn end_line() {
    say("");
}

/// Returns a status in words.
pub(super) const fn words(status: Status) -> &'static str {
    match status {
        Status::Online => "online",
        Status::Busy => "busy",
        Status::Idle => "idle",
        Status::BeRightBack => "away, but will be right back",
        Status::Away => "away",
        Status::OnThePhone => "on the phone",
        Status::OutToLunch => "out to lunch",
        Status::Hidden => "offline",
    }
}

/// Returns a text as one line that is safe for a terminal. Line breaks and tabs become spaces.
fn one_line(text: &str) -> String {
    escaped(&text.replace("\r\n", " ").replace(['\r', '\n', '\t'], " "))
}

/// Returns hours and minutes (UTC).
fn time_of_day() -> String {
    let minutes = clock::unix_seconds() / 60;
    format!("{:02}:{:02}", minutes / 60 % 24, minutes % 60)
}

/// Starts a thread that reads the lines of standard input. Reading cannot be interrupted, so the program does not wait
/// for the thread.
pub(super) fn typed_lines() -> mpsc::Receiver<String> {
    let (sender, receiver) = mpsc::channel(MAX_TYPED);
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
    fn a_text_from_another_user_cannot_send_control_codes_to_the_terminal() {
        assert_eq!(one_line("a\u{1b}[2Jb\r\nc\td\u{9b}\u{202e}\u{e9}"), "a\\u{1b}[2Jb c d\\u{9b}\\u{202e}\u{e9}");
    }
}
