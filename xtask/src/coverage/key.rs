//! The terms that reference, code and transcripts share: a verb, its sender and its service, and how it is handled.

use std::fmt;

use msnp::Dialect;

/// Which server a connection is to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Service {
    Notification,
    Dispatch,
    Switchboard,
}

/// Who says a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Sender {
    Client,
    Server,
}

/// A verb in one direction on one service.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    pub(super) service: Service,
    pub(super) sender: Sender,
    pub(super) verb: String,
}

impl fmt::Display for Key {
    /// As docs/protocol/verbs.txt has it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let service = match self.service {
            Service::Notification => "ns",
            Service::Dispatch => "ds",
            Service::Switchboard => "sb",
        };
        let sender = if self.sender == Sender::Client { '>' } else { '<' };
        write!(f, "{service} {sender} {}", self.verb)
    }
}

/// What happens to a command, or to a line that might be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Handling {
    /// Carried out, or sent.
    Done,
    /// Always refused with this code of errors.md.
    Refused(u16),
    /// The connection closes.
    Closes,
    /// Never sent.
    Never,
}

/// `MSNP8` and so on as a number.
pub(super) fn number(dialect: Dialect) -> u8 {
    dialect.name().trim_start_matches("MSNP").parse().unwrap_or_default()
}

/// Whether a word is three capital letters.
pub(super) fn is_verb(word: &str) -> bool {
    word.len() == 3 && word.bytes().all(|byte| byte.is_ascii_uppercase())
}
