//! The ratios that a smoke run had when they were last recorded.
//!
//! A smoke run is short, and other programs disturb it. So it compares only the best of its rounds,
//! and only reports a ratio that is much worse than the recorded one. Processor time is not
//! compared, because the system counts it in steps that are too large for a short run.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result};

use super::file::write;
use super::measured::Measured;
use crate::series::Unit;

/// The file with the recorded ratios.
pub(crate) const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/smoke-ratios.json");
/// How many times worse than its recorded value a ratio must be to be reported.
const MUCH_WORSE: f64 = 1.5;

/// The best ratio of each measurement, by case and name.
type Ratios = BTreeMap<String, f64>;

/// Replaces the recorded ratios.
///
/// # Errors
/// Fails if the file cannot be written.
pub(super) fn record(measured: &[Measured]) -> Result<()> {
    // Two decimals are enough.
    let ratios: Ratios =
        ratios(measured).into_iter().map(|(name, ratio)| (name, (ratio * 100.0).round() / 100.0)).collect();
    write(Path::new(FILE), &format!("{}\n", serde_json::to_string_pretty(&ratios)?))
}

/// Returns a sentence for each measurement whose ratio is much worse than the recorded one.
///
/// # Errors
/// Fails if the recorded ratios cannot be read.
pub(super) fn compare(measured: &[Measured]) -> Result<Vec<String>> {
    let text = std::fs::read_to_string(FILE)
        .with_context(|| format!("could not read {FILE}; to write it, use --smoke --record"))?;
    let recorded = serde_json::from_str(&text).with_context(|| format!("{FILE} is not valid"))?;
    Ok(worse(&ratios(measured), &recorded))
}

fn worse(now: &Ratios, recorded: &Ratios) -> Vec<String> {
    let worse = |(name, now): (&String, &f64)| match recorded.get(name) {
        None => Some(format!("{name}: there is no recorded ratio; use --record")),
        Some(recorded) if *now > recorded * MUCH_WORSE => {
            Some(format!("{name}: the best ratio is {now:.2}, but {recorded:.2} was recorded"))
        }
        Some(_) => None,
    };
    now.iter().filter_map(worse).collect()
}

fn ratios(measured: &[Measured]) -> Ratios {
    let compared = measured.iter().filter(|measured| measured.series.unit != Unit::ProcessorMicroseconds);
    let ratio = |measured: &Measured| Some((measured.name(), measured.series.best_ratio()?));
    compared.filter_map(ratio).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ratios(ratios: &[(&str, f64)]) -> Ratios {
        ratios.iter().map(|(name, ratio)| ((*name).to_owned(), *ratio)).collect()
    }

    #[test]
    fn only_a_ratio_that_is_much_worse_than_the_recorded_one_or_not_recorded_is_reported() {
        let recorded = ratios(&[("a", 1.0), ("b", 2.0), ("unused", 1.0)]);
        assert_eq!(worse(&ratios(&[("a", 1.5), ("b", 0.5)]), &recorded), [""; 0]);
        assert_eq!(
            worse(&ratios(&[("a", 1.6), ("b", 3.1), ("c", 1.0)]), &recorded),
            [
                "a: the best ratio is 1.60, but 1.00 was recorded",
                "b: the best ratio is 3.10, but 2.00 was recorded",
                "c: there is no recorded ratio; use --record",
            ]
        );
    }
}
