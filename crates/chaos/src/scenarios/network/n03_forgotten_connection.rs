//! A router that forgets a connection after a minute without packets. If a client pings at the
//! interval that the server names, its connection must survive. If a client does not ping, the
//! server must notice the end of its connection.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use tokio::time::sleep;

use crate::bed::Bed;
use crate::client::{Next, befriend};
use crate::loss::Loss;
use crate::measured::Measured;
use crate::scenario::Scenario;

/// The time after which the router forgets a connection without packets.
const FORGOTTEN: Duration = Duration::from_secs(60);
/// The time within which the server must notice the end of a connection. It includes 60 s until the
/// keepalive probes, the TCP user timeout of 20 s, and pauses before retransmissions. Without the
/// probes, a session may be silent for three minutes (ns.md section 2).
const DETECTION: Duration = Duration::from_secs(130);

pub(super) const SCENARIO: Scenario =
    Scenario::runs("N03", "A router forgets a connection after a minute of silence", |bed| Box::pin(run(bed)))
        .accounts(2);

async fn run(bed: &mut Bed) -> Result<Measured> {
    let mut silent = bed.person(0).await?;
    let mut friend = bed.person(1).await?;
    befriend(&mut silent, &mut friend).await?;
    let begun = Instant::now();
    let interval = ping(&mut friend.notification).await?;
    ensure!(interval < FORGOTTEN, "the server asks for a ping each {interval:?}, so routers forget the connection");
    // From here on, the silent client sends no packet.
    sleep(FORGOTTEN.checked_sub(begun.elapsed()).unwrap_or_default().min(interval)).await;
    ping(&mut friend.notification).await?;
    sleep(FORGOTTEN.checked_sub(begun.elapsed()).unwrap_or_default()).await;
    silent.notification.lose(Loss::All)?;
    let offline = loop {
        let deadline = begun + DETECTION;
        match friend.notification.next_before(deadline.min(Instant::now() + interval / 2)).await {
            Next::Received(line) if line.starts_with(&format!("FLN {}", silent.handle())) => break line.at - begun,
            Next::Received(_) => {}
            Next::Ended => anyhow::bail!("the client that sends pings was signed out"),
            Next::Nothing => {
                ensure!(
                    Instant::now() < deadline,
                    "the forgotten connection is still open after {:.0?}",
                    begun.elapsed()
                );
                friend.notification.send_bytes(b"PNG\r\n").await?;
            }
        }
    };
    silent.notification.reset();
    Ok(Measured::new().seconds("ping interval", interval).seconds("shown offline after", offline))
}

/// Sends a ping. Returns the time within which the server expects the next ping.
async fn ping(connection: &mut crate::client::Connection) -> Result<Duration> {
    connection.send_bytes(b"PNG\r\n").await?;
    let answer = connection.expect("QNG").await?;
    let seconds = answer.word(1).parse().with_context(|| format!("the server sent {}", answer.line()))?;
    Ok(Duration::from_secs(seconds))
}
