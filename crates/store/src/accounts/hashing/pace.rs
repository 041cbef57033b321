//! The speed at which passwords are checked. It limits how many passwords may wait.

use std::time::Duration;

/// The longest time that a password should wait. After a longer wait, people try again, and the
/// server hashes the first password for nothing.
const LONGEST_WAIT: Duration = Duration::from_secs(3);
/// The assumed time for one password, until the first password has been checked.
const USUAL: Duration = Duration::from_millis(30);
/// The number of recent passwords that determine the mean time. It is high enough that a single
/// slow password does not cause the server to refuse many other passwords.
const MEMORY: u32 = 32;

/// The mean time that a thread needs to check a password.
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

    /// Returns how many passwords this number of threads can check in [`LONGEST_WAIT`].
    pub(super) fn room(&self, threads: usize) -> usize {
        let each = self.0.as_micros().max(1);
        usize::try_from(LONGEST_WAIT.as_micros() / each).unwrap_or(usize::MAX).saturating_mul(threads)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_passwords_that_may_wait_falls_with_slower_hashing_and_grows_with_more_threads() {
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
