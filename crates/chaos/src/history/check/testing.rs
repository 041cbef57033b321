//! Short histories for the tests of the checker.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::super::{Action, Attribute, Begun, Change, Digest, Log, Outcome, Parts, Recorder, Shown, check};
use super::violation::Promise;

/// A history that a test builds step by step. Each connection has a name: the name of its account,
/// or that name followed by `/` and any text. Every event moves the time forward.
pub(super) struct Story {
    recorder: Arc<Recorder>,
    logs: BTreeMap<String, Log>,
    now: u64,
}

/// Returns the promises that are broken in the short history that `tell` writes. The list is sorted
/// and contains each promise at most once.
pub(super) fn story(tell: impl FnOnce(&mut Story)) -> Vec<Promise> {
    let mut story = Story { recorder: Recorder::new(), logs: BTreeMap::new(), now: 0 };
    tell(&mut story);
    let mut found: Vec<_> = check(&story.recorder.take()).into_iter().map(|violation| violation.promise).collect();
    found.sort_unstable();
    found.dedup();
    found
}

impl Story {
    fn log(&mut self, who: &str) -> (&mut Log, u64) {
        self.now += 10;
        let recorder = &self.recorder;
        (self.logs.entry(who.to_owned()).or_insert_with(|| recorder.connection()), self.now)
    }

    pub(super) fn begin(&mut self, who: &str, action: Action) -> Begun {
        let (log, now) = self.log(who);
        log.begin(now, action)
    }

    pub(super) fn end(&mut self, who: &str, begun: Begun, outcome: Outcome) {
        let (log, now) = self.log(who);
        log.end(begun, now, outcome);
    }

    pub(super) fn note(&mut self, who: &str, action: Action) {
        let (log, now) = self.log(who);
        log.note(now, action);
    }

    pub(super) fn ended(&mut self, who: &str, action: Action, outcome: Outcome) {
        let begun = self.begin(who, action);
        self.end(who, begun, outcome);
    }

    pub(super) fn done(&mut self, who: &str, action: Action) {
        self.ended(who, action, Outcome::Done);
    }

    pub(super) fn sign_in(&mut self, who: &str, dialect: u32) {
        self.done(who, Action::SignIn { account: account(who), dialect });
    }

    /// Joins a switchboard session that already has these members.
    pub(super) fn join(&mut self, who: &str, board: &str, members: &[&str]) {
        let joining = self.begin(who, Action::Join { account: account(who) });
        for member in members {
            self.note(who, Action::Joined { member: account(member) });
        }
        self.note(who, Action::Board { board: board.into() });
        self.end(who, joining, Outcome::Done);
    }

    pub(super) fn send(&mut self, who: &str, text: &str, outcome: Outcome) {
        self.ended(who, Action::Send { message: Digest::of(text.as_bytes()) }, outcome);
    }

    pub(super) fn receive(&mut self, who: &str, from: &str, text: &str) {
        self.note(who, Action::Receive { from: account(from), message: Digest::of(text.as_bytes()) });
    }

    /// Records the last state of an account: the parts that the server has at the end of the run.
    pub(super) fn truth(&mut self, account: &str, parts: &[(&str, &str)]) {
        self.note("server", Action::Final { account: account.into(), parts: parts_of(parts) });
    }
}

fn account(who: &str) -> String {
    who.split('/').next().unwrap().to_owned()
}

pub(super) fn parts_of(parts: &[(&str, &str)]) -> Parts {
    parts.iter().map(|(part, value)| ((*part).to_owned(), (*value).to_owned())).collect()
}

pub(super) fn status(value: &str) -> Action {
    Action::Set { attribute: Attribute::Status, value: value.into() }
}

pub(super) fn message(value: &str) -> Action {
    Action::Set { attribute: Attribute::Message, value: value.into() }
}

pub(super) fn put(part: &str, value: &str) -> Action {
    Action::Edit { changes: vec![Change { part: part.into(), value: Some(value.into()) }] }
}

pub(super) fn remove(part: &str) -> Action {
    Action::Edit { changes: vec![Change { part: part.into(), value: None }] }
}

/// Returns the action of seeing a contact online, without a personal message.
pub(super) fn online(contact: &str, status: &str, name: &str) -> Action {
    let shown = Shown { status: status.into(), name: name.into(), message: None };
    Action::Saw { contact: contact.into(), shown: Some(shown) }
}

pub(super) fn offline(contact: &str) -> Action {
    Action::Saw { contact: contact.into(), shown: None }
}
