//! The table on standard output.

use super::measured::{Machine, Measured};

/// Prints a line about the machine, and the head of the table.
pub(super) fn head(machine: &Machine) {
    let files = machine
        .open_files
        .map_or_else(|| "no limit on open files".to_owned(), |files| format!("at most {files} open files per process"));
    let cores = machine.cores;
    println!(
        "{cores} cores, {files}. The server, the comparison program (the floor) and the clients share the machine.\n"
    );
    println!(
        "{:<10} {:<46} {:>12} {:>12} {:<7} {:>6} {:>7} {:>7}",
        "case", "what", "floor", "server", "unit", "ratio", "spread", "errors"
    );
}

/// Prints the row of a measurement.
pub(super) fn row(measured: &Measured) {
    let Measured { case, series, floor_median, server_median, ratio, spread_percent } = measured;
    println!(
        "{case:<10} {:<46} {:>12} {:>12} {:<7} {:>6} {:>7} {:>7}",
        series.name,
        figure(*floor_median),
        figure(*server_median),
        series.unit.name(),
        ratio.map(|ratio| format!("{ratio:.2}")).unwrap_or_default(),
        spread_percent.map(|percent| format!("{percent:.0} %")).unwrap_or_default(),
        series.errors,
    );
}

/// Returns a figure as text. A smaller figure has more decimals.
fn figure(value: Option<f64>) -> String {
    let Some(value) = value else { return String::new() };
    match value.abs() {
        100.0.. => format!("{value:.0}"),
        10.0..100.0 => format!("{value:.1}"),
        1.0..10.0 => format!("{value:.2}"),
        _ => format!("{value:.3}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_figure_has_fewer_decimals_than_a_small_one() {
        for (value, expected) in [
            (None, ""),
            (Some(12_345.6), "12346"),
            (Some(45.67), "45.7"),
            (Some(1.234), "1.23"),
            (Some(0.01234), "0.012"),
        ] {
            assert_eq!(figure(value), expected);
        }
    }
}
