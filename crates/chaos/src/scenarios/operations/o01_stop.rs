//! SIGTERM while people chat.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::bed::Bed;
use crate::client::{PATIENCE, Person, chat};
use crate::measured::Measured;
use crate::rule::Rule;
use crate::scenario::Scenario;

/// The number of pairs that chat.
const PAIRS: usize = 200;
/// The time for which the pairs chat before the stop.
const BEFORE: Duration = Duration::from_secs(3);
/// The time within which the server must end.
const STOP: Duration = Duration::from_secs(30);

pub(super) const SCENARIO: Scenario =
    Scenario::runs("O01", "The server is stopped while people chat", |bed| Box::pin(run(bed)))
        .accounts(PAIRS * 2)
        .connections(PAIRS * 4)
        .except(&[(Rule::Process, "the server is stopped"), (Rule::Bystanders, "the server is stopped")])
        .smoke();

async fn run(bed: &mut Bed) -> Result<Measured> {
    let pairs = bed.size.of(PAIRS);
    let mut people = bed.people(pairs * 2).await?.into_iter();
    let mut running = JoinSet::new();
    while let (Some(one), Some(other)) = (people.next(), people.next()) {
        running.spawn(chat_until_stopped(one, other));
    }
    sleep(BEFORE).await;
    let begun = Instant::now();
    let status = bed.server.stop().await?;
    let took = begun.elapsed();
    ensure!(status.success(), "the server ended with {status}");
    ensure!(took <= STOP, "the server ended only after {took:.1?}");
    let mut messages = 0;
    while let Some(done) = running.join_next().await {
        messages += done??;
    }
    bed.server.restart().await?;
    Ok(Measured::new().count("sessions", pairs * 2).count("messages", messages).seconds("stopped in", took))
}

/// Lets two people chat until the conversation ends. Checks that the server sent each of them the
/// reason (`OUT SSD`). Returns the number of messages.
async fn chat_until_stopped(mut one: Person, mut other: Person) -> Result<usize> {
    let mut messages = 0;
    let [mut board, mut joined] = chat(&mut one, &mut other).await?;
    while board.exchange(&mut joined).await.is_ok() && joined.exchange(&mut board).await.is_ok() {
        messages += 2;
    }
    for person in [&mut one, &mut other] {
        let lines = person.notification.until_ended(PATIENCE).await?;
        let last = lines.last().map(crate::client::Received::line).unwrap_or_default();
        ensure!(last == "OUT SSD", "the last line that {} received was {last:?}", person.handle());
    }
    Ok(messages)
}
