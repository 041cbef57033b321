//! The messages of libFuzzer while it runs.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};

/// The time between two progress reports of a long run.
const PROGRESS: Duration = Duration::from_secs(60);

/// The figures of one run, read from the lines of libFuzzer.
pub(super) struct Said {
    target: String,
    started: Instant,
    shown: Instant,
    /// The number of counters, which is about the number of branches in the program.
    counters: Option<u64>,
    /// The number of counters that inputs have reached.
    reached: Option<u64>,
    inputs: Option<u64>,
}

impl Said {
    pub(super) fn new(target: &str) -> Self {
        let now = Instant::now();
        Self { target: target.to_owned(), started: now, shown: now, counters: None, reached: None, inputs: None }
    }

    /// Reads a line, and sometimes prints the progress of the run.
    pub(super) fn hear(&mut self, line: &str) {
        if let Some((head, _)) = line.split_once(" inline 8-bit counters)") {
            self.counters = head.rsplit_once('(').and_then(|(_, number)| number.parse().ok());
        } else if let Some(rest) = line.strip_prefix("stat::number_of_executed_units:") {
            self.inputs = rest.trim().parse().ok();
        } else if let Some((head, rest)) = line.split_once(" cov: ") {
            self.reached = rest.split(' ').next().and_then(|word| word.parse().ok());
            self.show_progress(head);
        }
    }

    /// Prints the progress, at most once in [`PROGRESS`]. `head` looks like `#4096 pulse`.
    fn show_progress(&mut self, head: &str) {
        if self.shown.elapsed() < PROGRESS {
            return;
        }
        self.shown = Instant::now();
        let inputs = head.trim_start_matches('#').split_whitespace().next().unwrap_or_default();
        let minutes = self.started.elapsed().as_secs() / 60;
        println!("  {}: {minutes} min, {inputs} inputs", self.target);
    }

    /// Returns the figures of a run that has ended without a failure.
    pub(super) fn summary(&self) -> Result<String> {
        let inputs = self.inputs.context("the output of libFuzzer has no number of runs")?;
        let (reached, counters) = (self.reached.unwrap_or_default(), self.counters.unwrap_or_default());
        Ok(format!("{inputs} inputs, none failed; {reached} of {counters} counters reached"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_figures_are_read_from_the_fuzzers_output() {
        let mut said = Said::new("frames");
        assert!(said.summary().is_err());
        for line in [
            "INFO: Loaded 1 modules   (31337 inline 8-bit counters): 31337 [0x5581, 0x5582), ",
            "INFO: Loaded 1 PC tables (31337 PCs): 31337 [0x5583,0x5584), ",
            "#2\tINITED cov: 95 ft: 96 corp: 1/1b exec/s: 0 rss: 42Mb",
            "#4096\tNEW    cov: 420 ft: 1200 corp: 33/2100b lim: 43 exec/s: 0 rss: 50Mb L: 4/40 MS: 1 CopyPart-",
            "stat::number_of_executed_units: 268213",
        ] {
            said.hear(line);
        }
        assert_eq!(said.summary().unwrap(), "268213 inputs, none failed; 420 of 31337 counters reached");
    }
}
