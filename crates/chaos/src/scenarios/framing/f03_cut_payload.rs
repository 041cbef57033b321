//! Messages whose bodies look like commands. Each message is sent in two parts, and is cut at every
//! possible place in turn.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use tokio::time::sleep;

use crate::bed::Bed;
use crate::client::{Board, Connection, MARK, chat};
use crate::measured::Measured;
use crate::scenario::Scenario;

/// The pause between the two parts of a message. It is long enough for the server to read the first
/// part.
const PAUSE: Duration = Duration::from_millis(2);
/// The distance between two places at which messages are cut, in bytes, at a scale of 100 %.
const STEP: usize = 1;

pub(super) const SCENARIO: Scenario =
    Scenario::runs("F03", "A message is cut at every offset, and its body looks like commands", |bed| {
        Box::pin(run(bed))
    })
    .accounts(2)
    .smoke();

async fn run(bed: &mut Bed) -> Result<Measured> {
    let [mut one, mut other] = [bed.person(0).await?, bed.person(1).await?];
    let [mut board, mut joined] = chat(&mut one, &mut other).await?;
    // After this exchange, neither member has anything else to read.
    board.exchange(&mut joined).await?;
    let length = command(0, 0).1.len();
    let step = (STEP * 100 / bed.size.percent().max(1) as usize).max(1);
    let mut cuts = 0;
    for cut in (0..=length).step_by(step) {
        send_cut(&mut board.connection, cut).await.with_context(|| format!("cut at {cut}"))?;
        receive(&mut joined, cut).await.with_context(|| format!("cut at {cut}"))?;
        cuts += 1;
    }
    // No command in the bodies was carried out: the two members are still there.
    board.exchange(&mut joined).await?;
    joined.exchange(&mut board).await?;
    Ok(Measured::new().count("cuts", cuts).count("longest", length))
}

/// Returns a payload, and the whole command that contains the payload.
fn command(trid: u32, cut: usize) -> (Vec<u8>, Vec<u8>) {
    let payload = format!(
        "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=UTF-8\r\n\r\n{MARK} {cut:04}\r\nMSG 7 N 5\r\nhello\r\n\
         OUT\r\n\r\nCAL 8 mallory@example.com\r\nMSG 9 U 9999999\r\n\r\n\r\nQNG\r\n\r\nOUT"
    );
    let line = format!("MSG {trid} A {}\r\n", payload.len());
    let whole = [line.as_bytes(), payload.as_bytes()].concat();
    (payload.into_bytes(), whole)
}

async fn send_cut(connection: &mut Connection, cut: usize) -> Result<()> {
    let sender = connection.sender();
    let trid = sender.next_trid();
    let (payload, whole) = command(trid, cut);
    sender.note_sent(&format!("MSG {trid} A {}", payload.len()), &payload);
    let (first, rest) = whole.split_at(cut.min(whole.len()));
    sender.send_bytes(first).await?;
    sleep(PAUSE).await;
    sender.send_bytes(rest).await?;
    let answer = connection.answer(trid).await?;
    ensure!(answer.verb() == "ACK", "the message was answered with {}", answer.line());
    Ok(())
}

async fn receive(joined: &mut Board, cut: usize) -> Result<()> {
    let message = joined.connection.next().await?;
    ensure!(message.verb() == "MSG", "{} arrived instead of the message", message.line());
    ensure!(message.payload() == command(0, cut).0, "another message arrived");
    Ok(())
}
