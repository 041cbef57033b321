//! How often something was done of late, and when maps of that are to be cleaned.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

/// When something was done, oldest first, within a window that slides along with the clock.
#[derive(Debug, Default)]
pub struct Window(VecDeque<Instant>);

impl Window {
    /// Forgets what was done `span` ago or earlier, and returns how often it was done since.
    pub fn count(&mut self, now: Instant, span: Duration) -> usize {
        while self.0.front().is_some_and(|at| now.duration_since(*at) >= span) {
            self.0.pop_front();
        }
        self.0.len()
    }

    /// Notes that it is done now.
    pub fn note(&mut self, now: Instant) {
        self.0.push_back(now);
    }

    /// Takes back the latest note.
    pub fn take_back(&mut self) {
        self.0.pop_back();
    }

    /// Returns whether it was not done within `span` at all.
    #[must_use]
    pub fn is_over(&self, now: Instant, span: Duration) -> bool {
        self.0.back().is_none_or(|at| now.duration_since(*at) >= span)
    }
}

/// Decides when a map is to be cleaned of entries that are over: whenever it has doubled since, which in all is no more
/// work than filling it was.
#[derive(Debug, Default)]
pub struct Sweep {
    due_at: usize,
}

impl Sweep {
    /// Maps smaller than this are not worth cleaning.
    pub const MIN_LEN: usize = 1024;

    /// Returns whether a map of `len` entries is to be cleaned now.
    #[must_use]
    pub fn is_due(&self, len: usize) -> bool {
        len >= self.due_at.max(Self::MIN_LEN)
    }

    /// Notes that a map was cleaned, and has `left` entries.
    pub fn done(&mut self, left: usize) {
        self.due_at = left * 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_counts_what_is_younger_than_its_span() {
        let (start, span) = (Instant::now(), Duration::from_secs(10));
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut window = Window::default();
        assert!(window.is_over(at(0), span));
        for second in [0, 5, 6] {
            window.note(at(second));
        }
        assert_eq!([9, 10, 15].map(|second| window.count(at(second), span)), [3, 2, 1]);
        assert!(!window.is_over(at(15), span));
        assert!(window.is_over(at(16), span));
        window.take_back();
        assert_eq!(window.count(at(15), span), 0);
    }

    #[test]
    fn a_map_is_cleaned_when_it_has_doubled() {
        let mut sweep = Sweep::default();
        assert_eq!([1023, 1024].map(|len| sweep.is_due(len)), [false, true]);
        sweep.done(1000);
        assert_eq!([1024, 1999, 2000].map(|len| sweep.is_due(len)), [false, false, true]);
        sweep.done(3);
        assert_eq!([7, 1024].map(|len| sweep.is_due(len)), [false, true]);
    }
}
