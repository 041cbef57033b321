//! Seeds that have failed. They run again before everything else.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};

use super::one::Job;
use crate::bed::Size;
use crate::scenario::Scenario;

/// The name of the file, in the directory of this crate.
const FILE: &str = "regressions.txt";

/// The file with all seeds that have failed.
pub(super) struct Regressions {
    path: PathBuf,
    text: String,
}

impl Regressions {
    /// Reads the file.
    pub(super) fn read() -> Result<Self> {
        // `cargo run` sets the variable. The source tree may have moved since the build.
        let here =
            std::env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| env!("CARGO_MANIFEST_DIR").into(), PathBuf::from);
        let path = here.join(FILE);
        let text = fs::read_to_string(&path).with_context(|| format!("could not read {}", path.display()))?;
        Ok(Self { path, text })
    }

    /// Returns what has failed of a scenario.
    pub(super) fn of(&self, scenario: &Scenario) -> Vec<Job> {
        jobs(&self.text, scenario)
    }

    /// Adds what has failed now.
    pub(super) fn add(&mut self, job: &Job) -> Result<()> {
        if self.of(&job.scenario).contains(job) {
            return Ok(());
        }
        let Job { scenario, seed, size } = job;
        let _ = writeln!(self.text, "{} {seed} {}", scenario.id, size.percent());
        fs::write(&self.path, &self.text).with_context(|| format!("could not write {}", self.path.display()))
    }
}

/// Reads lines of id, seed and scale.
fn jobs(text: &str, scenario: &Scenario) -> Vec<Job> {
    let job = |line: &str| {
        let mut words = line.split_whitespace();
        let id = words.next()?;
        let (seed, percent) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
        (id == scenario.id).then_some(Job { scenario: *scenario, seed, size: Size::new(percent, None) })
    };
    text.lines().filter_map(job).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lines_of_a_scenario_are_read_and_comments_are_skipped() {
        let scenario = Scenario::not_yet("F01", "", "");
        let found = jobs("# F01 1 100\n\nF01 7 20\nS01 8 20\nF01 9 100\n", &scenario);
        let seeds: Vec<_> = found.iter().map(|job| (job.seed, job.size.percent())).collect();
        assert_eq!(seeds, [(7, 20), (9, 100)]);
    }
}
