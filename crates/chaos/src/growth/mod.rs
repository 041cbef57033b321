//! Measures whether the server's memory grows while clients come and go for a long time.
//!
//! Each kind of visit has a server of its own. Several lanes (tasks with accounts of their own)
//! repeat the visit as fast as they can. The memory of the server is measured once a second. The
//! slope of the straight line that fits these measurements best says how fast the memory grows. The
//! measurements at the beginning do not count, because the allocator and the tables are still
//! growing to their usual size.

mod kind;
mod lane;
mod options;
mod report;
mod samples;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, timeout};

use crate::bed::{Bed, Size};
use crate::client::Account;
use crate::server::{Setup, raise_file_limit};
use kind::Kind;
use lane::Lane;
pub use options::Options;
use report::{Outcome, Report};
use samples::Samples;

/// The number of lanes (tasks with accounts of their own) that visit the server at the same time.
const LANES: usize = 4;
/// The time between two measurements of the memory.
const PERIOD: Duration = Duration::from_secs(1);
/// The time limit for the last visits, counted from the end of the measurement.
const PATIENCE: Duration = Duration::from_secs(60);

/// Measures the kinds of visits that the options name, all at the same time. Returns whether the
/// memory of every server stayed flat.
///
/// # Errors
/// Fails if the server's program is missing, a server does not start, or a visit fails.
pub async fn run(options: &Options) -> Result<bool> {
    let program = options.program()?;
    raise_file_limit()?;
    let mut report = Report::begin(options);
    let mut running = JoinSet::new();
    for kind in options.kinds() {
        let (program, time) = (program.clone(), options.time());
        running.spawn(async move {
            let measured = measure(&program, kind, time).await;
            measured.with_context(|| format!("{kind}: could not measure the memory"))
        });
    }
    while let Some(outcome) = running.join_next().await {
        report.add(outcome??);
    }
    report.end()
}

/// Lets the lanes visit a server for some time, and measures its memory.
async fn measure(program: &Path, kind: Kind, time: Duration) -> Result<Outcome> {
    let directory = tempfile::Builder::new().prefix("swallowtail-growth-").tempdir()?;
    let accounts: Vec<_> = (0..LANES * lane::ACCOUNTS).map(Account::numbered).collect();
    let mut bed = Bed::start(program, directory.path(), Setup::default(), &accounts, 0, Size::new(100, None)).await?;
    let end = Instant::now() + time;
    let visits = Arc::new(AtomicU64::new(0));
    let mut running = JoinSet::new();
    for number in 0..LANES {
        let mut lane = Lane::begin(&bed, number).await?;
        let visits = visits.clone();
        running.spawn(async move {
            while Instant::now() < end {
                let done = lane.visit(kind).await?;
                visits.fetch_add(done, Ordering::Relaxed);
            }
            anyhow::Ok(())
        });
    }
    let mut samples = Samples::begin();
    let mut ticks = interval(PERIOD);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while Instant::now() < end {
        tokio::select! {
            _ = ticks.tick() => samples.add(bed.server.figures()?),
            // The tasks of the lanes run until the time is over. A task that ends earlier has
            // failed.
            Some(ended) = running.join_next() => ended??,
        }
    }
    timeout(PATIENCE, finish(running)).await.context("the clients did not end their last visits in time")??;
    bed.server.stop().await?;
    Ok(Outcome { kind, visits: visits.load(Ordering::Relaxed), samples })
}

async fn finish(mut running: JoinSet<Result<()>>) -> Result<()> {
    while let Some(ended) = running.join_next().await {
        ended??;
    }
    Ok(())
}
