//! The figures of one measurement over all rounds.

use serde::{Serialize, Serializer};

/// The unit of a figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    /// Actions or messages per second. More is better.
    PerSecond,
    /// Seconds. Less is better.
    Seconds,
    /// Milliseconds. Less is better.
    Milliseconds,
    /// Microseconds of processor time. Less is better.
    ProcessorMicroseconds,
    /// KiB of memory. Less is better.
    Kibibytes,
}

impl Unit {
    /// Returns the unit as the table shows it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::PerSecond => "/s",
            Self::Seconds => "s",
            Self::Milliseconds => "ms",
            Self::ProcessorMicroseconds => "µs CPU",
            Self::Kibibytes => "KiB",
        }
    }

    /// Returns whether a larger figure is better.
    const fn is_rate(self) -> bool {
        matches!(self, Self::PerSecond)
    }
}

impl Serialize for Unit {
    /// Writes the name that the table shows.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// One measurement: its name, and for each round a figure of the server and a figure of the floor
/// (the smallest program that could do the same work).
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Series {
    /// The name of the measurement within its case.
    pub(crate) name: String,
    /// The unit of all figures of the measurement.
    pub(crate) unit: Unit,
    /// The figures of the floor, the smallest program that could do the same work. Empty if the
    /// measurement has no floor.
    pub(crate) floor: Vec<f64>,
    /// The figures of the server.
    pub(crate) server: Vec<f64>,
    /// The number of failures, such as lost messages or refused connections.
    pub(crate) errors: u64,
}

impl Series {
    /// Creates a measurement without rounds.
    pub(crate) fn new(name: impl Into<String>, unit: Unit) -> Self {
        Self { name: name.into(), unit, floor: Vec::new(), server: Vec::new(), errors: 0 }
    }

    /// Returns how many times better the floor is than the server. Each round gives one ratio,
    /// because the floor and the server were measured directly after each other in that round. The
    /// result is the median of these ratios. 1 means that the server is as good as the floor.
    pub(crate) fn ratio(&self) -> Option<f64> {
        median(&self.ratios().collect::<Vec<_>>())
    }

    /// Returns the smallest of the ratios that the rounds give.
    pub(crate) fn best_ratio(&self) -> Option<f64> {
        self.ratios().min_by(f64::total_cmp)
    }

    fn ratios(&self) -> impl Iterator<Item = f64> {
        let better = |(floor, server): (&f64, &f64)| if self.unit.is_rate() { floor / server } else { server / floor };
        // A short measurement can take too little processor time for the system to count, and the
        // memory of a process can shrink. Then there is no ratio.
        self.floor.iter().zip(&self.server).map(better).filter(|ratio| ratio.is_finite() && *ratio > 0.0)
    }
}

/// Returns the median of figures, or `None` if there are none.
pub(crate) fn median(figures: &[f64]) -> Option<f64> {
    let mut sorted = figures.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    let upper = *sorted.get(middle)?;
    Some(if sorted.len().is_multiple_of(2) { f64::midpoint(sorted[middle - 1], upper) } else { upper })
}

/// Returns the distance between the smallest and the largest figure, in percent of the median.
pub(crate) fn spread(figures: &[f64]) -> Option<f64> {
    let least = figures.iter().copied().min_by(f64::total_cmp)?;
    let most = figures.iter().copied().max_by(f64::total_cmp)?;
    Some((most - least) / median(figures).filter(|median| *median > 0.0)? * 100.0)
}

/// Returns the value that the fraction `share` of the figures does not exceed. The figures need not
/// be sorted.
pub(crate) fn percentile(figures: &mut [f64], share: f64) -> Option<f64> {
    figures.sort_by(f64::total_cmp);
    let last = figures.len().checked_sub(1)?;
    let place = (figures.len() as f64 * share) as usize;
    figures.get(place.min(last)).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_median_is_the_middle_figure_or_the_mean_of_both_middle_figures() {
        for (figures, expected) in
            [(&[][..], None), (&[3.0], Some(3.0)), (&[9.0, 1.0, 2.0], Some(2.0)), (&[4.0, 1.0, 2.0, 9.0], Some(3.0))]
        {
            assert_eq!(median(figures), expected);
        }
    }

    #[test]
    fn a_spread_is_relative_to_the_median() {
        assert_eq!(spread(&[8.0, 10.0, 12.0]), Some(40.0));
        assert_eq!(spread(&[]), None);
    }

    #[test]
    fn a_ratio_above_1_means_that_the_floor_program_is_better_than_the_server_for_rates_and_for_times() {
        let rounds = |unit| Series { floor: vec![100.0, 200.0], server: vec![50.0, 100.0], ..Series::new("", unit) };
        assert_eq!(rounds(Unit::PerSecond).ratio(), Some(2.0));
        assert_eq!(rounds(Unit::Milliseconds).ratio(), Some(0.5));
        let uneven = Series { floor: vec![100.0, 200.0], server: vec![50.0, 20.0], ..Series::new("", Unit::PerSecond) };
        assert_eq!((uneven.ratio(), uneven.best_ratio()), (Some(6.0), Some(2.0)));
        assert_eq!(Series::new("", Unit::Seconds).ratio(), None);
    }

    #[test]
    fn a_percentile_is_one_of_the_figures() {
        let mut figures: Vec<_> = (0..100).rev().map(f64::from).collect();
        assert_eq!(percentile(&mut figures, 0.99), Some(99.0));
        assert_eq!(percentile(&mut figures, 0.5), Some(50.0));
        assert_eq!(percentile(&mut [7.0], 0.99), Some(7.0));
        assert_eq!(percentile(&mut [], 0.99), None);
    }
}
