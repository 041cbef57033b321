//! The report of a simulation.

use std::fs::File;
use std::io::BufWriter;
use std::time::Duration;

use anyhow::{Context, Result};
use serde::Serialize;

use super::Played;
use super::options::{ID, Options};
use crate::history::{Event, write};
use crate::regressions::Regressions;

/// The maximum number of failures that are shown.
const SHOWN: usize = 5;
/// The number of events that are shown with a failure. They are the last events of its history.
const EVENTS: usize = 15;

/// The report of a run.
pub(super) struct Report<'a> {
    options: &'a Options,
    regressions: Regressions,
    schedules: u64,
    failures: Vec<Failure>,
}

/// A schedule (one simulated run) in which the server broke a promise.
#[derive(Serialize)]
struct Failure {
    seed: u64,
    steps: u64,
    broken: Vec<String>,
    repeat: String,
}

/// The JSON report.
#[derive(Serialize)]
struct Summary {
    schedules: u64,
    seconds: f64,
    schedules_per_second: f64,
    failures: Vec<Failure>,
}

impl<'a> Report<'a> {
    /// Begins a report. `first` is the first seed.
    pub(super) fn begin(options: &'a Options, regressions: Regressions, first: u64, failed_before: u64) -> Self {
        let report = Self { options, regressions, schedules: 0, failures: Vec::new() };
        report.say(&format!("the first seed is {first}, and {failed_before} seeds have failed before"));
        report
    }

    /// Adds a schedule that was played.
    pub(super) fn add(&mut self, seed: u64, steps: u64, played: &Played) -> Result<()> {
        self.schedules += 1;
        if played.violations.is_empty() {
            return Ok(());
        }
        let repeat = format!("cargo xtask chaos simulate --seed {seed} --steps {steps} --schedules 1");
        let broken: Vec<_> = played.violations.iter().map(ToString::to_string).collect();
        if self.failures.len() < SHOWN {
            let last = &played.history.events[played.history.events.len().saturating_sub(EVENTS)..];
            let events = last.iter().map(shown).collect::<Result<Vec<_>>>()?;
            self.say(&format!(
                "seed {seed} FAILED\n  {}\n  the history ends with:\n    {}\n  to repeat it: {repeat}",
                broken.join("\n  "),
                events.join("\n    ")
            ));
        }
        if let Some(path) = &self.options.history {
            let file = File::create(path).with_context(|| format!("could not create {}", path.display()))?;
            write(&played.history, BufWriter::new(file)).context("could not write the history")?;
        }
        self.regressions.add(ID, seed, steps)?;
        self.failures.push(Failure { seed, steps, broken, repeat });
        Ok(())
    }

    /// Ends the report. Returns whether no schedule failed.
    pub(super) fn end(self, took: Duration) -> Result<bool> {
        let (schedules, failed, seconds) = (self.schedules, self.failures.len(), took.as_secs_f64());
        // The number of schedules is so small that an `f64` holds it exactly.
        let rate = schedules as f64 / seconds.max(f64::MIN_POSITIVE);
        self.say(&format!("{schedules} schedules in {seconds:.1} s ({rate:.1} a second), {failed} failed"));
        if self.options.json {
            let summary = Summary { schedules, seconds, schedules_per_second: rate, failures: self.failures };
            println!("{}", serde_json::to_string_pretty(&summary)?);
        }
        Ok(failed == 0)
    }

    fn say(&self, text: &str) {
        if self.options.json { eprintln!("{text}") } else { println!("{text}") }
    }
}

fn shown(event: &Event) -> Result<String> {
    Ok(serde_json::to_string(event)?)
}
