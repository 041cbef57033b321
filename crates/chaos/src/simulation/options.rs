//! The options of `cargo xtask chaos simulate`.

use std::num::NonZero;
use std::path::PathBuf;
use std::thread;
use std::time::{SystemTime, UNIX_EPOCH};

use clap::Args;

use super::STEPS;

/// The id of a simulation in the file of seeds that have failed.
pub(super) const ID: &str = "simulation";
/// The upper limit of the first default seed. It keeps default seeds short enough to type.
const SHORT: u64 = 1_000_000;

/// Which schedules to play.
#[derive(Args, Clone, Debug)]
pub struct Options {
    /// The seed of the first schedule. Each further schedule has the next seed. By default, every
    /// run begins with a different seed
    #[arg(long)]
    seed: Option<u64>,
    /// The number of schedules
    #[arg(long, default_value_t = 1000)]
    pub(super) schedules: u64,
    /// The number of steps of each schedule
    #[arg(long, default_value_t = STEPS)]
    pub(super) steps: u64,
    /// The number of schedules that are played at the same time [default: the number of cores]
    #[arg(long)]
    jobs: Option<NonZero<usize>>,
    /// Print the report as JSON on standard output, and everything else on standard error
    #[arg(long)]
    pub(super) json: bool,
    /// Write the whole history of the last schedule that failed to this file
    #[arg(long)]
    pub(super) history: Option<PathBuf>,
}

impl Options {
    pub(super) fn first(&self) -> u64 {
        let now = || SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        self.seed.unwrap_or_else(|| u64::try_from(now().as_micros()).unwrap_or_default() % SHORT)
    }

    pub(super) fn jobs(&self) -> NonZero<usize> {
        self.jobs.or_else(|| thread::available_parallelism().ok()).unwrap_or(NonZero::<usize>::MIN)
    }
}
