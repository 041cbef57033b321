//! The speed at which passwords are checked, which limits how many may wait.

use std::time::Duration;

/// The longest time that a password should wait. After a longer wait, people try again, and the first attempt is in vain.
const LONGEST_WAIT: Duration = Duration::from_secs(3);
/// The time that a password is assumed to take before any was checked.
const USUAL: Duration = Duration::from_millis(30);
/// The number of passwords that the mean time depends on. A single slow one must not cause many others to be refused.
const MEMORY: u32 = 32;

/// The mean time that a thread needs for a password.
#[derive(Debug)]
pub(super) struct Pace(Duration);

impl Default for Pace {
    fn default() -> Self {
        Self(USUAL)
    }
}

impl Pace {
    /// Adds the time that one password took.
    pub(super) fn note(&mut self, took: Duration) {
        self.0 = (self.0 * (MEMORY - 1) + took) / MEMORY;
    }

    /// Returns how many passwords this number of threads checks in [`LONGEST_WAIT`].
    pub(super) fn room(&self, threads: usize) -> usize {
        let each = self.0.as_micros().max(1);
        usize::try_from(LONGEST_WAIT.as_micros() / each).unwrap_or(usize::MAX).saturating_mul(threads)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_passwords_that_may_wait_falls_when_hashing_gets_slower_and_grows_with_the_threads() {
        let mut pace = Pace::default();
        assert_eq!((pace.room(1), pace.room(4)), (100, 400));
        pace.note(Duration::from_secs(1));
        assert!((40..100).contains(&pace.room(1)), "{pace:?}");
        for _ in 0..1000 {
            pace.note(Duration::from_secs(1));
        }
        assert_eq!(pace.room(1), 3);
        for _ in 0..10_000 {
            pace.note(Duration::ZERO);
        }
        assert!(pace.room(usize::MAX) > 1_000_000);
    }
}
