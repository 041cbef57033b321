//! Faulty settings while the server runs. `config check` must find the faults, and SIGHUP must not harm the server.

use std::fs;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use rustix::process::Signal;
use tokio::time::sleep;

use crate::bed::Bed;
use crate::client::chat;
use crate::measured::Measured;
use crate::scenario::Scenario;

/// Settings with a fault, and the words that `config check` must print for them.
const FAULTY: [(&str, &[&str]); 4] = [
    ("[limits]\ncontacts = \n", &["line 2"]),
    ("[limits]\nwarp_speed = 9\n", &["line 2", "warp_speed"]),
    ("[limits]\nswitchboard_idle = 99999999999\n", &["line 2", "switchboard_idle"]),
    ("[limits]\nexempt = [\"10.0.0.0/99\"]\n", &["line 2", "exempt"]),
];
/// The time that the server gets to handle a signal.
const SETTLE: Duration = Duration::from_millis(200);

pub(super) const SCENARIO: Scenario =
    Scenario::runs("O02", "The server is told to reload faulty settings", |bed| Box::pin(run(bed))).accounts(2).smoke();

async fn run(bed: &mut Bed) -> Result<Measured> {
    let [mut one, mut other] = [bed.person(0).await?, bed.person(1).await?];
    let [mut board, mut joined] = chat(&mut one, &mut other).await?;
    let settings = bed.server.directory().join("settings.toml");
    let path = settings.display().to_string();
    let before = fs::read(&settings)?;
    for (text, parts) in FAULTY {
        fs::write(&settings, text)?;
        let checked = bed.server.command(&["config", "check", "--config", &path]).await?;
        let said = String::from_utf8_lossy(&checked.stderr);
        ensure!(!checked.status.success(), "`config check` accepted {text:?}");
        for part in parts.iter().chain(&[path.as_str()]) {
            ensure!(said.contains(part), "`config check` did not name {part:?} in {text:?}, but said {said:?}");
        }
        bed.server.signal(Signal::HUP)?;
        sleep(SETTLE).await;
        board.exchange(&mut joined).await.with_context(|| format!("after SIGHUP with {text:?}"))?;
    }
    fs::write(&settings, before)?;
    one.notification.before_pong().await?;
    Ok(Measured::new().count("faulty settings", FAULTY.len()))
}
