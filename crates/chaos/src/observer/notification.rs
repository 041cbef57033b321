//! The history of a notification connection.

use msnp_conformance::wire::Unit;

use super::edits::Edits;
use super::notes::Notes;
use super::pending::{Pending, code};
use super::presence::{Contacts, with_rest};
use crate::history::{Action, Attribute, End, Outcome};

/// Observes a notification connection.
#[derive(Debug)]
pub(crate) struct Notification {
    pending: Pending,
    account: String,
    /// The dialect that the client prefers.
    dialect: u32,
    contacts: Contacts,
    edits: Edits,
    /// Whether the server said that the account has signed in elsewhere.
    is_elsewhere: bool,
}

impl Notification {
    pub(super) fn new(notes: Notes) -> Self {
        Self {
            pending: Pending::new(notes),
            account: String::new(),
            dialect: 0,
            contacts: Contacts::default(),
            edits: Edits::default(),
            is_elsewhere: false,
        }
    }

    pub(super) fn sent(&mut self, words: &[&str], payload: &[u8]) {
        match words {
            ["USR", _, "TWN", "I", account] => (*account).clone_into(&mut self.account),
            ["VER", _, dialect, ..] => {
                self.dialect = dialect.strip_prefix("MSNP").and_then(|number| number.parse().ok()).unwrap_or_default();
            }
            ["USR", trid, "TWN", "S", _] => {
                let (account, dialect) = (self.account.clone(), self.dialect);
                self.pending.begin(trid, Action::SignIn { account, dialect });
            }
            ["CHG", trid, status, rest @ ..] => {
                let rest = |index: usize| rest.get(index).copied().unwrap_or_default();
                self.set(trid, Attribute::Status, with_rest(status, rest(0), rest(1)));
            }
            ["UUX", trid, ..] => {
                self.set(trid, Attribute::Message, String::from_utf8_lossy(payload).into_owned());
            }
            [_, trid, ..] => {
                if let Some(changes) = self.edits.changes(words) {
                    self.pending.begin(trid, Action::Edit { changes });
                }
            }
            _ => {}
        }
    }

    fn set(&mut self, trid: &str, attribute: Attribute, value: String) {
        self.pending.begin(trid, Action::Set { attribute, value });
    }

    pub(super) fn received(&mut self, unit: &Unit) {
        self.edits.received(unit);
        if let Some(action) = self.contacts.apply(unit) {
            self.pending.notes.note(action);
            return;
        }
        let (verb, trid) = (unit.word(0), unit.word(1));
        match verb.as_str() {
            "RNG" => self.pending.notes.note(Action::Rung { caller: unit.word(5) }),
            "OUT" => self.is_elsewhere = trid == "OTH",
            // The answer to USR with the name of the account is no sign-in yet.
            "USR" if unit.word(2) != "OK" => {}
            "USR" | "CHG" | "UUX" | "PRP" | "ADC" | "REM" | "ADG" | "RMG" | "REG" | "BLP" | "GTC" | "SBP" => {
                self.pending.end(&trid, Outcome::Done);
            }
            _ => {
                if let Some(code) = code(&verb) {
                    self.pending.end(&trid, Outcome::Refused(code));
                }
            }
        }
    }

    pub(super) fn forgotten(self) {
        self.pending.unanswered();
    }

    pub(super) fn ended(self, end: End) {
        let end = if self.is_elsewhere { End::Elsewhere } else { end };
        self.pending.unanswered().note(Action::Ended(end));
    }
}
