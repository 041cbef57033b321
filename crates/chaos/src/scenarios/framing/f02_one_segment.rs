//! A client that sends everything without waiting for answers.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use crate::bed::Bed;
use crate::client::{Account, Next, SignIn};
use crate::measured::Measured;
use crate::scenario::Scenario;

/// The time for which the second half of the last command is missing.
const PAUSE: Duration = Duration::from_secs(5);
/// The last command in two halves. The TrID is the next one after the TrIDs of the sign-in.
const HALVES: [&str; 2] = ["XFR 7 ", "SB\r\n"];

pub(super) const SCENARIO: Scenario = Scenario::runs(
    "F02",
    "A whole sign-in arrives in one segment with half of the next command, and the other half 5 s later",
    |bed| Box::pin(run(bed)),
)
.accounts(1)
.smoke();

async fn run(bed: &mut Bed) -> Result<Measured> {
    let account = Account::numbered(0);
    let ticket = bed.dialer.ticket(&account).await?;
    let commands = SignIn::default().commands(&account.handle, &ticket);
    let mut connection = bed.dialer.notification().await?;
    let sender = connection.sender();
    for command in &commands {
        // The commands already contain these TrIDs, so the sender only has to count them.
        let _ = sender.next_trid();
        sender.note_sent(command, b"");
    }
    sender.send_bytes(format!("{}\r\n{}", commands.join("\r\n"), HALVES[0]).as_bytes()).await?;
    let mut answered = Vec::new();
    let deadline = Instant::now() + PAUSE;
    while let Next::Received(received) = connection.next_before(deadline).await {
        ensure!(received.code().is_none(), "the server sent {}", received.line());
        // A line with the TrID 0 is not an answer.
        answered.extend(received.word(1).parse::<u32>().ok().filter(|trid| *trid > 0));
    }
    ensure!(!connection.has_ended(), "the server closed the connection while half a command was missing");
    ensure!(answered == [1, 2, 3, 4, 5, 6], "the commands 1 to 6 were answered in the order {answered:?}");
    sender.send_bytes(HALVES[1].as_bytes()).await?;
    let begun = Instant::now();
    let transfer = connection.expect("XFR 7 SB").await;
    let transfer = transfer.context("the server did not carry out the command that arrived in two halves")?;
    bed.dialer.keep_secret(&transfer.word(5));
    Ok(Measured::new().count("answers in order", answered.len()).millis("second half", transfer.at - begun))
}
