//! Measures how long sessions last. This distinguishes a server that restarts now and then from a
//! server that never keeps a session.

use std::time::Instant;

use super::limits::{MAX_REDIRECTS, STABLE_AFTER};

/// The beginning of the current session, and the number of moves to other servers since the last
/// stable session.
#[derive(Debug, Default)]
pub(super) struct Steadiness {
    since: Option<Instant>,
    moves: u8,
}

impl Steadiness {
    /// Notes that a session has begun.
    pub(super) fn began(&mut self, now: Instant) {
        self.since = Some(now);
    }

    /// Notes that the session has ended. Returns whether the session was stable.
    pub(super) fn ended(&mut self, now: Instant) -> bool {
        let since = self.since.take();
        let is_stable = since.is_some_and(|since| now.saturating_duration_since(since) >= STABLE_AFTER);
        if is_stable {
            self.moves = 0;
        }
        is_stable
    }

    /// Notes that the server moves the session to another server. Returns whether there were too
    /// many such moves.
    pub(super) fn moved(&mut self, now: Instant) -> bool {
        self.ended(now);
        self.moves = self.moves.saturating_add(1);
        self.moves > MAX_REDIRECTS
    }

    /// Sets the number of moves to 0, because the client pauses before the next sign-in.
    pub(super) fn paused(&mut self) {
        self.moves = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn redirects_are_counted_until_a_session_has_lasted_a_minute() {
        let (mut steadiness, now) = (Steadiness::default(), Instant::now());
        assert!(!steadiness.ended(now), "there was no session");
        for number in 1..=MAX_REDIRECTS + 1 {
            steadiness.began(now);
            assert_eq!(steadiness.moved(now), number > MAX_REDIRECTS, "{number}");
        }
        steadiness.began(now);
        assert!(!steadiness.moved(now + STABLE_AFTER), "a stable session may be moved");
    }
}
