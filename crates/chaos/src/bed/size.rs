//! The size of a scenario.

use std::time::Duration;

/// The size of a scenario, and its duration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    percent: u32,
    minutes: Option<u64>,
}

impl Size {
    /// Creates a size in percent of the default, which suits two cores and 20,000 open files.
    /// `minutes` replaces the duration of every scenario that has a duration.
    #[must_use]
    pub const fn new(percent: u32, minutes: Option<u64>) -> Self {
        Self { percent, minutes }
    }

    /// Returns the size in percent of the default.
    #[must_use]
    pub const fn percent(self) -> u32 {
        self.percent
    }

    /// Scales a count to this size. The result is at least 1.
    #[must_use]
    pub const fn of(self, number: usize) -> usize {
        let scaled = number.saturating_mul(self.percent as usize) / 100;
        if scaled == 0 { 1 } else { scaled }
    }

    /// Returns the duration of a scenario.
    #[must_use]
    pub const fn time(self, default: Duration) -> Duration {
        match self.minutes {
            Some(minutes) => Duration::from_secs(minutes * 60),
            None => default,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scale_changes_every_amount_and_the_minutes_option_replaces_the_duration() {
        let (small, large) = (Size::new(10, None), Size::new(300, Some(2)));
        assert_eq!((small.of(2000), small.of(5), large.of(10)), (200, 1, 30));
        assert_eq!(small.time(Duration::from_secs(7)), Duration::from_secs(7));
        assert_eq!(large.time(Duration::from_secs(7)), Duration::from_secs(120));
    }
}
