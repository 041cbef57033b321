//! The options of the program.

use std::num::NonZero;
use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::{SystemTime, UNIX_EPOCH};

use clap::Parser;

use crate::bed::Size;

/// The words on the command line that choose several scenarios each.
pub(super) const SETS: [&str; 3] = ["list", "smoke", "all"];
/// The size of the smoke set, in percent. With this size, the set must take less than two minutes
/// on two cores.
const SMOKE_SCALE: u32 = 20;
/// The number of scenarios of the smoke set that run at the same time.
const SMOKE_JOBS: usize = 2;
/// The upper limit of default seeds. It keeps the seeds short enough to type.
const SHORT: u64 = 1_000_000;

/// Runs scenarios that break a server, and checks that it keeps its promises.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask chaos", bin_name = "cargo xtask chaos", after_help = RELEASE)]
pub struct Options {
    /// What to run: ids (F01), letters of families (F), `smoke` or `all`. `list` shows all scenarios
    #[arg(default_value = "list")]
    pub(super) chosen: Vec<String>,
    /// The seed of all random choices. By default, every run has a different seed
    #[arg(long)]
    seed: Option<u64>,
    /// The duration, in minutes, of each scenario that has a duration
    #[arg(long)]
    minutes: Option<u64>,
    /// The size of the scenarios, in percent. 100 suits two cores and 20,000 open files [default:
    /// 100, smoke: 20]
    #[arg(long)]
    scale: Option<u32>,
    /// The number of scenarios that run at the same time. Most scenarios use little processor time
    /// [default: 1, smoke: 2]
    #[arg(long)]
    jobs: Option<NonZero<usize>>,
    /// Print the report as JSON on standard output, and everything else on standard error
    #[arg(long)]
    pub(super) json: bool,
    /// Keep the directory of each server, with its log, even if the scenario passes
    #[arg(long)]
    pub(super) keep: bool,
    /// The server's program (default: the one that was built together with this program)
    #[arg(long)]
    pub(super) program: Option<PathBuf>,
    #[arg(skip)]
    random_seed: OnceLock<u64>,
}

/// The help text for `--release`, which is an option of `cargo xtask` and not of this program.
const RELEASE: &str = "With --release, cargo xtask chaos builds and tests the server with optimisations.";

impl Options {
    /// Returns the seed. Every call returns the same seed.
    pub(super) fn seed(&self) -> u64 {
        let from_clock = || {
            let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            now.as_micros().try_into().unwrap_or(u64::MAX) % SHORT
        };
        self.seed.unwrap_or_else(|| *self.random_seed.get_or_init(from_clock))
    }

    pub(super) fn size(&self) -> Size {
        let default = if self.is_smoke() { SMOKE_SCALE } else { 100 };
        Size::new(self.scale.unwrap_or(default), self.minutes)
    }

    pub(super) fn jobs(&self) -> usize {
        let default = if self.is_smoke() { SMOKE_JOBS } else { 1 };
        self.jobs.map_or(default, NonZero::get)
    }

    fn is_smoke(&self) -> bool {
        self.chosen.iter().all(|word| word == "smoke")
    }

    pub(super) fn is_list(&self) -> bool {
        self.chosen.iter().any(|word| word == "list")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smoke_set_runs_at_a_smaller_scale_and_the_seed_stays_the_same_during_a_run() {
        let parse = |words: &str| Options::try_parse_from(words.split(' ')).unwrap();
        let smoke = parse("chaos smoke");
        assert_eq!(smoke.size().percent(), SMOKE_SCALE);
        assert_eq!((smoke.seed(), smoke.jobs()), (smoke.seed(), SMOKE_JOBS));
        let more = parse("chaos smoke F02");
        assert_eq!((more.size().percent(), more.jobs()), (100, 1));
        assert_eq!(parse("chaos smoke --scale 7 --seed 3").seed(), 3);
        assert!(parse("chaos").is_list());
    }
}
