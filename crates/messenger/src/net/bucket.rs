//! A token bucket, which allows a burst and then a rate.

use std::time::Duration;

use tokio::time::Instant;

/// Limits a peer to a rate. A faster peer causes no error: the server reads from that peer more slowly.
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
        let passed = now.saturating_duration_since(self.at).as_secs_f64();
        self.at = now;
        self.level = (self.level + passed * self.per_second).min(self.burst) - cost;
        (self.level < 0.0).then(|| Duration::from_secs_f64(-self.level / self.per_second))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_passes_and_then_the_rate_applies() {
        let mut bucket = Bucket::new(2, 10);
        let now = Instant::now();
        assert_eq!(bucket.charge(1.0, now), None);
        assert_eq!(bucket.charge(1.0, now), None);
        assert_eq!(bucket.charge(1.0, now), Some(Duration::from_millis(100)));
        assert_eq!(bucket.charge(1.0, now + Duration::from_secs(1)), None);
    }
}
