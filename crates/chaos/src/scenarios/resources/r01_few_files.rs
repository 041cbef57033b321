//! The number of clients that connect is larger than the number of files that the server may open.
//! People who are already connected must stay connected. The server must not use a whole processor,
//! and the commands of the operator must work.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::bed::Bed;
use crate::client::chat;
use crate::measured::Measured;
use crate::scenario::Scenario;
use crate::server::Setup;

/// The number of files (including connections) that the server may open.
const FILES: usize = 256;
/// The number of clients that connect.
const CLIENTS: usize = 1000;
/// The time for which a client tries to connect.
const PATIENCE: Duration = Duration::from_secs(2);
/// The time for which the processor time is measured.
const WATCHED: Duration = Duration::from_secs(5);
/// The largest share of one processor that the server may use.
const SHARE: f64 = 0.5;

pub(super) const SCENARIO: Scenario =
    Scenario::runs("R01", "The server may open 256 files, and a thousand clients connect", |bed| Box::pin(run(bed)))
        .accounts(2)
        .setup(|| Setup {
            wrapper: ["prlimit".to_owned(), format!("--nofile={FILES}:{FILES}")].into(),
            ..Setup::default()
        });

async fn run(bed: &mut Bed) -> Result<Measured> {
    let [mut one, mut other] = [bed.person(0).await?, bed.person(1).await?];
    let [mut board, mut joined] = chat(&mut one, &mut other).await?;
    let addresses = *bed.server.addresses();
    let mut opening = JoinSet::new();
    for number in 0..CLIENTS {
        let to = [addresses.notification, addresses.switchboard, addresses.http][number % 3];
        opening.spawn(async move { timeout(PATIENCE, TcpStream::connect(to)).await });
    }
    // The kernel completes some connections that the server has not accepted yet. All further
    // attempts to connect fail.
    let open: Vec<_> = opening.join_all().await.into_iter().flatten().flatten().collect();
    let before = bed.server.figures()?.processor_seconds;
    sleep(WATCHED).await;
    let figures = bed.server.figures()?;
    // The two people of rule G5, who chat during the whole scenario, cause some of this processor
    // time.
    let share = (figures.processor_seconds - before) / WATCHED.as_secs_f64();
    ensure!(
        share < SHARE,
        "the server uses {:.0} % of a processor, although it cannot accept connections",
        share * 100.0
    );
    ensure!(figures.files <= FILES, "the server has {} open files", figures.files);
    bed.server.command_done(&["announce", "No more files"]).await.context("the operator's command failed")?;
    board.exchange(&mut joined).await.context("a conversation ended")?;
    one.notification.before_pong().await.context("a session ended")?;
    let measured = Measured::new().count("connected", open.len()).count("open files", figures.files);
    Ok(measured.figure("processor", share * 100.0, "%"))
}
