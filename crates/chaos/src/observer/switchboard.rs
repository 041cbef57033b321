//! The history of a switchboard connection.

use msnp_conformance::wire::Unit;

use super::notes::Notes;
use super::pending::{Pending, code};
use crate::history::{Action, Digest, End, Outcome};

/// Observes a switchboard connection.
#[derive(Debug)]
pub(crate) struct Switchboard {
    pending: Pending,
    /// True if the id of the switchboard session has been recorded in the history.
    is_named: bool,
}

impl Switchboard {
    pub(super) fn new(notes: Notes) -> Self {
        Self { pending: Pending::new(notes), is_named: false }
    }

    pub(super) fn sent(&mut self, words: &[&str], payload: &[u8]) {
        match words {
            ["USR", trid, account, ..] => self.pending.begin(trid, Action::Join { account: (*account).to_owned() }),
            ["ANS", trid, account, _, session] => {
                self.pending.begin(trid, Action::Join { account: (*account).to_owned() });
                self.named(session);
            }
            ["CAL", trid, callee] => self.pending.begin(trid, Action::Call { callee: (*callee).to_owned() }),
            ["MSG", trid, flag, ..] => {
                let action = Action::Send { message: Digest::of(payload) };
                match *flag {
                    "A" | "D" | "S" => self.pending.begin(trid, action),
                    _ => self.pending.without_answer(action),
                }
            }
            _ => {}
        }
    }

    pub(super) fn received(&mut self, unit: &Unit) {
        let (first, second, third) = (unit.word(0), unit.word(1), unit.word(2));
        match first.as_str() {
            "MSG" => self.note(Action::Receive { from: second, message: Digest::of(&unit.payload) }),
            "ACK" => self.answer(&second, Outcome::Done, &first),
            "NAK" => {
                // A NAK can also answer a message with flag N. Such a message is not pending, so it
                // is correct that `end` may find no command.
                self.pending.end(&second, Outcome::Refused(0));
            }
            "JOI" => self.note(Action::Joined { member: second }),
            "IRO" => self.note(Action::Joined { member: unit.word(4) }),
            "BYE" => self.note(Action::Left { member: second }),
            "USR" | "ANS" => self.answer(&second, Outcome::Done, &first),
            "CAL" if third == "RINGING" => {
                self.answer(&second, Outcome::Done, &first);
                self.named(&unit.word(3));
            }
            _ => {
                if let Some(code) = code(&first) {
                    self.pending.end(&second, Outcome::Refused(code));
                }
            }
        }
    }

    pub(super) fn forgotten(self) {
        self.pending.unanswered();
    }

    pub(super) fn ended(self, end: End) {
        self.pending.unanswered().note(Action::Ended(end));
    }

    fn answer(&mut self, trid: &str, outcome: Outcome, verb: &str) {
        if !self.pending.end(trid, outcome) {
            self.note(Action::Surprise { what: format!("{verb} {trid} answers no command") });
        }
    }

    fn named(&mut self, session: &str) {
        if !std::mem::replace(&mut self.is_named, true) {
            self.note(Action::Board { board: session.to_owned() });
        }
    }

    fn note(&mut self, action: Action) {
        self.pending.notes.note(action);
    }
}
