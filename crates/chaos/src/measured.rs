//! The figures that a scenario measured.

use std::fmt;
use std::time::Duration;

use serde::Serialize;

/// The factor for time limits that are chosen for an optimised server. Under full load, a server
/// without optimisations may be 5 times slower. The server under test is built with the same
/// profile as this program.
pub const SLOWNESS: u32 = if cfg!(debug_assertions) { 5 } else { 1 };

/// The figures of a scenario, in the order in which they are shown.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Measured(Vec<Figure>);

/// One figure.
#[derive(Clone, Debug, PartialEq, Serialize)]
struct Figure {
    name: &'static str,
    value: f64,
    #[serde(skip_serializing_if = "str::is_empty")]
    unit: &'static str,
}

impl Measured {
    /// Creates an empty list of figures.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a figure.
    #[must_use]
    pub fn figure(mut self, name: &'static str, value: f64, unit: &'static str) -> Self {
        self.0.push(Figure { name, value, unit });
        self
    }

    /// Adds a count.
    #[must_use]
    pub fn count(self, name: &'static str, value: usize) -> Self {
        self.figure(name, value as f64, "")
    }

    /// Adds a duration, in milliseconds.
    #[must_use]
    pub fn millis(self, name: &'static str, value: Duration) -> Self {
        self.figure(name, value.as_secs_f64() * 1000.0, "ms")
    }

    /// Adds a duration, in seconds.
    #[must_use]
    pub fn seconds(self, name: &'static str, value: Duration) -> Self {
        self.figure(name, value.as_secs_f64(), "s")
    }
}

impl fmt::Display for Measured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, Figure { name, value, unit }) in self.0.iter().enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            let space = if unit.is_empty() { "" } else { " " };
            let digits = if value.fract() == 0.0 {
                0
            } else if value.abs() < 10.0 {
                2
            } else {
                1
            };
            write!(f, "{comma}{name} {value:.digits$}{space}{unit}")?;
        }
        Ok(())
    }
}

/// Returns the duration that `percent` of all durations do not exceed, or zero if there are none.
#[must_use]
pub fn percentile(durations: &[Duration], percent: usize) -> Duration {
    let mut sorted = durations.to_vec();
    sorted.sort_unstable();
    let place = (sorted.len() * percent).div_ceil(100).saturating_sub(1);
    sorted.get(place).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_shown_with_their_units() {
        let measured = Measured::new().count("people", 20).millis("p99", Duration::from_micros(1234));
        assert_eq!(measured.to_string(), "people 20, p99 1.23 ms");
        assert_eq!(
            serde_json::to_string(&measured).unwrap(),
            r#"[{"name":"people","value":20.0},{"name":"p99","value":1.234,"unit":"ms"}]"#
        );
    }

    #[test]
    fn a_percentile_is_one_of_the_measured_durations() {
        let durations: Vec<_> = (1..=200).map(Duration::from_millis).collect();
        assert_eq!(percentile(&durations, 50), Duration::from_millis(100));
        assert_eq!(percentile(&durations, 99), Duration::from_millis(198));
        assert_eq!(percentile(&durations, 100), Duration::from_millis(200));
        assert_eq!(percentile(&durations[..1], 99), Duration::from_millis(1));
        assert_eq!(percentile(&[], 99), Duration::ZERO);
    }
}
