//! Collects the events of all connections.

use std::mem::take;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use swallowtail_base::lock;

use super::{Action, Event, History, Outcome};

/// Collects the events of all connections of a run.
#[derive(Debug, Default)]
pub struct Recorder {
    connections: AtomicU32,
    events: Mutex<Vec<Event>>,
}

/// Records the events of one connection.
#[derive(Debug)]
pub struct Log {
    recorder: Arc<Recorder>,
    connection: u32,
    next: u32,
}

/// An action that has begun and has not ended yet.
#[derive(Debug)]
#[must_use = "an action that is not ended is missing from the history"]
pub struct Begun {
    place: u32,
    start: u64,
    action: Action,
}

impl Recorder {
    /// Creates a recorder without events.
    #[must_use]
    pub fn new() -> Arc<Self> {
        Arc::default()
    }

    /// Creates the log of a new connection.
    #[must_use]
    pub fn connection(self: &Arc<Self>) -> Log {
        Log { recorder: self.clone(), connection: self.connections.fetch_add(1, Ordering::Relaxed), next: 0 }
    }

    /// Returns everything that was recorded, and empties the recorder.
    #[must_use]
    pub fn take(&self) -> History {
        History { events: take(&mut *lock(&self.events)) }
    }
}

impl Log {
    /// Begins an action at the time `now`.
    pub fn begin(&mut self, now: u64, action: Action) -> Begun {
        Begun { place: self.place(), start: now, action }
    }

    /// Records the end of an action.
    pub fn end(&mut self, begun: Begun, now: u64, outcome: Outcome) {
        let Begun { place, start, action } = begun;
        let ended = self.place();
        self.push(Event { connection: self.connection, began: place, ended, start, end: now, action, outcome });
    }

    /// Records something that the connection saw, or did without waiting for an answer.
    pub fn note(&mut self, now: u64, action: Action) {
        let place = self.place();
        let event = Event {
            connection: self.connection,
            began: place,
            ended: place,
            start: now,
            end: now,
            action,
            outcome: Outcome::Done,
        };
        self.push(event);
    }

    fn place(&mut self) -> u32 {
        let place = self.next;
        self.next += 1;
        place
    }

    fn push(&self, event: Event) {
        lock(&self.recorder.events).push(event);
    }
}

#[cfg(test)]
mod tests {
    use super::super::Digest;
    use super::*;

    #[test]
    fn an_action_is_recorded_when_it_ends_and_the_record_says_when_it_began() {
        let recorder = Recorder::new();
        let (mut alice, mut bob) = (recorder.connection(), recorder.connection());
        let message = Digest::of(b"hello");
        let sent = alice.begin(10, Action::Send { message });
        alice.note(15, Action::Left { member: "carol".into() });
        bob.note(20, Action::Receive { from: "alice".into(), message });
        alice.end(sent, 30, Outcome::Done);
        let events = recorder.take().events;
        let places: Vec<_> = events.iter().map(|event| (event.connection, event.began, event.ended)).collect();
        assert_eq!(places, [(0, 1, 1), (1, 0, 0), (0, 0, 2)]);
        assert_eq!((events[2].start, events[2].end), (10, 30));
        assert_eq!(recorder.take(), History::default());
    }
}
