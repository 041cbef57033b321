//! Runs tasks that repeat an action for some time, and measures what the actions cost.

use std::time::{Duration, Instant};

use anyhow::Result;
use swallowtail_chaos::server::Figures;
use tokio::task::JoinSet;

/// The work that was done, and what it cost.
#[derive(Clone, Copy, Debug)]
pub(super) struct Load {
    /// The number of actions.
    pub(super) count: u64,
    /// The duration of the work.
    pub(super) elapsed: Duration,
    /// The processor time of the measured process, in seconds.
    pub(super) processor_seconds: f64,
}

impl Load {
    /// Returns the number of actions in a second.
    pub(super) fn per_second(&self) -> f64 {
        self.count as f64 / self.elapsed.as_secs_f64()
    }

    /// Returns the processor time for one action, in microseconds.
    pub(super) fn processor_micros(&self) -> f64 {
        self.processor_seconds * 1e6 / self.count.max(1) as f64
    }
}

/// Runs all tasks at the same time. Each task returns the number of its actions.
///
/// # Errors
/// Fails if a task fails.
pub(super) async fn measure<T: Send + 'static>(
    tasks: impl IntoIterator<Item = impl Future<Output = Result<(u64, T)>> + Send + 'static>,
    figures: impl Fn() -> Result<Figures>,
) -> Result<(Load, Vec<T>)> {
    let before = figures()?;
    let begun = Instant::now();
    let mut running: JoinSet<_> = tasks.into_iter().collect();
    let (mut count, mut results) = (0, Vec::new());
    while let Some(done) = running.join_next().await {
        let (times, result) = done??;
        count += times;
        results.push(result);
    }
    let elapsed = begun.elapsed();
    let processor_seconds = figures()?.processor_seconds - before.processor_seconds;
    Ok((Load { count, elapsed, processor_seconds }, results))
}
