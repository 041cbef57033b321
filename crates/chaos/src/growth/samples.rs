//! The measurements of one server, and the straight line that fits these measurements best.

use std::time::Instant;

use crate::server::Figures;

/// The length of the warm-up at the beginning, as a fraction of the whole time. Measurements during
/// the warm-up do not count.
const WARM_UP: f64 = 0.2;

/// The memory and the open files of a server over time.
pub(super) struct Samples {
    begun: Instant,
    points: Vec<Point>,
}

/// One measurement.
#[derive(Clone, Copy)]
struct Point {
    minutes: f64,
    kib: f64,
    files: usize,
}

/// The result of all measurements except those at the beginning: the straight line that fits them
/// best, and the largest figures.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Slope {
    /// The memory at the beginning of the fitted line, in KiB. The memory of the program code does
    /// not count.
    pub(super) from_kib: f64,
    /// The growth of the memory along the fitted line, in KiB per minute.
    pub(super) kib_per_minute: f64,
    /// The time from the beginning to the end of the fitted line, in minutes.
    pub(super) minutes: f64,
    /// The largest measurement in KiB.
    pub(super) most_kib: f64,
    /// The maximum number of open files.
    pub(super) most_files: usize,
}

impl Samples {
    pub(super) fn begin() -> Self {
        Self { begun: Instant::now(), points: Vec::new() }
    }

    pub(super) fn add(&mut self, figures: Figures) {
        let minutes = self.begun.elapsed().as_secs_f64() / 60.0;
        self.points.push(Point { minutes, kib: figures.anonymous_kib as f64, files: figures.files });
    }

    /// Returns the slope, by least squares, or `None` if there are too few measurements.
    pub(super) fn slope(&self) -> Option<Slope> {
        let last = self.points.last()?.minutes;
        let points: Vec<_> = self.points.iter().filter(|point| point.minutes >= last * WARM_UP).copied().collect();
        let count = points.len() as f64;
        let mean = |value: fn(&Point) -> f64| points.iter().map(value).sum::<f64>() / count;
        let (x, y) = (mean(|point| point.minutes), mean(|point| point.kib));
        let together: f64 = points.iter().map(|point| (point.minutes - x) * (point.kib - y)).sum();
        let spread: f64 = points.iter().map(|point| (point.minutes - x).powi(2)).sum();
        let first = points.first()?.minutes;
        let kib_per_minute = (spread > 0.0).then(|| together / spread)?;
        Some(Slope {
            from_kib: y - (x - first) * kib_per_minute,
            kib_per_minute,
            minutes: last - first,
            most_kib: points.iter().map(|point| point.kib).fold(0.0, f64::max),
            most_files: points.iter().map(|point| point.files).max()?,
        })
    }
}

impl Slope {
    /// The largest growth that still counts as flat, in KiB. It can be noise of the measurement or
    /// of the allocator.
    const NOISE_KIB: f64 = 512.0;
    /// The largest growth that still counts as flat, as a fraction of the memory at the beginning
    /// of the fitted line. The higher of the limits `NOISE_KIB` and `NOISE` applies.
    const NOISE: f64 = 0.05;

    /// Returns the growth from the beginning to the end of the fitted line, in KiB.
    pub(super) fn growth_kib(self) -> f64 {
        self.kib_per_minute * self.minutes
    }

    /// Returns whether the memory stays flat, as far as the measurements can tell.
    pub(super) fn is_flat(self) -> bool {
        self.growth_kib() <= f64::max(Self::NOISE_KIB, self.from_kib * Self::NOISE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples(kib: impl Fn(f64) -> f64) -> Samples {
        let point = |second: i32| {
            let minutes = f64::from(second) / 60.0;
            Point { minutes, kib: kib(minutes), files: 10 }
        };
        Samples { begun: Instant::now(), points: (0..=600).map(point).collect() }
    }

    #[test]
    fn a_leak_counts_as_growth_but_a_warm_up_counts_as_flat() {
        let leak = samples(|minutes| 9000.0 + 100.0 * minutes).slope().unwrap();
        assert!((leak.kib_per_minute - 100.0).abs() < 0.01 && (leak.from_kib - 9200.0).abs() < 0.01, "{leak:?}");
        assert!(!leak.is_flat(), "{} KiB", leak.growth_kib());
        let warm = samples(|minutes| if minutes < 1.9 { 2000.0 } else { 8000.0 }).slope().unwrap();
        assert!(warm.is_flat() && warm.most_files == 10, "{warm:?}");
    }

    #[test]
    fn a_single_measurement_has_no_slope() {
        let mut samples = samples(|_| 1.0);
        samples.points.truncate(1);
        assert_eq!(samples.slope(), None);
    }
}
