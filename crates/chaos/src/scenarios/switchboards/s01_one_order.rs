//! A conversation of ten participants, each of which sends messages. The rule G6 checks the order. This scenario checks
//! that everything arrives.

use std::time::Instant;

use anyhow::{Context, Result, bail};
use tokio::task::JoinSet;

use super::gathering::gather;
use crate::bed::Bed;
use crate::client::{Board, text};
use crate::measured::Measured;
use crate::random::Random;
use crate::scenario::Scenario;

const PARTICIPANTS: usize = 10;
/// The number of messages that each participant sends.
const MESSAGES: usize = 400;

pub(super) const SCENARIO: Scenario = Scenario::runs(
    "S01",
    "Ten participants of a conversation send at the same time, and all receive the messages in the same order",
    |bed| Box::pin(run(bed)),
)
.accounts(PARTICIPANTS)
.smoke();

async fn run(bed: &mut Bed) -> Result<Measured> {
    let messages = bed.size.of(MESSAGES);
    let mut people = bed.people(PARTICIPANTS).await?;
    let boards = gather(&mut people).await?;
    let begun = Instant::now();
    let mut running = JoinSet::new();
    for board in boards {
        running.spawn(take_part(board, messages, bed.random.fork()));
    }
    let mut boards = Vec::new();
    while let Some(done) = running.join_next().await {
        boards.push(done??);
    }
    let rate = (PARTICIPANTS * messages) as f64 / begun.elapsed().as_secs_f64();
    // Everything has arrived, so the history of each connection ends here, before anyone leaves.
    boards.into_iter().for_each(|board| board.connection.settle());
    Ok(Measured::new().count("messages", PARTICIPANTS * messages).figure("rate", rate, "messages/s"))
}

/// Sends messages. Receives the messages of all other participants, and the answers of the server.
async fn take_part(mut board: Board, messages: usize, mut random: Random) -> Result<Board> {
    let flags: Vec<_> = (0..messages).filter_map(|_| random.pick(&["A", "N", "U"])).collect();
    let expected = messages * (PARTICIPANTS - 1) + flags.iter().filter(|flag| ***flag == "A").count();
    let sender = board.connection.sender();
    let sending = tokio::spawn(async move {
        for flag in flags {
            sender.send_payload("MSG", flag, &text("order")).await?;
        }
        anyhow::Ok(())
    });
    let mut arrived = 0;
    while arrived < expected {
        let next = board.connection.next().await;
        let next = next.with_context(|| format!("{} received {arrived} of {expected} lines", board.handle))?;
        match next.verb().as_str() {
            "MSG" | "ACK" => arrived += 1,
            // Others have joined.
            "JOI" | "IRO" => {}
            _ => bail!("{} received {}", board.handle, next.line()),
        }
    }
    sending.await??;
    Ok(board)
}
