//! The report: a line for each scenario as soon as it ends, then a summary or JSON.

use std::path::PathBuf;

use anyhow::Result;
use serde::Serialize;

use super::one::Outcome;
use super::options::Options;
use crate::measured::Measured;
use crate::rule::Broken;
use crate::scenario::{Scenario, State};

/// The report of a run.
pub(super) struct Report {
    json: bool,
    outcomes: Vec<Outcome>,
}

/// A scenario in the JSON report.
#[derive(Serialize)]
struct Row {
    id: &'static str,
    sentence: &'static str,
    result: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ran: Option<Ran>,
}

#[derive(Serialize)]
struct Ran {
    seed: u64,
    scale: u32,
    seconds: f64,
    measured: Measured,
    broken: Vec<Broken>,
    #[serde(skip_serializing_if = "Option::is_none")]
    directory: Option<PathBuf>,
}

impl Report {
    pub(super) fn begin(options: &Options) -> Self {
        let report = Self { json: options.json, outcomes: Vec::new() };
        report.say(&format!("seed {}, scale {} %", options.seed(), options.size().percent()));
        report
    }

    /// Shows a scenario that has ended.
    pub(super) fn add(&mut self, outcome: Outcome) {
        self.say(&shown(&outcome));
        self.outcomes.push(outcome);
    }

    /// Shows the summary. Returns whether everything passed.
    pub(super) fn end(self, waiting: impl Iterator<Item = Scenario>) -> Result<bool> {
        let waiting: Vec<_> = waiting.collect();
        waiting.iter().for_each(|scenario| self.say(&row(scenario)));
        let failed = self.outcomes.iter().filter(|outcome| outcome.has_failed()).count();
        let passed = self.outcomes.len() - failed;
        self.say(&format!("\n{passed} passed, {failed} failed, {} do not run yet", waiting.len()));
        if self.json {
            let ran = self.outcomes.into_iter().map(Row::from);
            let rows: Vec<_> = ran.chain(waiting.into_iter().map(Row::waiting)).collect();
            println!("{}", serde_json::to_string_pretty(&rows)?);
        }
        Ok(failed == 0)
    }

    fn say(&self, text: &str) {
        if self.json { eprintln!("{text}") } else { println!("{text}") }
    }
}

/// Returns the report line for a scenario that has not run.
pub(super) fn row(scenario: &Scenario) -> String {
    let state = match scenario.state {
        State::Runs(_) if scenario.is_smoke => "runs, smoke".to_owned(),
        State::Runs(_) => "runs".to_owned(),
        State::NotYet(reason) => format!("not yet: {reason}"),
    };
    format!("{}  {} [{state}]", scenario.id, scenario.sentence)
}

/// Returns the report lines for a scenario that has run.
fn shown(outcome: &Outcome) -> String {
    let Outcome { job, took, measured, broken, directory } = outcome;
    let result = if broken.is_empty() { "passed" } else { "FAILED" };
    let mut text = format!("{}  {result} {:>6.1} s  {measured}", job.scenario.id, took.as_secs_f64());
    for Broken { rule, what } in broken {
        text += &format!("\n       {rule}: {what}");
    }
    if !broken.is_empty() {
        let (id, seed, scale) = (job.scenario.id, job.seed, job.size.percent());
        text += &format!("\n       to repeat it: cargo xtask chaos {id} --seed {seed} --scale {scale}");
    }
    if let Some(directory) = directory {
        text += &format!("\n       its log is in {}", directory.display());
    }
    text
}

impl From<Outcome> for Row {
    fn from(outcome: Outcome) -> Self {
        let Outcome { job, took, measured, broken, directory } = outcome;
        let result = if broken.is_empty() { "passed" } else { "failed" };
        let (seed, scale) = (job.seed, job.size.percent());
        let ran = Ran { seed, scale, seconds: took.as_secs_f64(), measured, broken, directory };
        Self { id: job.scenario.id, sentence: job.scenario.sentence, result, reason: None, ran: Some(ran) }
    }
}

impl Row {
    fn waiting(scenario: Scenario) -> Self {
        let reason = match scenario.state {
            State::NotYet(reason) => Some(reason),
            State::Runs(_) => None,
        };
        Self { id: scenario.id, sentence: scenario.sentence, result: "not yet", reason, ran: None }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::one::Job;
    use super::*;
    use crate::bed::Size;

    #[test]
    fn the_report_of_a_failure_shows_the_command_that_reproduces_it() {
        let scenario = Scenario::not_yet("F01", "x", "y");
        let outcome = Outcome {
            job: Job { scenario, seed: 7, size: Size::new(20, None) },
            took: Duration::from_millis(1234),
            measured: Measured::new().count("people", 3),
            broken: vec![Broken { rule: "scenario".into(), what: "no".into() }],
            directory: Some("/tmp/x".into()),
        };
        assert_eq!(
            shown(&outcome),
            "F01  FAILED    1.2 s  people 3\n       scenario: no\n       \
             to repeat it: cargo xtask chaos F01 --seed 7 --scale 20\n       its log is in /tmp/x"
        );
    }
}
