//! The command that plays schedules (simulated runs).

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Instant;

use anyhow::Result;
use swallowtail_base::lock;

use super::options::{ID, Options};
use super::play;
use super::report::Report;
use crate::regressions::Regressions;

/// Plays the schedules that have failed before, and then those that the options select. Returns whether all promises
/// were kept.
///
/// # Errors
/// Fails if the seeds that have failed cannot be read or written, or the history cannot be written.
pub fn run(options: &Options) -> Result<bool> {
    let begun = Instant::now();
    let regressions = Regressions::read()?;
    let first = options.first();
    let mut runs: Vec<_> = regressions.of(ID).collect();
    let failed_before = runs.len() as u64;
    // If only one schedule is selected, the earlier failures are not played, so that the schedule
    // is quick to repeat.
    if options.schedules == 1 {
        runs.clear();
    }
    runs.extend((first..first.saturating_add(options.schedules)).map(|seed| (seed, options.steps)));
    let report = Mutex::new(Report::begin(options, regressions, first, failed_before));
    let next = AtomicU64::new(0);
    let work_off = || -> Result<()> {
        let take = || usize::try_from(next.fetch_add(1, Ordering::Relaxed)).ok();
        while let Some((seed, steps)) = take().and_then(|index| runs.get(index).copied()) {
            let played = play(seed, steps);
            lock(&report).add(seed, steps, &played)?;
        }
        Ok(())
    };
    thread::scope(|scope| {
        let workers: Vec<_> = (0..options.jobs().get()).map(|_| scope.spawn(work_off)).collect();
        workers
            .into_iter()
            .try_for_each(|worker| worker.join().unwrap_or_else(|_| anyhow::bail!("a schedule panicked")))
    })?;
    let report = report.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    report.end(begun.elapsed())
}
