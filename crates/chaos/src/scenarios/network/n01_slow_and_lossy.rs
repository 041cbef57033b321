//! A client with a modem on a bad line, which is slow, delays packets, and loses packets in both
//! directions.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use crate::bed::Bed;
use crate::client::{Account, Person, chat};
use crate::loss::Loss;
use crate::measured::{Measured, percentile};
use crate::proxy::{Faults, Line};
use crate::scenario::Scenario;

/// The rate of the line, in bytes a second. It is that of a modem with 56 kbit/s.
const RATE: u32 = 7000;
/// The delay in each direction, which is half of the round-trip time.
const DELAY: Duration = Duration::from_millis(150);
const JITTER: Duration = Duration::from_millis(50);
const LOSS: u8 = 5;
/// The time within which a sign-in must succeed.
const SIGN_IN: Duration = Duration::from_secs(20);
/// The number of messages that are sent in each direction.
const MESSAGES: usize = 10;

pub(super) const SCENARIO: Scenario =
    Scenario::runs("N01", "The network is slow, delays packets and loses packets", |bed| Box::pin(run(bed)))
        .accounts(2);

async fn run(bed: &mut Bed) -> Result<Measured> {
    let line = Line { rate: Some(RATE), delay: DELAY, jitter: JITTER, loss: Loss::Percent(LOSS), ..Line::default() };
    let (dialer, _proxies) = bed.through_proxies(Faults::both(line)).await?;
    let begun = Instant::now();
    let mut one = Person::sign_in(&dialer, &Account::numbered(0)).await?;
    let signed_in = begun.elapsed();
    ensure!(signed_in <= SIGN_IN, "the sign-in took {signed_in:.1?}");
    let mut other = Person::sign_in(&dialer, &Account::numbered(1)).await?;
    let [mut board, mut joined] = chat(&mut one, &mut other).await?;
    let mut times = Vec::new();
    for _ in 0..MESSAGES {
        times.push(board.exchange(&mut joined).await?);
        times.push(joined.exchange(&mut board).await?);
    }
    for person in [&mut one, &mut other] {
        person.notification.before_pong().await.context("a session ended on a slow network")?;
    }
    let measured = Measured::new().seconds("sign-in", signed_in).count("messages", times.len());
    Ok(measured.millis("p50", percentile(&times, 50)).millis("longest", percentile(&times, 100)))
}
