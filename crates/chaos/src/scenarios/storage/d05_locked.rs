//! Another program locks the database for a while.

use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use tokio::io::AsyncReadExt;
use tokio::process::{Child, Command};
use tokio::time::sleep;

use crate::bed::Bed;
use crate::client::{Account, befriend, chat};
use crate::measured::Measured;
use crate::scenario::Scenario;

/// The time for which the database is locked.
const LOCKED: Duration = Duration::from_secs(15);
/// The time within which an edit must be refused. The store waits 5 s for a lock.
const REFUSAL: Duration = Duration::from_secs(15);
/// The time for which edits may still fail after the lock is gone.
const RECOVERY: Duration = Duration::from_secs(10);
/// The script that locks a database until standard input ends.
const LOCK: &str = "import sqlite3, sys\nc = sqlite3.connect(sys.argv[1], isolation_level=None)\n\
                    c.execute('begin immediate')\nprint('locked', flush=True)\nsys.stdin.read()\n";
/// The error for an edit that cannot be stored (errors.md).
const NOT_STORED: u16 = 603;

pub(super) const SCENARIO: Scenario =
    Scenario::runs("D05", "The database is locked for a while", |bed| Box::pin(run(bed))).accounts(4);

async fn run(bed: &mut Bed) -> Result<Measured> {
    let [mut one, mut other] = [bed.person(0).await?, bed.person(1).await?];
    befriend(&mut one, &mut other).await?;
    let [mut board, mut joined] = chat(&mut one, &mut other).await?;
    let locked = Instant::now();
    let lock = lock(&bed.server.data().join("swallowtail.db")).await?;
    let begun = Instant::now();
    let trid = one.notification.send("ADC", &format!("AL N={}", Account::numbered(2).handle)).await?;
    // While the edit waits, chats and presence must work, and people must be able to sign in.
    board.exchange(&mut joined).await?;
    other.notification.done("CHG", "BSY 0").await?;
    one.notification.expect(&format!("NLN BSY {}", other.handle())).await?;
    drop(bed.person(3).await.context("a sign-in while the database is locked")?);
    let answer = one.notification.answer(trid).await?;
    let refused = begun.elapsed();
    ensure!(answer.code() == Some(NOT_STORED), "the edit was answered with {}", answer.line());
    ensure!(refused <= REFUSAL, "the edit was refused only after {refused:.1?}");
    sleep(bed.size.time(LOCKED).checked_sub(locked.elapsed()).unwrap_or_default()).await;
    drop(lock);
    let begun = Instant::now();
    while one.notification.ask("ADC", &format!("AL N={}", Account::numbered(3).handle)).await?.code().is_some() {
        ensure!(begun.elapsed() < RECOVERY, "edits still fail {:.0?} after the end of the lock", begun.elapsed());
        sleep(Duration::from_millis(200)).await;
    }
    board.exchange(&mut joined).await?;
    Ok(Measured::new().seconds("edit refused after", refused).millis("first edit after", begun.elapsed()))
}

/// Locks the database until the returned process is dropped.
async fn lock(database: &Path) -> Result<Child> {
    let mut command = Command::new("python3");
    command.args(["-c", LOCK]).arg(database).stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
    let mut child = command.spawn().context("python3 cannot be started")?;
    let output = child.stdout.as_mut().context("python3 has no output")?;
    let mut said = [0; 6];
    output.read_exact(&mut said).await.context("python3 did not lock the database")?;
    Ok(child)
}
