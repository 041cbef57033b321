//! The terms that the protocol reference, the code and the transcripts have in common: a verb, its
//! sender, its service and its handling.

use std::fmt;

use msnp::Dialect;

/// The server to which a connection is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Service {
    Notification,
    Dispatch,
    Switchboard,
}

/// The sender of a line.
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
    /// Writes the key as docs/protocol/verbs.txt does, such as `ns > USR`.
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

/// The handling of a client command or a server line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Handling {
    /// The server carries out the client command, or sends the server line.
    Done,
    /// The server always refuses the client command with this code of errors.md.
    Refused(u16),
    /// The server closes the connection.
    Closes,
    /// The server never sends the line.
    Never,
}

/// Returns the number of a dialect, such as 8 for MSNP8.
pub(super) fn number(dialect: Dialect) -> u8 {
    dialect.name().trim_start_matches("MSNP").parse().unwrap_or_default()
}

/// Returns whether a word consists of three capital letters.
pub(super) fn is_verb(word: &str) -> bool {
    word.len() == 3 && word.bytes().all(|byte| byte.is_ascii_uppercase())
}
