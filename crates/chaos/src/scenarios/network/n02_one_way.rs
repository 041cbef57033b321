//! A network that loses everything from the server to a client. The client still sends.

use std::time::{Duration, Instant};

use anyhow::{Result, bail, ensure};
use tokio::time::sleep;

use crate::bed::Bed;
use crate::client::{Account, Person, befriend};
use crate::loss::Loss;
use crate::measured::Measured;
use crate::proxy::{Faults, Line};
use crate::scenario::Scenario;

/// The time within which the server must notice the loss. It is the TCP user timeout of 20 s, plus
/// the pause before a retransmission.
const DETECTION: Duration = Duration::from_secs(26);
/// The pause between two pings of the client that receives nothing.
const PING: Duration = Duration::from_secs(1);

pub(super) const SCENARIO: Scenario =
    Scenario::runs("N02", "The network loses everything in one direction", |bed| Box::pin(run(bed))).accounts(2);

async fn run(bed: &mut Bed) -> Result<Measured> {
    let (dialer, proxies) = bed.through_proxies(Faults::default()).await?;
    let mut deaf = Person::sign_in(&dialer, &Account::numbered(0)).await?;
    let mut friend = bed.person(1).await?;
    befriend(&mut deaf, &mut friend).await?;
    friend.notification.before_pong().await?;
    let down = Line { loss: Loss::All, ..Line::default() };
    proxies.iter().for_each(|proxy| proxy.set(Faults { down, ..Faults::default() }));
    let sender = deaf.notification.sender();
    let pinging = tokio::spawn(async move {
        // A closed connection ends this loop.
        while sender.send_bytes(b"PNG\r\n").await.is_ok() {
            sleep(PING).await;
        }
    });
    let begun = Instant::now();
    let offline = loop {
        let lines = friend.notification.before_pong().await?;
        if let Some(line) = lines.iter().find(|line| line.starts_with(&format!("FLN {}", deaf.handle()))) {
            break line.at - begun;
        }
        if begun.elapsed() > DETECTION {
            bail!("the contact is still shown online after {:.0?}", begun.elapsed());
        }
        sleep(Duration::from_millis(100)).await;
    };
    pinging.abort();
    deaf.notification.reset();
    ensure!(offline > PING, "the contact was shown offline after {offline:?}, before anything was lost");
    Ok(Measured::new().seconds("shown offline after", offline))
}
