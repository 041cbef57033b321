//! A member of a conversation dies during a burst of messages. Its connection ends with RST or FIN, like the
//! connections of a process that was killed.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::gathering::gather;
use crate::bed::Bed;
use crate::client::{Board, text};
use crate::measured::Measured;
use crate::scenario::Scenario;

/// The number of members that die, one after the other.
const ROUNDS: usize = 30;
const MEMBERS: usize = 5;
/// The number of messages in a burst.
const MESSAGES: usize = 200;
/// The longest time from the beginning of the burst until the member dies, in microseconds.
const LATEST: u64 = 40_000;
/// The time within which the server must notice the death.
const NOTICE: Duration = Duration::from_secs(2);

pub(super) const SCENARIO: Scenario = Scenario::runs(
    "S03",
    "A member is killed in a burst of messages, and the others soon receive BYE, and miss no message and no answer",
    |bed| Box::pin(run(bed)),
)
.accounts(MEMBERS)
.smoke();

async fn run(bed: &mut Bed) -> Result<Measured> {
    let mut people = bed.people(MEMBERS).await?;
    let (mut slowest, mut refused) = (Duration::ZERO, 0);
    let rounds = bed.size.of(ROUNDS);
    for round in 0..rounds {
        let boards = gather(&mut people).await?;
        let delay = Duration::from_micros(bed.random.below(LATEST));
        let seen = burst(boards, delay, round % 2 == 0).await.with_context(|| format!("in round {round}"))?;
        slowest = slowest.max(seen.notice);
        refused += seen.refused;
    }
    ensure!(slowest <= NOTICE, "a BYE arrived {slowest:?} after a member was killed");
    Ok(Measured::new().count("deaths", rounds).millis("slowest BYE", slowest).count("NAK", refused))
}

/// The measurements of a round.
#[derive(Default)]
struct Seen {
    /// The time from the death until the last member received BYE.
    notice: Duration,
    /// The number of messages that were answered with NAK.
    refused: usize,
}

/// Runs a burst in which the first member sends, the last member dies, and the other members read.
async fn burst(mut boards: Vec<Board>, delay: Duration, by_reset: bool) -> Result<Seen> {
    let victim = boards.pop().context("there are no members")?;
    let dead = victim.handle.clone();
    let sender = boards[0].connection.sender();
    let mut running = JoinSet::new();
    for (place, board) in boards.into_iter().enumerate() {
        running.spawn(listen(board, dead.clone(), place == 0));
    }
    let sending = tokio::spawn(async move {
        for _ in 0..MESSAGES {
            sender.send_payload("MSG", "A", &text("burst")).await?;
        }
        anyhow::Ok(())
    });
    sleep(delay).await;
    let died = Instant::now();
    if by_reset {
        victim.connection.reset();
    } else {
        drop(victim);
    }
    sending.await??;
    let mut seen = Seen::default();
    while let Some(listened) = running.join_next().await {
        let (board, heard, refused) = listened??;
        seen.notice = seen.notice.max(heard - died);
        seen.refused += refused;
        board.connection.settle();
    }
    Ok(seen)
}

/// Reads until everything has arrived. Returns the time at which BYE arrived, and the number of
/// refused messages.
async fn listen(mut board: Board, dead: String, sends: bool) -> Result<(Board, Instant, usize)> {
    let (mut heard, mut arrived, mut refused, mut late) = (None, 0, 0, 0);
    while heard.is_none() || arrived < MESSAGES {
        let next = board.connection.next().await;
        let next = next.with_context(|| {
            format!("{} has received {arrived} of {MESSAGES} messages, and BYE at {heard:?}", board.handle)
        })?;
        match next.verb().as_str() {
            "MSG" if !sends => arrived += 1,
            "ACK" if sends => arrived += 1,
            "NAK" if sends => {
                arrived += 1;
                refused += 1;
                // The server may have been handling one message when it queued BYE. So one NAK may
                // arrive after BYE.
                late += usize::from(heard.is_some());
                ensure!(late <= 1, "{late} messages to the remaining members were refused after BYE");
            }
            "BYE" if next.word(1) == dead => ensure!(heard.replace(next.at).is_none(), "a second BYE"),
            "JOI" | "IRO" => {}
            _ => bail!("{} received {}", board.handle, next.line()),
        }
    }
    Ok((board, heard.context("no BYE")?, refused))
}
