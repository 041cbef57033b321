//! What a run prints and writes.

mod file;
mod measured;
mod plot;
mod recorded;
mod table;

use std::path::Path;

use anyhow::{Context, Result};
use rustix::process::{Resource, getrlimit};

use crate::series::{Series, median, spread};
use file::write;
use measured::{Machine, Measured};

/// The measurements so far.
pub(crate) struct Report {
    machine: Machine,
    measured: Vec<Measured>,
}

impl Report {
    /// Prints the head of the table.
    ///
    /// # Errors
    /// Fails if the number of cores cannot be read.
    pub(crate) fn begin() -> Result<Self> {
        let machine = Machine {
            cores: std::thread::available_parallelism().context("could not count the cores")?.get(),
            open_files: getrlimit(Resource::Nofile).current,
        };
        table::head(&machine);
        Ok(Self { machine, measured: Vec::new() })
    }

    /// Adds a measurement and prints its row.
    pub(crate) fn add(&mut self, case: &'static str, series: Series) {
        let measured = Measured {
            case,
            floor_median: median(&series.floor),
            server_median: median(&series.server),
            ratio: series.ratio(),
            spread_percent: spread(&series.server),
            series,
        };
        table::row(&measured);
        self.measured.push(measured);
    }

    /// Compares the ratios of a smoke run with the recorded ones, or replaces the recorded ones with
    /// them. Returns true if no ratio is much worse than the recorded one.
    ///
    /// # Errors
    /// Fails if the recorded ratios cannot be read or written.
    pub(crate) fn compare(&self, record: bool) -> Result<bool> {
        if record {
            recorded::record(&self.measured)?;
            println!("\nrecorded the ratios in {}", recorded::FILE);
            return Ok(true);
        }
        let worse = recorded::compare(&self.measured)?;
        for sentence in &worse {
            println!("{sentence}");
        }
        Ok(worse.is_empty())
    }

    /// Writes the figures to `json` and the picture of the ratios to `plot`. Returns true if no
    /// measurement had failures.
    ///
    /// # Errors
    /// Fails if a file cannot be written, or if there is nothing to plot.
    pub(crate) fn end(&self, json: Option<&Path>, plot: Option<&Path>) -> Result<bool> {
        if let Some(path) = json {
            let text = serde_json::json!({ "machine": self.machine, "measured": self.measured });
            write(path, &format!("{text:#}\n"))?;
        }
        if let Some(path) = plot {
            write(path, &plot::svg(&self.measured)?)?;
        }
        let errors: u64 = self.measured.iter().map(|measured| measured.series.errors).sum();
        if errors > 0 {
            println!("\n{errors} errors. The figures in the rows with errors are not valid");
        }
        Ok(errors == 0)
    }
}
