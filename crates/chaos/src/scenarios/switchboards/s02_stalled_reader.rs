//! A member of a conversation stops reading. The server drops this member when the member's queue
//! is full, or when the member's TCP window has been closed for 20 s. Until then, the other members
//! must be able to chat.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use tokio::time::sleep;

use super::gathering::gather;
use crate::bed::Bed;
use crate::client::{Board, Next, SignIn, text};
use crate::measured::{Measured, SLOWNESS, percentile};
use crate::scenario::Scenario;

/// The number of members of each of two conversations. The last member does not read.
const MEMBERS: usize = 5;
/// The size of the receive buffer of a member that does not read, in bytes.
const BUFFER: u32 = 4096;
/// The number of bytes that certainly fill the buffer of the client, the buffer of the kernel and the queue of the
/// server (256 KiB).
const FLOOD: usize = 2 * 1024 * 1024;
/// The number of bytes that close the TCP window of the member that does not read. Together with
/// the texts of the other members, these bytes do not fill the queue.
const TRICKLE: usize = 64 * 1024;
/// The pause between two texts of the other members: in the conversation with a flood, and in the
/// conversation with a closed window.
const PAUSES: [Duration; 2] = [Duration::from_millis(5), Duration::from_millis(50)];
/// The size of a message of the flood, in bytes.
const LENGTH: usize = 1500;
/// The time within which the server must drop the member that does not read, and must answer all
/// messages. While the TCP window is closed, bytes may wait in the server for 20 s
/// (ARCHITECTURE.md, "Promises"). The kernel of the server may notice up to 10 s late that the 20 s
/// are over.
const PATIENCE: Duration = Duration::from_secs(20 + 10);
/// The number of texts that two of the members exchange before the first member begins to send.
const CALM: usize = 200;
/// While one member does not read, two other members exchange texts. The p99 of the delivery times
/// of these texts may be at most four times the p99 before the first member began to send, plus
/// this time. The limit is for an optimised server.
const LIMIT: Duration = Duration::from_millis(50);
/// While the queue of the member that does not read fills, the server delays the texts of the other
/// members on purpose by up to this time (sb.md section 11). The delay is 1 ms at 128 KiB, and
/// doubles with every further 24 KiB up to 256 KiB.
const SLOWED: Duration = Duration::from_millis(40);

pub(super) const SCENARIO: Scenario = Scenario::runs(
    "S02",
    "A member stops reading, the server drops the member after a flood or after 20 s, and the others continue to chat",
    |bed| Box::pin(run(bed)),
)
.accounts(2 * MEMBERS);

async fn run(bed: &mut Bed) -> Result<Measured> {
    let (flooded, silent) = tokio::try_join!(stall(bed, 0, FLOOD, PAUSES[0]), stall(bed, MEMBERS, TRICKLE, PAUSES[1]))?;
    let quick = Duration::from_secs(10);
    ensure!(flooded.dropped < quick, "the member was dropped {:?} after the beginning of the flood", flooded.dropped);
    ensure!(
        silent.dropped > quick,
        "the queue of the member was not full, but the server dropped the member after only {:?}",
        silent.dropped
    );
    for Stalled { calm, busy, .. } in [&flooded, &silent] {
        ensure!(
            *busy <= (LIMIT + SLOWED) * SLOWNESS + *calm * 4,
            "the p99 of the delivery time to the other members was {calm:?} at first, and {busy:?} while the last \
             member did not read"
        );
    }
    Ok(Measured::new()
        .seconds("dropped by flood in", flooded.dropped)
        .seconds("dropped without flood in", silent.dropped)
        .millis("members p99", flooded.busy.max(silent.busy))
        .count("NAK", flooded.refused + silent.refused))
}

/// The measurements of a conversation.
struct Stalled {
    /// The time from the first message until the server dropped the member that does not read.
    dropped: Duration,
    /// The number of messages that were answered with NAK.
    refused: usize,
    /// The p99 of the delivery times between two members before the first member begins to send.
    calm: Duration,
    /// The p99 of the delivery times between two members while another member does not read.
    busy: Duration,
}

/// Runs a conversation. The first member sends, the next two members chat, another member only
/// reads, and the last member does not read.
async fn stall(bed: &Bed, first: usize, bytes: usize, pause: Duration) -> Result<Stalled> {
    let last = first + MEMBERS - 1;
    let mut people = bed.people_with(&bed.dialer, first..last, SignIn::default()).await?;
    let slow = bed.dialer.with_receive_buffer(BUFFER);
    people.extend(bed.people_with(&slow, [last], SignIn::default()).await?);
    let mut boards = gather(&mut people).await?;
    let stalled = boards.pop().context("there are no members")?;
    let rest = boards.split_off(3);
    let mut boards = boards.into_iter();
    let (Some(sender), Some(one), Some(other)) = (boards.next(), boards.next(), boards.next()) else {
        bail!("more members were expected")
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
        // The two members take turns, because each of them must read the messages of the first
        // member.
        pair.reverse();
        sleep(pause).await;
    }
    let (sender, dropped, refused) = flood.await??;
    let listeners = listening.await??;
    listeners.into_iter().chain([sender]).for_each(|board| board.connection.settle());
    Ok(Stalled { dropped, refused, calm: percentile(&calm, 99), busy: percentile(&busy, 99) })
}

/// Sends a text from one member to the other. The receiver skips messages of other members. Returns
/// the delivery time.
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

/// Sends `count` messages. Waits for every answer, and for the BYE of the member that does not
/// read. Returns the time from the first message until the BYE, and the number of refused messages.
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
            bail!(
                "after {PATIENCE:?}, {stalled} is still a member, or only {answered} of {count} messages have answers"
            );
        };
        match next.verb().as_str() {
            "ACK" => answered += 1,
            "NAK" => {
                answered += 1;
                refused += 1;
                // The server may have been handling one message when it queued BYE. So one NAK may
                // arrive after BYE.
                late += usize::from(dropped.is_some());
                ensure!(late <= 1, "{late} messages to the remaining members were refused after BYE");
            }
            "BYE" if next.word(1) == stalled => dropped = Some(begun.elapsed()),
            "MSG" | "JOI" | "IRO" => {}
            _ => bail!("the sender received {}", next.line()),
        }
    }
    sending.await??;
    Ok((board, dropped.context("no BYE")?, refused))
}

/// Lets members read until each of them has received all messages of the sender.
async fn listen(mut boards: Vec<Board>, sender: String, count: usize) -> Result<Vec<Board>> {
    for board in &mut boards {
        for _ in 0..count {
            board.connection.expect(&format!("MSG {sender}")).await?;
        }
    }
    Ok(boards)
}
