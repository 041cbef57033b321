//! SIGSTOP and SIGCONT, which have the effect of a suspended virtual machine. The clients continue
//! to send during the pause.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use tokio::time::sleep;

use crate::bed::Bed;
use crate::client::{Board, Person, chat, text};
use crate::measured::Measured;
use crate::rule::Rule;
use crate::scenario::Scenario;

/// The number of pairs that chat.
const PAIRS: usize = 25;
/// The time for which the process is stopped. A message may wait for this time, because the kernel
/// accepts it for the stopped process.
const PAUSE: Duration = Duration::from_secs(20);
/// The number of messages that each pair sends while the process is stopped.
const MESSAGES: usize = 5;
/// The time within which the server must catch up.
const CATCH_UP: Duration = Duration::from_secs(5);

pub(super) const SCENARIO: Scenario =
    Scenario::runs("O06", "The process is stopped for a while, and then continues", |bed| Box::pin(run(bed)))
        .accounts(PAIRS * 2)
        .except(&[(Rule::Bystanders, "nobody is served while the process is stopped")]);

async fn run(bed: &mut Bed) -> Result<Measured> {
    let pairs = bed.size.of(PAIRS);
    let mut people = bed.people(pairs * 2).await?;
    let mut boards = Vec::new();
    for pair in people.chunks_exact_mut(2) {
        let [one, other] = pair else { continue };
        boards.push(chat(one, other).await?);
    }
    bed.server.pause()?;
    for [board, _] in &boards {
        for _ in 0..MESSAGES {
            board.post("A", &text("paused")).await?;
        }
    }
    let pause = bed.size.time(PAUSE);
    sleep(pause).await;
    bed.server.resume()?;
    let begun = Instant::now();
    for [_, joined] in &mut boards {
        receive(joined).await?;
    }
    let caught_up = begun.elapsed();
    ensure!(caught_up <= CATCH_UP, "the server needed {caught_up:.1?} to catch up");
    all_are_there(&mut people, &mut boards).await?;
    let measured = Measured::new().count("sessions", people.len()).seconds("paused", pause);
    Ok(measured.millis("caught up in", caught_up))
}

async fn receive(joined: &mut Board) -> Result<()> {
    for number in 0..MESSAGES {
        joined.message().await.with_context(|| format!("message {number} that was sent during the pause is lost"))?;
    }
    Ok(())
}

async fn all_are_there(people: &mut [Person], boards: &mut [[Board; 2]]) -> Result<()> {
    for person in people {
        person.notification.before_pong().await.context("a session has ended")?;
    }
    for [board, joined] in boards {
        joined.exchange(board).await.context("a conversation has ended")?;
    }
    Ok(())
}
