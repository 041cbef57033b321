//! A recipient whose network is gone, without a FIN or RST (promise 2 of ARCHITECTURE.md).

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use tokio::time::sleep;

use crate::bed::Bed;
use crate::client::{Board, Next, chat, text};
use crate::loss::Loss;
use crate::measured::Measured;
use crate::scenario::Scenario;

const MESSAGES: u32 = 20;
/// The time that all messages take together.
const TIME: Duration = Duration::from_secs(40);
/// The time within which the server must notice that the recipient is gone. It is the TCP user
/// timeout of 20 s, plus the pause before a retransmission.
const DETECTION: Duration = Duration::from_secs(26);
/// The time for which the sender waits for a BYE after an answer.
const AT_ONCE: Duration = Duration::from_millis(100);

pub(super) const SCENARIO: Scenario =
    Scenario::runs("P02", "A recipient loses its network while somebody sends messages to it", |bed| {
        Box::pin(run(bed))
    })
    .accounts(2);

async fn run(bed: &mut Bed) -> Result<Measured> {
    let [mut one, mut other] = [bed.person(0).await?, bed.person(1).await?];
    let [mut board, mut joined] = chat(&mut one, &mut other).await?;
    board.exchange(&mut joined).await?;
    for connection in [&other.notification, &joined.connection] {
        connection.lose(Loss::All)?;
    }
    let pause = bed.size.time(TIME) / MESSAGES;
    let begun = Instant::now();
    let mut seen = Seen::default();
    for _ in 0..MESSAGES {
        seen.send(&mut board, begun).await?;
        sleep(pause).await;
    }
    let bye = seen.bye.context("the server never noticed that the recipient is gone")?;
    ensure!(bye <= DETECTION, "the server noticed only after {bye:?} that the recipient is gone");
    ensure!(seen.acked_after == 0, "{} messages were acknowledged after the BYE", seen.acked_after);
    joined.connection.reset();
    other.notification.reset();
    let measured = Measured::new().count("acknowledged before", seen.acked).count("not delivered", seen.naked);
    Ok(measured.seconds("noticed after", bye))
}

#[derive(Default)]
struct Seen {
    acked: usize,
    acked_after: usize,
    naked: usize,
    /// The time from the first message until the BYE of the recipient.
    bye: Option<Duration>,
}

impl Seen {
    async fn send(&mut self, board: &mut Board, begun: Instant) -> Result<()> {
        let trid = board.post("A", &text("zombie")).await?;
        let answer = board.connection.answer(trid).await?;
        match (answer.verb().as_str(), self.bye) {
            ("ACK", None) => self.acked += 1,
            ("ACK", Some(_)) => self.acked_after += 1,
            ("NAK", _) => self.naked += 1,
            _ => bail!("a message was answered with {}", answer.line()),
        }
        while let Next::Received(received) = board.connection.next_within(AT_ONCE).await {
            if received.verb() == "BYE" {
                self.bye = Some(received.at - begun);
            }
        }
        Ok(())
    }
}
