//! Writes the history of a connection from the lines that its client sends and receives.
//!
//! Scenarios therefore do not write to the history themselves.

mod edits;
mod lists;
mod notes;
mod notification;
mod pending;
mod presence;
mod switchboard;

use std::sync::Arc;

use msnp_conformance::wire::{Service, Unit};
use tokio::time::Instant;

use crate::history::{Action, End, Recorder};
pub(crate) use lists::{GUIDS, Lists};
use notes::Notes;
use notification::Notification;
use switchboard::Switchboard;

/// The history of a run, and the clock for its times.
#[derive(Clone, Debug)]
pub struct Watch {
    recorder: Arc<Recorder>,
    begun: Instant,
}

impl Watch {
    /// Begins a history.
    #[must_use]
    pub fn new() -> Self {
        Self { recorder: Recorder::new(), begun: Instant::now() }
    }

    /// Returns the recorder of all connections.
    #[must_use]
    pub const fn recorder(&self) -> &Arc<Recorder> {
        &self.recorder
    }

    /// Returns the observer of a new connection.
    pub(crate) fn observer(&self, service: Service) -> Observer {
        match service {
            Service::Ns => Observer::Notification(Box::new(Notification::new(self.notes()))),
            Service::Sb => Observer::Switchboard(Box::new(Switchboard::new(self.notes()))),
            Service::Http => Observer::Nothing,
        }
    }

    /// Adds to the history an event that no line shows.
    pub fn note(&self, action: Action) {
        self.notes().note(action);
    }

    fn notes(&self) -> Notes {
        Notes { log: self.recorder.connection(), begun: self.begun }
    }
}

impl Default for Watch {
    fn default() -> Self {
        Self::new()
    }
}

/// Observes one connection.
#[derive(Debug)]
pub(crate) enum Observer {
    Notification(Box<Notification>),
    Switchboard(Box<Switchboard>),
    Nothing,
}

impl Observer {
    /// Records that the client sends a command.
    pub(crate) fn sent(&mut self, line: &str, payload: &[u8]) {
        let words: Vec<_> = line.split(' ').collect();
        match self {
            Self::Notification(notification) => notification.sent(&words, payload),
            Self::Switchboard(switchboard) => switchboard.sent(&words, payload),
            Self::Nothing => {}
        }
    }

    /// Records that the server sent a line.
    pub(crate) fn received(&mut self, unit: &Unit) {
        match self {
            Self::Notification(notification) => notification.received(unit),
            Self::Switchboard(switchboard) => switchboard.received(unit),
            Self::Nothing => {}
        }
    }

    /// Returns the lists that the client shows, if this is a notification connection.
    pub(crate) fn lists(&self) -> Option<&Lists> {
        match self {
            Self::Notification(notification) => Some(notification.lists()),
            Self::Switchboard(_) | Self::Nothing => None,
        }
    }

    /// Sets the lists that the client shows to `kept`, the copy that the client kept from an
    /// earlier session.
    pub(crate) fn remember(&mut self, kept: Lists) {
        if let Self::Notification(notification) = self {
            notification.remember(kept);
        }
    }

    /// Records that the connection has ended. If this function is called again, the later calls
    /// have no effect.
    pub(crate) fn ended(&mut self, end: End) {
        match std::mem::replace(self, Self::Nothing) {
            Self::Notification(notification) => notification.ended(end),
            Self::Switchboard(switchboard) => switchboard.ended(end),
            Self::Nothing => {}
        }
    }

    /// Ends the history of a connection that is still open. Commands that have no answer yet are
    /// recorded as unanswered.
    pub(crate) fn forget(&mut self) {
        match std::mem::replace(self, Self::Nothing) {
            Self::Notification(notification) => notification.forgotten(),
            Self::Switchboard(switchboard) => switchboard.forgotten(),
            Self::Nothing => {}
        }
    }
}
