//! Tells the operator that a table is full, at most once a minute.

use std::net::IpAddr;
use std::sync::Mutex;
use std::time::Duration;

use swallowtail_base::lock;
use tokio::time::Instant;

/// The time between two log lines about one table. A flood causes thousands of events in a second.
const INTERVAL: Duration = Duration::from_secs(60);

/// An event at a limit of a table.
#[derive(Clone, Copy, Debug)]
pub(super) enum Event {
    /// A connection made room for a new one.
    MadeRoom,
    /// A new connection was refused.
    Refused,
}

/// The events at the limits of one table since the last line in the log.
#[derive(Debug, Default)]
pub(super) struct Report(Mutex<Counts>);

#[derive(Debug, Default)]
struct Counts {
    made_room: u64,
    refused: u64,
    logged: Option<Instant>,
}

impl Report {
    /// Counts an event that the connection from `peer` caused, and logs the counts if a log line is
    /// due.
    pub(super) fn note(&self, table: &str, event: Event, peer: Option<IpAddr>) {
        let Some((made_room, refused)) = self.count(event) else { return };
        let peer = peer.map(tracing::field::display);
        tracing::warn!(table, peer, made_room, refused, "too many connections");
    }

    /// Counts an event. If a log line is due, returns how many connections made room and how many
    /// were refused since the last log line.
    fn count(&self, event: Event) -> Option<(u64, u64)> {
        let now = Instant::now();
        let mut counts = lock(&self.0);
        match event {
            Event::MadeRoom => counts.made_room += 1,
            Event::Refused => counts.refused += 1,
        }
        if counts.logged.is_some_and(|logged| now.duration_since(logged) < INTERVAL) {
            return None;
        }
        let Counts { made_room, refused, .. } =
            std::mem::replace(&mut *counts, Counts { logged: Some(now), ..Counts::default() });
        Some((made_room, refused))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn during_a_flood_one_log_line_a_minute_counts_the_events() {
        let report = Report::default();
        assert_eq!(report.count(Event::MadeRoom), Some((1, 0)));
        for _ in 0..1000 {
            assert_eq!(report.count(Event::MadeRoom), None);
        }
        tokio::time::advance(INTERVAL).await;
        assert_eq!(report.count(Event::Refused), Some((1000, 1)));
    }
}
