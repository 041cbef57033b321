//! The clock of the server jumps. `libfaketime` gives the server a clock that this scenario sets.
//! The monotonic clock stays correct.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use tokio::time::sleep;

use crate::bed::Bed;
use crate::client::{Account, Person, chat};
use crate::measured::Measured;
use crate::scenario::Scenario;
use crate::server::Setup;

/// The path at which Debian installs the library `libfaketime`.
const LIBRARY: &str = "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1";
/// The settings of the clock of the server, one after the other, as offsets from the correct time.
const JUMPS: [&str; 8] = ["+1h", "-1h", "+1d", "-1d", "+3650d", "-3650d", "+0", "+0"];
/// The time for which the server runs with each clock. If the server's timers followed this clock,
/// they would end all sessions within this time.
const STAY: Duration = Duration::from_secs(2);

pub(super) const SCENARIO: Scenario =
    Scenario::runs("T01", "The clock of the server jumps by hours, days and years", |bed| Box::pin(run(bed)))
        .accounts(2)
        .setup(|| Setup {
            environment: vec![
                ("LD_PRELOAD".to_owned(), LIBRARY.to_owned()),
                ("FAKETIME_TIMESTAMP_FILE".to_owned(), clock().display().to_string()),
                ("FAKETIME_NO_CACHE".to_owned(), "1".to_owned()),
                ("FAKETIME_DONT_FAKE_MONOTONIC".to_owned(), "1".to_owned()),
                ("DONT_FAKE_MONOTONIC".to_owned(), "1".to_owned()),
            ],
            ..Setup::default()
        });

/// Returns the path of the file that sets the clock of the server. A process has only one server with such a clock.
fn clock() -> PathBuf {
    std::env::temp_dir().join(format!("swallowtail-chaos-clock-{}", std::process::id()))
}

async fn run(bed: &mut Bed) -> Result<Measured> {
    ensure!(PathBuf::from(LIBRARY).exists(), "{LIBRARY} is missing: install the package faketime");
    let result = jump(bed).await;
    // Without the file, the clock is correct.
    fs::remove_file(clock())?;
    result
}

async fn jump(bed: &mut Bed) -> Result<Measured> {
    let [mut one, mut other] = [bed.person(0).await?, bed.person(1).await?];
    let [mut board, mut joined] = chat(&mut one, &mut other).await?;
    for offset in JUMPS {
        fs::write(clock(), format!("{offset}\n"))?;
        sleep(STAY).await;
        let context = || format!("after the jump {offset}");
        board.exchange(&mut joined).await.with_context(context)?;
        joined.exchange(&mut board).await.with_context(context)?;
        for person in [&mut one, &mut other] {
            person.notification.before_pong().await.with_context(context)?;
        }
        // A new ticket must be valid with this clock.
        bed.dialer.fetch_ticket(&Account::named("canary0")).await.with_context(context)?;
        drop(Person::sign_in(&bed.dialer, &Account::named("canary0")).await.with_context(context)?);
    }
    Ok(Measured::new().count("jumps", JUMPS.len()))
}
