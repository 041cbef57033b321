//! The events of a history, by connection.

use std::collections::BTreeMap;

use super::super::{Action, End, Event, History, Outcome, Parts};

/// The events of a history, by connection, and the accounts.
pub(super) struct Index<'a> {
    pub(super) connections: BTreeMap<u32, Connection<'a>>,
    /// The settings and lists of each account (see [`Parts`]) at the start of the run, if the
    /// history contains them.
    pub(super) initial: BTreeMap<&'a str, &'a Parts>,
    /// The settings and lists of each account (see [`Parts`]) at the end of the run, if the history
    /// contains them.
    pub(super) last: BTreeMap<&'a str, &'a Parts>,
}

/// One connection, with its events.
#[derive(Default)]
pub(super) struct Connection<'a> {
    pub(super) number: u32,
    /// The events, in the order in which they ended.
    pub(super) events: Vec<&'a Event>,
    /// The account, if the connection has signed in or joined a switchboard session.
    pub(super) account: Option<&'a str>,
    /// The sign-in to the notification server, if it succeeded or may have succeeded.
    pub(super) signed_in: Option<&'a Event>,
    /// The dialect of the sign-in, or 0 if the connection has not signed in.
    pub(super) dialect: u32,
    /// The switchboard session, if the connection has learned its name.
    pub(super) board: Option<&'a str>,
    /// The way in which the connection ended, and the time of the end.
    pub(super) end: Option<(End, u64)>,
}

impl<'a> Index<'a> {
    pub(super) fn new(history: &'a History) -> Self {
        let mut index = Self { connections: BTreeMap::new(), initial: BTreeMap::new(), last: BTreeMap::new() };
        for event in &history.events {
            match &event.action {
                Action::Initial { account, parts } => _ = index.initial.insert(account, parts),
                Action::Final { account, parts } => _ = index.last.insert(account, parts),
                _ => index.connections.entry(event.connection).or_default().add(event),
            }
        }
        for connection in index.connections.values_mut() {
            connection.events.sort_by_key(|event| event.ended);
        }
        index
    }

    /// Returns the notification connections whose sign-in succeeded or may have succeeded.
    pub(super) fn sessions(&self) -> impl Iterator<Item = (&'a str, &'a Event, &Connection<'a>)> {
        self.connections
            .values()
            .filter_map(|connection| Some((connection.account?, connection.signed_in?, connection)))
    }
}

impl<'a> Connection<'a> {
    fn add(&mut self, event: &'a Event) {
        self.number = event.connection;
        self.events.push(event);
        // A command may have taken effect even if the connection ended before an answer arrived.
        let has_happened = may_have_happened(event.outcome);
        match &event.action {
            Action::SignIn { account, dialect } if has_happened => {
                self.account = Some(account);
                self.dialect = *dialect;
                self.signed_in = Some(event);
            }
            Action::Join { account } if has_happened => self.account = Some(account),
            Action::Board { board } => self.board = Some(board),
            Action::Ended(end) => self.end = Some((*end, event.end)),
            _ => {}
        }
    }

    /// Returns whether the connection is still open at the end of the history.
    pub(super) fn is_open(&self) -> bool {
        self.end.is_none()
    }
}

/// Returns whether an action with this outcome may have taken effect.
pub(super) fn may_have_happened(outcome: Outcome) -> bool {
    !matches!(outcome, Outcome::Refused(_))
}
