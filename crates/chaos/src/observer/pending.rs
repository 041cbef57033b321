//! Commands that have not been answered yet.

use std::collections::VecDeque;

use super::notes::Notes;
use crate::history::{Action, Begun, Outcome};

/// The commands of a connection that have not been answered yet, with the notes of the connection.
#[derive(Debug)]
pub(super) struct Pending {
    pub(super) notes: Notes,
    /// The TrIDs and the begun actions of the commands, with the oldest command first. Servers
    /// answer most commands in order, so the search for the command of an answer begins with the
    /// oldest command.
    begun: VecDeque<(u32, Begun)>,
}

impl Pending {
    pub(super) fn new(notes: Notes) -> Self {
        Self { notes, begun: VecDeque::new() }
    }

    /// Records that a command was sent.
    pub(super) fn begin(&mut self, trid: &str, action: Action) {
        let Ok(trid) = trid.parse() else { return };
        let now = self.notes.now();
        self.begun.push_back((trid, self.notes.log.begin(now, action)));
    }

    /// Records that the client sent a command that the server does not answer if it succeeds.
    pub(super) fn without_answer(&mut self, action: Action) {
        let now = self.notes.now();
        let begun = self.notes.log.begin(now, action);
        self.notes.log.end(begun, now, Outcome::Silent);
    }

    /// Records that an answer arrived. Returns whether the command of this answer was known.
    pub(super) fn end(&mut self, trid: &str, outcome: Outcome) -> bool {
        let Ok(trid) = trid.parse::<u32>() else { return false };
        let Some(place) = self.begun.iter().position(|(begun, _)| *begun == trid) else { return false };
        let Some((_, begun)) = self.begun.remove(place) else { return false };
        let now = self.notes.now();
        self.notes.log.end(begun, now, outcome);
        true
    }

    /// Records that no answer will arrive for the remaining commands. Returns the notes of the
    /// connection.
    pub(super) fn unanswered(mut self) -> Notes {
        let now = self.notes.now();
        for (_, begun) in self.begun {
            self.notes.log.end(begun, now, Outcome::Unknown);
        }
        self.notes
    }
}

/// Returns the error code in the first word of a line, if there is one.
pub(super) fn code(word: &str) -> Option<u16> {
    let is_code = word.len() == 3 && word.bytes().all(|byte| byte.is_ascii_digit());
    is_code.then(|| word.parse().ok())?
}
