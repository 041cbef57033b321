//! The queue of events that the program has not read yet, and the limits of that queue.

use std::collections::VecDeque;

use crate::machine::Event;
use crate::machine::limits::MAX_OUTPUTS;
use crate::p2p;

/// The size of the queued events in bytes at which the client stops reading from the server.
const MAX_BYTES: usize = 4 * 1024 * 1024;
/// The size of the queued events in bytes at which the client stops reading from the server even if
/// the program waits for a result. This size is enough for the presence of tens of thousands of
/// contacts.
const MAX_BYTES_AWAITED: usize = 16 * 1024 * 1024;
/// The size that the queue counts for each event in addition to the payload of the event, in bytes.
/// This is roughly the size of an event with a handle and a name.
const OVERHEAD: usize = 256;

/// The events that the program has not read yet, the oldest first.
#[derive(Debug, Default)]
pub(super) struct Backlog {
    events: VecDeque<Event>,
    bytes: usize,
}

impl Backlog {
    /// Appends an event. If the program reads no events, a client that signs in again and again
    /// would fill the queue with reports of sign-ins and sign-outs. So the queue keeps only the
    /// last of these reports.
    pub(super) fn push(&mut self, event: Event) {
        let is_sign_out = |event: Option<&Event>| matches!(event, Some(Event::SignedOut { .. }));
        if is_sign_out(Some(&event)) && is_sign_out(self.events.back()) {
            self.events.pop_back();
            self.bytes = self.bytes.saturating_sub(OVERHEAD);
        }
        self.bytes += cost(&event);
        self.events.push_back(event);
    }

    /// Returns and removes the oldest event.
    pub(super) fn pop(&mut self) -> Option<Event> {
        let event = self.events.pop_front()?;
        self.bytes = self.bytes.saturating_sub(cost(&event));
        Some(event)
    }

    /// Removes all events.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    pub(super) fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    /// Returns whether the client must stop reading from the server. `is_awaited` is true while the
    /// program waits for a result.
    pub(super) fn is_full(&self, is_awaited: bool) -> bool {
        match is_awaited {
            true => self.bytes >= MAX_BYTES_AWAITED,
            false => self.bytes >= MAX_BYTES || self.events.len() >= MAX_OUTPUTS,
        }
    }
}

fn cost(event: &Event) -> usize {
    let payload = match event {
        Event::Message { payload, .. } | Event::ServiceMessage(payload) | Event::Alert(payload) => payload.len(),
        Event::Transfer { event: p2p::Event::FileOffered { name, preview, .. }, .. } => name.len() + preview.len(),
        _ => 0,
    };
    OVERHEAD + payload
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::SignedOut;

    #[test]
    fn more_events_may_be_queued_while_a_result_is_awaited_but_their_total_size_is_limited() {
        let mut backlog = Backlog::default();
        for _ in 0..MAX_OUTPUTS {
            assert!(!backlog.is_full(false));
            backlog.push(Event::SignedIn);
        }
        assert!(backlog.is_full(false) && !backlog.is_full(true));
        while !backlog.is_full(true) {
            backlog.push(Event::Alert(vec![0; 65_536]));
        }
        assert!(backlog.bytes < MAX_BYTES_AWAITED + 2 * 65_536);
        while backlog.pop().is_some() {}
        assert_eq!(backlog.bytes, 0);
    }

    #[test]
    fn the_queue_keeps_only_the_last_of_several_consecutive_sign_outs() {
        let mut backlog = Backlog::default();
        for reason in [SignedOut::Ended, SignedOut::TimedOut] {
            backlog.push(Event::SignedOut { reason, retry: None });
        }
        assert_eq!(backlog.pop(), Some(Event::SignedOut { reason: SignedOut::TimedOut, retry: None }));
        assert!(backlog.is_empty() && backlog.bytes == 0);
    }
}
