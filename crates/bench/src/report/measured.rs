//! The measurements of a run, as the report shows them.

use serde::Serialize;

use crate::series::Series;

/// The machine that runs the measurements.
#[derive(Serialize)]
pub(super) struct Machine {
    /// The number of processor cores that this process may use.
    pub(super) cores: usize,
    /// The maximum number of open files of a process.
    pub(super) open_files: Option<u64>,
}

/// A measurement with the figures that the table shows.
#[derive(Serialize)]
pub(super) struct Measured {
    pub(super) case: &'static str,
    #[serde(flatten)]
    pub(super) series: Series,
    pub(super) floor_median: Option<f64>,
    pub(super) server_median: Option<f64>,
    /// How many times better the floor (the smallest program that could do the same work) is than
    /// the server.
    pub(super) ratio: Option<f64>,
    /// The difference between the largest and the smallest of the server's figures, in percent of
    /// the median of these figures.
    pub(super) spread_percent: Option<f64>,
}

impl Measured {
    /// Returns the case and the name of the measurement within its case.
    pub(super) fn name(&self) -> String {
        format!("{}: {}", self.case, self.series.name)
    }
}
