//! The pauses between attempts to sign in.

use std::time::Duration;

use super::random::Random;

/// The first pause, before jitter.
const FIRST: Duration = Duration::from_secs(1);
/// The longest pause, before jitter.
const LONGEST: Duration = Duration::from_secs(300);

/// Pauses that double with each failure. If a server restarts, the random jitter keeps its clients
/// from all signing in at the same time.
#[derive(Debug)]
pub(super) struct Backoff {
    failures: u32,
    random: Random,
}

impl Backoff {
    pub(super) const fn new(seed: u64) -> Self {
        Self { failures: 0, random: Random::new(seed) }
    }

    /// Notes that a sign-in was successful. After that, the pauses begin with the shortest pause
    /// again.
    pub(super) fn reset(&mut self) {
        self.failures = 0;
    }

    /// Returns the next pause. It is a random time between half of a limit and the whole limit, and
    /// the limit doubles each time.
    pub(super) fn next(&mut self) -> Duration {
        let longest = FIRST.saturating_mul(1u32.checked_shl(self.failures).unwrap_or(u32::MAX)).min(LONGEST);
        self.failures = (self.failures + 1).min(31);
        self.jitter(longest)
    }

    /// Returns a random time between half of `longest` and `longest`.
    pub(super) fn jitter(&mut self, longest: Duration) -> Duration {
        let half = longest / 2;
        half + half.mul_f64(f64::from(self.random.next_u32()) / f64::from(u32::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pause_between_retries_doubles_up_to_five_minutes_and_is_short_again_after_a_success() {
        let mut backoff = Backoff::new(7);
        for power in 0..40 {
            let longest = Duration::from_secs(1 << power.min(9)).min(LONGEST);
            let pause = backoff.next();
            assert!((longest / 2..=longest).contains(&pause), "{power}: {pause:?}");
        }
        backoff.reset();
        assert!(backoff.next() <= FIRST);
    }

    #[test]
    fn two_clients_wait_different_times_before_they_retry() {
        assert_ne!(Backoff::new(1).jitter(LONGEST), Backoff::new(2).jitter(LONGEST));
    }
}
