//! A token bucket, which allows a burst and then a rate.

use std::time::Duration;

use tokio::time::Instant;

/// Limits a peer to a rate. If the bucket cannot pay for a command, the code that uses the bucket
/// either delays the peer or refuses the command.
#[derive(Clone, Debug)]
pub struct Bucket {
    per_second: f64,
    burst: f64,
    level: f64,
    at: Instant,
}

impl Bucket {
    /// Creates a full bucket.
    #[must_use]
    pub fn new(burst: u32, per_second: u32) -> Self {
        let burst = f64::from(burst);
        Self { per_second: f64::from(per_second), burst, level: burst, at: Instant::now() }
    }

    /// Charges `cost`. If the bucket has less than `cost` left, returns how long the peer must pause.
    pub fn charge(&mut self, cost: f64, now: Instant) -> Option<Duration> {
        self.refill(now);
        self.level -= cost;
        (self.level < 0.0).then(|| Duration::from_secs_f64(-self.level / self.per_second))
    }

    /// Returns whether the bucket has `cost` left, without charging it. A full bucket can pay any cost.
    pub fn can_pay(&mut self, cost: f64, now: Instant) -> bool {
        self.refill(now);
        self.level >= cost.min(self.burst)
    }

    /// Returns whether the bucket is full, like a new bucket.
    pub fn is_full(&mut self, now: Instant) -> bool {
        self.can_pay(self.burst, now)
    }

    fn refill(&mut self, now: Instant) {
        let passed = now.saturating_duration_since(self.at).as_secs_f64();
        self.at = now;
        self.level = (self.level + passed * self.per_second).min(self.burst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_an_allowed_burst_the_rate_limit_applies() {
        let mut bucket = Bucket::new(2, 10);
        let now = Instant::now();
        assert_eq!(bucket.charge(1.0, now), None);
        assert_eq!(bucket.charge(1.0, now), None);
        assert_eq!(bucket.charge(1.0, now), Some(Duration::from_millis(100)));
        assert_eq!(bucket.charge(1.0, now + Duration::from_secs(1)), None);
    }

    #[test]
    fn only_a_full_bucket_can_pay_a_charge_that_is_larger_than_the_burst() {
        let mut bucket = Bucket::new(2, 10);
        let now = Instant::now();
        assert!(bucket.is_full(now) && bucket.can_pay(3.0, now));
        bucket.charge(1.0, now);
        assert!(bucket.can_pay(1.0, now));
        assert!(!bucket.can_pay(2.0, now) && !bucket.can_pay(3.0, now));
        assert!(bucket.is_full(now + Duration::from_secs(1)));
    }
}
