//! A network path that loses only large packets, like a path through a tunnel whose router sends no
//! ICMP.

use std::time::{Duration, Instant};

use anyhow::{Result, bail, ensure};

use crate::bed::Bed;
use crate::client::{Board, Next, chat, text};
use crate::loss::Loss;
use crate::measured::{Measured, SLOWNESS, percentile};
use crate::scenario::Scenario;

/// The size of the largest packet that arrives, headers included, in bytes.
const LARGEST: u32 = 1000;
/// The size of a large message, in bytes.
const LENGTH: usize = 1500;
/// The time within which the server must drop the member that loses packets. It is the TCP user
/// timeout of 20 s, plus the pause before a retransmission.
const DETECTION: Duration = Duration::from_secs(26);
/// The limit on the p99 of the delivery time to the other member while packets are lost, for an
/// optimised server.
const LIMIT: Duration = Duration::from_millis(50);

pub(super) const SCENARIO: Scenario =
    Scenario::runs("N04", "The network loses only large packets", |bed| Box::pin(run(bed))).accounts(3);

async fn run(bed: &mut Bed) -> Result<Measured> {
    let mut people = bed.people(3).await?;
    let [one, other, far] = people.as_mut_slice() else { bail!("three people were expected") };
    let [mut board, mut joined] = chat(one, other).await?;
    let far_board = far.join(&mut board).await?;
    joined.connection.expect("JOI").await?;
    far_board.connection.lose(Loss::LargerThan(LARGEST))?;
    board.post("N", &text(&"x".repeat(LENGTH - text("").len() - 8))).await?;
    joined.message().await?;
    let begun = Instant::now();
    let mut times = Vec::new();
    let gone = loop {
        times.push(deliver(&board, &mut joined).await?);
        if let Some(gone) = bye(&mut board, begun).await? {
            break gone;
        }
        ensure!(begun.elapsed() < DETECTION, "the member is still in the conversation after {:.0?}", begun.elapsed());
    };
    far_board.connection.reset();
    let p99 = percentile(&times, 99);
    ensure!(p99 < LIMIT * SLOWNESS, "the p99 of the delivery time to the other member was {p99:.1?}");
    Ok(Measured::new()
        .seconds("member dropped after", gone)
        .count("messages of others", times.len())
        .millis("p99 of others", p99))
}

/// Sends a text to the member that receives everything. Returns the delivery time.
async fn deliver(board: &Board, joined: &mut Board) -> Result<Duration> {
    let begun = Instant::now();
    board.post("N", &text("small")).await?;
    Ok(joined.message().await?.at - begun)
}

/// Waits for a short time for the BYE of the member that loses packets. Returns the time from
/// `begun` until the BYE.
async fn bye(board: &mut Board, begun: Instant) -> Result<Option<Duration>> {
    match board.connection.next_within(Duration::from_millis(100)).await {
        Next::Received(line) if line.verb() == "BYE" => Ok(Some(line.at - begun)),
        Next::Ended => bail!("the connection of the sender ended"),
        Next::Received(_) | Next::Nothing => Ok(None),
    }
}
