//! Runs one scenario on a server of its own.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use tempfile::TempDir;
use tokio::time::timeout;

use super::options::Options;
use crate::bed::{Bed, Size};
use crate::client::Account;
use crate::measured::Measured;
use crate::rule::Broken;
use crate::rules::{Rules, accounts};
use crate::scenario::{Scenario, State};
use crate::server;

/// The time limit for a scenario, at a scale of 100 % or less and without --minutes.
const PATIENCE: Duration = Duration::from_secs(600);

/// A scenario with a seed and a size.
#[derive(Clone, Copy, Debug)]
pub(super) struct Job {
    pub(super) scenario: Scenario,
    pub(super) seed: u64,
    pub(super) size: Size,
}

impl PartialEq for Job {
    fn eq(&self, other: &Self) -> bool {
        (self.scenario.id, self.seed, self.size) == (other.scenario.id, other.seed, other.size)
    }
}

/// The outcome of a job, which is a scenario with a seed and a size.
pub(super) struct Outcome {
    pub(super) job: Job,
    pub(super) took: Duration,
    pub(super) measured: Measured,
    /// The rules that were broken. Empty if the scenario passed.
    pub(super) broken: Vec<Broken>,
    /// The directory of the server, if it was kept.
    pub(super) directory: Option<PathBuf>,
}

impl Outcome {
    pub(super) fn has_failed(&self) -> bool {
        !self.broken.is_empty()
    }
}

/// The server's program, and whether to keep the directories. All jobs share these values.
pub(super) struct Tools {
    program: PathBuf,
    keep: bool,
}

impl Tools {
    /// Finds the server's program, and raises the number of files that this process may open.
    pub(super) fn find(options: &Options) -> Result<Self> {
        let program = server::program(options.program.as_deref())?;
        server::raise_file_limit()?;
        Ok(Self { program, keep: options.keep })
    }

    /// Runs the scenario of a job, and applies the rules.
    pub(super) async fn run(&self, job: &Job) -> Outcome {
        let begun = Instant::now();
        let directory = tempfile::Builder::new().prefix("swallowtail-chaos-").tempdir();
        let (result, directory) = match directory {
            Ok(directory) => (self.run_in(directory.path(), job).await, Some(directory)),
            Err(error) => (Err(error.into()), None),
        };
        let (measured, broken) = result.unwrap_or_else(|error| (Measured::new(), vec![scenario_failed(&error)]));
        let keep = self.keep || !broken.is_empty();
        let directory = directory.filter(|_| keep).map(TempDir::keep);
        Outcome { job: *job, took: begun.elapsed(), measured, broken, directory }
    }

    async fn run_in(&self, directory: &Path, job: &Job) -> Result<(Measured, Vec<Broken>)> {
        let Job { scenario, seed, size } = job;
        let State::Runs(run) = scenario.state else { bail!("{} does not run yet", scenario.id) };
        let numbered = (0..scenario.accounts.max(size.of(scenario.accounts))).map(Account::numbered);
        let accounts: Vec<_> = accounts().into_iter().chain(numbered).collect();
        let mut bed = Bed::start(&self.program, directory, (scenario.setup)(), &accounts, *seed, *size).await?;
        let rules = Rules::begin(scenario, &mut bed).await?;
        let done = timeout(patience(*size), run(&mut bed)).await;
        let done = done.unwrap_or_else(|_| bail!("the scenario took longer than {:?}", patience(*size)));
        let (measured, failed) = match done {
            Ok(measured) => (measured, None),
            Err(error) => (Measured::new(), Some(scenario_failed(&error))),
        };
        let (measured, broken) = rules.end(&mut bed, measured).await;
        Ok((measured, failed.into_iter().chain(broken).collect()))
    }
}

fn patience(size: Size) -> Duration {
    size.time(Duration::ZERO) + PATIENCE * size.percent().max(100) / 100
}

fn scenario_failed(error: &anyhow::Error) -> Broken {
    Broken { rule: "scenario".to_owned(), what: format!("{error:#}") }
}
