//! A server that is killed at random moments. Everything that it had acknowledged must be there after each restart.

mod accounts;
mod edits;

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use tokio::time::sleep;

use crate::bed::Bed;
use crate::measured::{Measured, percentile};
use crate::rule::Rule;
use crate::scenario::Scenario;

/// How often the server is killed during edits, and during changes of the accounts themselves.
const KILLS: [usize; 2] = [20, 5];
/// When the server is killed, in milliseconds after all have begun. Hashing the passwords of new accounts takes longer.
const EARLIEST: u64 = 20;
const LATEST: [u64; 2] = [400, 2000];
/// How long a start may take.
const START: Duration = Duration::from_secs(5);

pub(super) const SCENARIO: Scenario =
    Scenario::runs("D01", "The server is killed again and again while people edit their lists and sign up", |bed| {
        Box::pin(run(bed))
    })
    .accounts(edits::EDITORS)
    .except(&[(Rule::Process, "the server is killed"), (Rule::Bystanders, "the server is killed")])
    .smoke();

async fn run(bed: &mut Bed) -> Result<Measured> {
    let [edit_kills, account_kills] = KILLS.map(|kills| bed.size.of(kills));
    let (mut edits, mut accounts, mut starts) = (0, 0, Vec::new());
    for kill in 1..=edit_kills {
        let editors = edits::begin(bed).await?;
        sleep(until_kill(bed, LATEST[0])).await;
        bed.server.kill().await?;
        edits += editors.end().await?;
        starts.push(restart(bed).await.with_context(|| format!("after kill {kill} during edits"))?);
    }
    for kill in 1..=account_kills {
        let wait = sleep(until_kill(bed, LATEST[1]));
        let (visitors, acknowledged) = accounts::begin(bed, kill, wait).await?;
        bed.server.kill().await?;
        let acknowledged = visitors.end(acknowledged).await?;
        let start = restart(bed).await.with_context(|| format!("after kill {kill} during sign-ups"))?;
        starts.push(start);
        let checked = acknowledged.check(bed, kill).await;
        accounts += checked.with_context(|| format!("after kill {kill} during sign-ups"))?;
    }
    let measured = Measured::new().count("kills", edit_kills + account_kills).count("acknowledged edits", edits);
    Ok(measured.count("sign-ups, imports and codes", accounts).millis("longest start", percentile(&starts, 100)))
}

fn until_kill(bed: &mut Bed, latest: u64) -> Duration {
    Duration::from_millis(EARLIEST + bed.random.below(latest - EARLIEST))
}

/// Checks the whole database, then starts the server. Returns how long the start took.
async fn restart(bed: &mut Bed) -> Result<Duration> {
    let said = bed.server.command_done(&["store", "check"]).await?;
    ensure!(said.contains("OK"), "the check of the database said {said}");
    let start = bed.server.restart().await?;
    ensure!(start <= START, "the start took {start:.1?}");
    Ok(start)
}
