//! Waiting for one record, and the failures when it does not come.

use tokio::time::Instant;

use super::peer::Peer;
use super::player::{Player, Stop};
use super::want::{Kind, Want};
use crate::wire::{Event, Unit, show};

impl Player {
    /// Returns what comes next for the NAME of a record, within the time that the record may take.
    pub(super) async fn next(&mut self, want: &Want<'_>) -> Event {
        let deadline = self.deadline(want);
        self.next_until(want, deadline).await
    }

    /// Returns what comes next for the NAME of a record, until a deadline.
    pub(super) async fn next_until(&mut self, want: &Want<'_>, deadline: Instant) -> Event {
        match self.peer(want.name) {
            Some(peer) => peer.connection.next(deadline).await,
            None => Event::Closed(Vec::new()),
        }
    }

    /// Returns the time by which a record must have come if the wait for it starts now.
    pub(super) fn deadline(&self, want: &Want<'_>) -> Instant {
        Instant::now() + want.within.unwrap_or(self.options.timeout)
    }

    /// Returns the connection of a NAME, if there is one.
    pub(super) fn peer(&mut self, name: &str) -> Option<&mut Peer> {
        self.peers.get_mut(name)
    }

    /// Returns the failure of a record in whose place `unit` came.
    pub(super) fn wrong(&self, want: &Want<'_>, unit: &Unit, why: String) -> Stop {
        let lines: Vec<String> = unit.lines.iter().map(|line| format!("{} < {}", want.name, show(line))).collect();
        let mut came = lines.join("\n            ");
        if !unit.payload.is_empty() {
            came = format!("{came}\n            {} <| {}", want.name, show(&unit.payload));
        }
        self.failure(want.line, want.show(), came, why)
    }

    /// Returns the failure of a record in whose place nothing whole came.
    pub(super) fn missing(&self, want: &Want<'_>, event: &Event) -> Stop {
        let (came, rest) = match event {
            Event::Closed(rest) => (format!("{} <!", want.name), rest),
            Event::Nothing(rest) => ("nothing".to_owned(), rest),
            Event::Unit(_) => (String::new(), &Vec::new()),
        };
        let why = match (event, &want.kind) {
            _ if !rest.is_empty() => format!("something unfinished came: `{}`", show(rest)),
            (Event::Closed(_), _) => "the server closed the connection".to_owned(),
            (_, Kind::Close) => "the connection is still open when its time is up".to_owned(),
            _ => "it did not come in its time".to_owned(),
        };
        self.failure(want.line, want.show(), came, why)
    }
}
