//! Waits for one record, and describes the failure if the server does not send it.

use tokio::time::Instant;

use super::peer::Peer;
use super::player::{Player, Stop};
use super::want::{Kind, Want};
use crate::wire::{Event, Unit, show};

impl Player {
    /// Returns the next event for the NAME of a record. Waits for as long as the record may take.
    pub(super) async fn next(&mut self, want: &Want<'_>) -> Event {
        let deadline = self.deadline(want);
        self.next_until(want, deadline).await
    }

    /// Returns the next event for the NAME of a record. Waits until a deadline.
    pub(super) async fn next_until(&mut self, want: &Want<'_>, deadline: Instant) -> Event {
        match self.peer(want.name) {
            Some(peer) => peer.connection.next(deadline).await,
            None => Event::Closed(Vec::new()),
        }
    }

    /// Returns the deadline of a record if the wait for it starts now.
    pub(super) fn deadline(&self, want: &Want<'_>) -> Instant {
        Instant::now() + want.within.unwrap_or(self.options.timeout)
    }

    /// Returns the connection of a NAME, if there is one.
    pub(super) fn peer(&mut self, name: &str) -> Option<&mut Peer> {
        self.peers.get_mut(name)
    }

    /// Returns the failure of a record if the server sent `unit` instead.
    pub(super) fn wrong(&self, want: &Want<'_>, unit: &Unit, reason: String) -> Stop {
        let lines: Vec<String> = unit.lines.iter().map(|line| format!("{} < {}", want.name, show(line))).collect();
        let mut actual = lines.join("\n            ");
        if !unit.payload.is_empty() {
            actual = format!("{actual}\n            {} <| {}", want.name, show(&unit.payload));
        }
        self.failure(want.line, want.show(), actual, reason)
    }

    /// Returns the failure of a record if the server did not send a complete unit.
    pub(super) fn missing(&self, want: &Want<'_>, event: &Event) -> Stop {
        let (actual, rest) = match event {
            Event::Closed(rest) => (format!("{} <!", want.name), rest),
            Event::Nothing(rest) => ("nothing".to_owned(), rest),
            Event::Unit(_) => (String::new(), &Vec::new()),
        };
        let reason = match (event, &want.kind) {
            _ if !rest.is_empty() => format!("received incomplete data: `{}`", show(rest)),
            (Event::Closed(_), _) => "the server closed the connection".to_owned(),
            (_, Kind::Close) => "the server did not close the connection before the timeout".to_owned(),
            _ => "the record was not received before the timeout".to_owned(),
        };
        self.failure(want.line, want.show(), actual, reason)
    }
}
