//! Many people open conversations at the same time, with XFR, USR, CAL and ANS.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use tokio::task::JoinSet;

use crate::bed::Bed;
use crate::client::{Person, chat};
use crate::measured::{Measured, percentile};
use crate::scenario::Scenario;

/// The number of pairs that open conversations at the same time.
const PAIRS: usize = 100;
/// The number of conversations that each pair opens, one after the other.
const ROUNDS: usize = 10;
/// The longest time that a pair may wait for a conversation. If a wake-up were lost, the pair would wait for ever.
const LIMIT: Duration = Duration::from_secs(5);

pub(super) const SCENARIO: Scenario =
    Scenario::runs("S07", "Thousands of conversations are opened at the same time", |bed| Box::pin(run(bed)))
        .accounts(PAIRS * 2)
        .connections(PAIRS * 4)
        .smoke();

async fn run(bed: &mut Bed) -> Result<Measured> {
    let mut people = bed.people(bed.size.of(PAIRS) * 2).await?.into_iter();
    let begun = Instant::now();
    let mut running = JoinSet::new();
    while let (Some(one), Some(other)) = (people.next(), people.next()) {
        running.spawn(open_again_and_again(one, other));
    }
    let mut times = Vec::new();
    while let Some(opened) = running.join_next().await {
        times.append(&mut opened??);
    }
    let rate = times.len() as f64 / begun.elapsed().as_secs_f64();
    let longest = percentile(&times, 100);
    ensure!(longest <= LIMIT, "two users waited {longest:.1?} until their conversation was open");
    let measured = Measured::new().count("conversations", times.len()).figure("rate", rate, "/s");
    Ok(measured.millis("p99", percentile(&times, 99)).millis("longest", longest))
}

async fn open_again_and_again(mut one: Person, mut other: Person) -> Result<Vec<Duration>> {
    let mut times = Vec::new();
    for round in 0..ROUNDS {
        let begun = Instant::now();
        let opened = chat(&mut one, &mut other).await;
        let [mut board, mut joined] = opened.with_context(|| format!("conversation {round} of {}", one.handle()))?;
        times.push(begun.elapsed());
        board.exchange(&mut joined).await?;
    }
    Ok(times)
}
