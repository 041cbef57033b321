//! A member of a conversation stops reading. The server drops this member when its queue is full, or when its TCP
//! window has been closed for 20 s. Until then, the others must be able to talk.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use tokio::time::sleep;

use super::gathering::gather;
use crate::bed::Bed;
use crate::client::{Board, Next, SignIn, text};
use crate::measured::{Measured, SLOWNESS, percentile};
use crate::scenario::Scenario;

/// The number of members of each of two conversations. The last one does not read.
const MEMBERS: usize = 5;
/// The size of the receive buffer of a member that does not read, in bytes.
const BUFFER: u32 = 4096;
/// The number of bytes that certainly fill the buffer of the client, the buffer of the kernel and the queue of the
/// server (256 KiB).
const FLOOD: usize = 2 * 1024 * 1024;
/// The number of bytes that close the window. Together with the texts of the others, they do not fill the queue.
const TRICKLE: usize = 64 * 1024;
/// The pause between two texts of the others, in the flood and in the silence.
const PAUSES: [Duration; 2] = [Duration::from_millis(5), Duration::from_millis(50)];
/// The size of a message of the flood.
const LENGTH: usize = 1500;
/// The time for which sent bytes may stay in the server while the window is closed (ARCHITECTURE.md, "Promises"), plus
/// the delay with which the server's kernel may notice that.
const PATIENCE: Duration = Duration::from_secs(20 + 10);
/// The number of texts that two of the others exchange before the flood.
const CALM: usize = 200;
/// The time by which the p99 of their texts may exceed four times the p99 before the flood, if the server is optimised.
const LIMIT: Duration = Duration::from_millis(50);
/// The time by which the server delays these texts on purpose while the queue of the slow member fills: 1 ms at 128
/// KiB, and twice as much with every further 24 KiB up to 256 KiB (sb.md section 11).
const SLOWED: Duration = Duration::from_millis(40);

pub(super) const SCENARIO: Scenario = Scenario::runs(
    "S02",
    "A member stops reading and is dropped, by a flood or by 20 s of silence, and the others talk on",
    |bed| Box::pin(run(bed)),
)
.accounts(2 * MEMBERS);

async fn run(bed: &mut Bed) -> Result<Measured> {
    let (flooded, silent) = tokio::try_join!(stall(bed, 0, FLOOD, PAUSES[0]), stall(bed, MEMBERS, TRICKLE, PAUSES[1]))?;
    let quick = Duration::from_secs(10);
    ensure!(flooded.dropped < quick, "the member was dropped {:?} after the begin of the flood", flooded.dropped);
    ensure!(silent.dropped > quick, "the queue was not full, and the member was dropped after {:?}", silent.dropped);
    for Stalled { calm, busy, .. } in [&flooded, &silent] {
        ensure!(
            *busy <= (LIMIT + SLOWED) * SLOWNESS + *calm * 4,
            "the p99 of the others was {calm:?} before, and {busy:?} beside the stalled reader"
        );
    }
    Ok(Measured::new()
        .seconds("dropped by flood in", flooded.dropped)
        .seconds("by silence in", silent.dropped)
        .millis("members p99", flooded.busy.max(silent.busy))
        .count("NAK", flooded.refused + silent.refused))
}

/// The measurements of a conversation.
struct Stalled {
    /// The time from the first message until the member was dropped.
    dropped: Duration,
    /// The number of messages that were answered with NAK.
    refused: usize,
    /// The p99 of the texts of the others before the first member begins to send.
    calm: Duration,
    /// The p99 of the texts of the others while one member does not read.
    busy: Duration,
}

/// Runs a conversation in which the first member sends, the next two talk, one listens, and the last one does not read.
async fn stall(bed: &Bed, first: usize, bytes: usize, pause: Duration) -> Result<Stalled> {
    let last = first + MEMBERS - 1;
    let mut people = bed.people_with(&bed.dialer, first..last, SignIn::default()).await?;
    let slow = bed.dialer.with_receive_buffer(BUFFER);
    people.extend(bed.people_with(&slow, [last], SignIn::default()).await?);
    let mut boards = gather(&mut people).await?;
    let stalled = boards.pop().context("nobody is there")?;
    let rest = boards.split_off(3);
    let mut boards = boards.into_iter();
    let (Some(sender), Some(one), Some(other)) = (boards.next(), boards.next(), boards.next()) else {
        bail!("somebody is missing")
    };
    let mut pair = [one, other];
    let mut calm = Vec::new();
    for _ in 0..CALM {
        calm.push(exchange(&mut pair).await?);
    }
    let count = bytes / LENGTH;
    let listening = tokio::spawn(listen(rest, sender.handle.clone(), count));
    let flood = tokio::spawn(flood(sender, stalled.handle.clone(), count));
    let mut busy = Vec::new();
    while !flood.is_finished() {
        busy.push(exchange(&mut pair).await?);
        // The two take turns, because each of them must read the messages of the first member.
        pair.reverse();
        sleep(pause).await;
    }
    let (sender, dropped, refused) = flood.await??;
    let listeners = listening.await??;
    listeners.into_iter().chain([sender]).for_each(|board| board.connection.settle());
    Ok(Stalled { dropped, refused, calm: percentile(&calm, 99), busy: percentile(&busy, 99) })
}

/// Sends a text from one member to the other, which skips the messages of others. Returns how long the text took.
async fn exchange([one, other]: &mut [Board; 2]) -> Result<Duration> {
    let payload = text("pair");
    let begun = Instant::now();
    one.post("U", &payload).await?;
    loop {
        let received = other.message().await?;
        if received.payload() == payload {
            return Ok(received.at - begun);
        }
    }
}

/// Sends this many messages, and waits for every answer and for the BYE of the member that does not read. Returns the
/// time from the beginning until the BYE, and the number of refused messages.
async fn flood(mut board: Board, stalled: String, count: usize) -> Result<(Board, Duration, usize)> {
    let begun = Instant::now();
    let sender = board.connection.sender();
    let sending = tokio::spawn(async move {
        for _ in 0..count {
            sender.send_payload("MSG", "A", &text(&"x".repeat(LENGTH))).await?;
        }
        anyhow::Ok(())
    });
    let (mut dropped, mut answered, mut refused, mut late) = (None, 0, 0, 0);
    while dropped.is_none() || answered < count {
        let Next::Received(next) = board.connection.next_before(begun + PATIENCE).await else {
            bail!("{stalled} is still there after {PATIENCE:?}, or only {answered} of {count} messages are answered");
        };
        match next.verb().as_str() {
            "ACK" => answered += 1,
            "NAK" => {
                answered += 1;
                refused += 1;
                // The server may have been handling one message when it queued BYE.
                late += usize::from(dropped.is_some());
                ensure!(late <= 1, "{late} messages to the living were refused after BYE");
            }
            "BYE" if next.word(1) == stalled => dropped = Some(begun.elapsed()),
            "MSG" | "JOI" | "IRO" => {}
            _ => bail!("the sender received {}", next.line()),
        }
    }
    sending.await??;
    Ok((board, dropped.context("no BYE")?, refused))
}

/// Lets members read until each has all messages of the sender.
async fn listen(mut boards: Vec<Board>, sender: String, count: usize) -> Result<Vec<Board>> {
    for board in &mut boards {
        for _ in 0..count {
            board.connection.expect(&format!("MSG {sender}")).await?;
        }
    }
    Ok(boards)
}
