//! The history of a notification connection.

use msnp_conformance::wire::Unit;

use super::edits::changes;
use super::lists::Lists;
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
    lists: Lists,
    /// True if the server said that the account has signed in elsewhere.
    is_elsewhere: bool,
}

impl Notification {
    pub(super) fn new(notes: Notes) -> Self {
        Self {
            pending: Pending::new(notes),
            account: String::new(),
            dialect: 0,
            contacts: Contacts::default(),
            lists: Lists::default(),
            is_elsewhere: false,
        }
    }

    pub(super) fn sent(&mut self, words: &[&str], payload: &[u8]) {
        match words {
            ["USR", _, "TWN", "I", account] => (*account).clone_into(&mut self.account),
            ["VER", _, dialect, ..] => {
                self.dialect = dialect.strip_prefix("MSNP").and_then(|number| number.parse().ok()).unwrap_or_default();
            }
            // If the client has not sent the name of the account, a ticket does not sign it in.
            ["USR", trid, "TWN", "S", _] if !self.account.is_empty() => {
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
                if let Some(changes) = changes(&self.lists, self.dialect, &self.account, words) {
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
        if let Some(action) = self.contacts.apply(unit) {
            self.pending.notes.note(action);
            return;
        }
        self.follow(unit);
        let (verb, trid) = (unit.word(0), unit.word(1));
        match verb.as_str() {
            "RNG" => self.pending.notes.note(Action::Rung { caller: unit.word(5) }),
            "OUT" => self.is_elsewhere = trid == "OTH",
            // The answer to the first USR, which contains only the name of the account, is not yet
            // a sign-in.
            "USR" if unit.word(2) != "OK" => {}
            "USR" | "CHG" | "UUX" | "PRP" | "REA" | "ADC" | "ADD" | "REM" | "ADG" | "RMG" | "REG" | "BLP" | "GTC" => {
                self.pending.end(&trid, Outcome::Done);
            }
            _ => {
                if let Some(code) = code(&verb) {
                    self.pending.end(&trid, Outcome::Refused(code));
                }
            }
        }
    }

    /// Applies a line to the lists of the client.
    fn follow(&mut self, unit: &Unit) {
        // A client forgets what it knew about a user who is no longer a contact.
        let removed = self.lists.removed_by(unit, self.dialect);
        if let Err(why) = self.lists.apply(unit, self.dialect, &self.account) {
            let what = format!("{}: {why}", String::from_utf8_lossy(unit.line()));
            self.pending.notes.note(Action::Surprise { what });
        }
        if let Some(contact) = removed {
            self.pending.notes.note(self.contacts.forget(contact));
        }
    }

    /// Returns the lists that the client shows.
    pub(super) fn lists(&self) -> &Lists {
        &self.lists
    }

    /// Sets the lists that the client shows to `kept`, the copy that the client kept from an
    /// earlier session.
    pub(super) fn remember(&mut self, kept: Lists) {
        self.lists = kept;
    }

    pub(super) fn forgotten(self) {
        let parts = self.lists.parts();
        let mut notes = self.pending.unanswered();
        if let Some(parts) = parts {
            notes.note(Action::Holds { parts });
        }
    }

    pub(super) fn ended(self, end: End) {
        let end = if self.is_elsewhere { End::Elsewhere } else { end };
        self.pending.unanswered().note(Action::Ended(end));
    }
}
