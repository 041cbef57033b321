//! Many people make changes at the same time, and the end of the server interrupts them. All
//! acknowledged changes must still exist after the restart.

mod accounts;
mod edits;

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use tokio::time::sleep;

use crate::bed::Bed;
use crate::disk::Disk;
use crate::measured::{Measured, percentile};
use crate::server::Setup;

pub(super) use edits::EDITORS;

/// The number of times that the server ends during edits, and during changes of the accounts
/// themselves.
#[derive(Clone, Copy)]
pub(super) struct Rounds {
    pub(super) edits: usize,
    pub(super) accounts: usize,
    /// The longest time from the beginning of the edits until the server ends, in milliseconds.
    pub(super) latest: u64,
}

/// The earliest time at which the server ends, in milliseconds after all people have begun.
const EARLIEST: u64 = 20;
/// The latest time at which the server ends during changes of the accounts, in milliseconds after
/// all people have begun. This time is long, because hashing the passwords of new accounts takes a
/// long time.
const LATEST: u64 = 2000;
/// The longest time that a start may take.
const START: Duration = Duration::from_secs(5);

/// Returns the setup with which the server must be started. With this setup, everybody needs a code
/// to sign up.
pub(super) fn setup() -> Setup {
    Setup { settings: "[sign_up]\nnear = \"invite\"\n".into(), ..Setup::default() }
}

/// Lets people change their lists and accounts until the server is killed, again and again. If
/// there is a `disk`, the machine loses power each time.
pub(super) async fn survive(bed: &mut Bed, rounds: Rounds, disk: Option<&Disk>) -> Result<Measured> {
    let (edit_rounds, account_rounds) = (bed.size.of(rounds.edits), bed.size.of(rounds.accounts));
    let (mut edits, mut accounts, mut starts) = (0, 0, Vec::new());
    for round in 1..=edit_rounds {
        let editors = edits::begin(bed).await?;
        sleep(until_end(bed, rounds.latest)).await;
        bed.server.kill().await?;
        edits += editors.end().await?;
        starts.push(restart(bed, disk).await.with_context(|| format!("in round {round} of the edits"))?);
    }
    for round in 1..=account_rounds {
        let wait = sleep(until_end(bed, LATEST));
        let (visitors, acknowledged) = accounts::begin(bed, round, wait).await?;
        bed.server.kill().await?;
        let acknowledged = visitors.end(acknowledged).await?;
        let name = || format!("in round {round} of the sign-ups");
        starts.push(restart(bed, disk).await.with_context(name)?);
        accounts += acknowledged.check(bed, round).await.with_context(name)?;
    }
    let measured = Measured::new().count("ends", edit_rounds + account_rounds).count("acknowledged edits", edits);
    Ok(measured.count("sign-ups, imports and codes", accounts).millis("longest start", percentile(&starts, 100)))
}

fn until_end(bed: &mut Bed, latest: u64) -> Duration {
    Duration::from_millis(EARLIEST + bed.random.below(latest - EARLIEST))
}

/// If there is a `disk`, lets the machine lose power. Checks the whole database, and then starts
/// the server. Returns how long the start took.
async fn restart(bed: &mut Bed, disk: Option<&Disk>) -> Result<Duration> {
    if let Some(disk) = disk {
        disk.lose_power(&mut bed.random)?;
    }
    let said = bed.server.command_done(&["store", "check"]).await?;
    ensure!(said.contains("OK"), "the check of the database said {said}");
    let start = bed.server.restart().await?;
    ensure!(start <= START, "the start took {start:.1?}");
    Ok(start)
}
