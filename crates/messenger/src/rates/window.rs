//! Counts recent acts, and decides when to clean a map of such counts.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

/// Counts the recent acts of one kind. Contains the time at which each act stops counting, earliest first.
#[derive(Debug, Default)]
pub struct Window(VecDeque<Instant>);

impl Window {
    /// Returns the number of acts that count at `now`, and removes the acts that no longer count.
    pub fn count(&mut self, now: Instant) -> usize {
        while self.0.front().is_some_and(|until| *until <= now) {
            self.0.pop_front();
        }
        self.0.len()
    }

    /// Returns when the earliest act stops counting, or `None` if there is none.
    pub fn earliest(&self) -> Option<Instant> {
        self.0.front().copied()
    }

    /// Adds an act that counts until `span` has passed from `now`.
    pub fn note(&mut self, now: Instant, span: Duration) {
        self.0.push_back(now + span);
    }

    /// Adds an act that counts until all acts before it have stopped counting and then `span` has
    /// passed.
    pub fn note_after_others(&mut self, now: Instant, span: Duration) {
        let last = self.0.back().copied().unwrap_or(now);
        self.0.push_back(last.max(now) + span);
    }

    /// Removes the latest act.
    pub fn take_back(&mut self) {
        self.0.pop_back();
    }

    /// Returns whether no act counts at `now`.
    #[must_use]
    pub fn is_over(&self, now: Instant) -> bool {
        self.0.back().is_none_or(|until| *until <= now)
    }
}

/// Decides when to clean a map, which means removing the entries that no longer count. A map is due
/// for cleaning each time its size has doubled. In total, cleaning is no more work than filling the
/// map.
#[derive(Debug, Default)]
pub struct Sweep {
    due_at: usize,
}

impl Sweep {
    /// Maps smaller than this are not worth cleaning.
    pub const MIN_LEN: usize = 1024;

    /// Returns whether a map of `len` entries has to be cleaned now.
    #[must_use]
    pub fn is_due(&self, len: usize) -> bool {
        len >= self.due_at.max(Self::MIN_LEN)
    }

    /// Records that a map was cleaned and has `left` entries.
    pub fn done(&mut self, left: usize) {
        self.due_at = left * 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPAN: Duration = Duration::from_secs(10);

    #[test]
    fn each_act_counts_until_its_time_span_ends() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut window = Window::default();
        assert!(window.is_over(at(0)));
        for second in [0, 5, 6] {
            window.note(at(second), SPAN);
        }
        assert_eq!([9, 10, 15].map(|second| window.count(at(second))), [3, 2, 1]);
        assert!(!window.is_over(at(15)));
        assert!(window.is_over(at(16)));
        window.take_back();
        assert_eq!(window.count(at(15)), 0);
    }

    #[test]
    fn older_acts_stop_counting_before_newer_acts() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut window = Window::default();
        for _ in 0..3 {
            window.note_after_others(at(0), SPAN);
        }
        assert_eq!([9, 10, 20, 30].map(|second| window.count(at(second))), [3, 2, 1, 0]);
        window.note_after_others(at(35), SPAN);
        assert_eq!([44, 45].map(|second| window.count(at(second))), [1, 0]);
    }

    #[test]
    fn a_map_is_due_for_cleaning_when_its_size_has_doubled() {
        let mut sweep = Sweep::default();
        assert_eq!([1023, 1024].map(|len| sweep.is_due(len)), [false, true]);
        sweep.done(1000);
        assert_eq!([1024, 1999, 2000].map(|len| sweep.is_due(len)), [false, false, true]);
        sweep.done(3);
        assert_eq!([7, 1024].map(|len| sweep.is_due(len)), [false, true]);
    }
}
