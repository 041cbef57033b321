//! A machine that loses its power at random moments. All acknowledged changes must still exist
//! afterwards, although the disk loses data that was not synchronised.

use std::fs;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use tokio::time::sleep;

use super::changes::{self, Rounds};
use crate::bed::Bed;
use crate::disk::Disk;
use crate::measured::Measured;
use crate::rule::Rule;
use crate::scenario::Scenario;
use crate::server::Setup;

/// The number of times that the power is lost during edits, and during changes of the accounts
/// themselves. People edit their lists for so long that SQLite sometimes copies the write-ahead log
/// into the database.
const LOSSES: Rounds = Rounds { edits: 12, accounts: 4, latest: 2000 };
/// The number of times that the power is lost during the first start on a new data directory.
const FIRST_STARTS: usize = 8;

pub(super) const SCENARIO: Scenario =
    Scenario::runs("D02", "The machine loses power, and loses all writes that were not synchronised", |bed| {
        Box::pin(run(bed))
    })
    .accounts(changes::EDITORS)
    .setup(|| Setup { has_disk: true, ..changes::setup() })
    .except(&[(Rule::Process, "the server is killed"), (Rule::Bystanders, "the server is killed")]);

async fn run(bed: &mut Bed) -> Result<Measured> {
    let status = bed.server.stop().await?;
    ensure!(status.success(), "the server ended with {status}");
    let disk = bed.disk.take().context("the test bed has no disk")?;
    let start = first_starts(bed, &disk).await?;
    bed.server.restart().await?;
    Ok(changes::survive(bed, LOSSES, Some(&disk)).await?.millis("first start", start))
}

/// Starts the server on an empty directory again and again, and simulates a loss of power during
/// each start. Each time, the server must then start on the files that are left. Returns how long
/// an undisturbed first start took.
async fn first_starts(bed: &mut Bed, disk: &Disk) -> Result<Duration> {
    let data = bed.server.data();
    let before = data.with_file_name("before");
    fs::rename(&data, &before)?;
    empty(bed, disk)?;
    let whole = bed.server.restart().await?;
    bed.server.kill().await?;
    for loss in 1..=bed.size.of(FIRST_STARTS) {
        empty(bed, disk)?;
        let end = whole.mul_f64(bed.random.below(1000) as f64 / 1000.0);
        bed.server.start_until(sleep(end)).await?;
        disk.lose_power(&mut bed.random)?;
        let restarted = bed.server.restart().await;
        restarted.with_context(|| format!("after power loss {loss}, {end:.0?} into the first start"))?;
        bed.server.kill().await?;
    }
    fs::remove_dir_all(&data)?;
    fs::rename(&before, &data)?;
    disk.synchronise()?;
    Ok(whole)
}

/// Empties the data directory.
fn empty(bed: &Bed, disk: &Disk) -> Result<()> {
    let data = bed.server.data();
    if data.exists() {
        fs::remove_dir_all(&data)?;
    }
    swallowtail_base::create_private_directory(&data)?;
    disk.synchronise()
}
