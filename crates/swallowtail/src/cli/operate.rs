//! `swallowtail announce`, `stop` and `move`: what an operator tells a running server.

use crate::cli::output::say;
use crate::cli::source::Source;
use crate::control::{self, Command};

/// Shows a text to everybody who is signed in.
pub(super) fn announce(source: &Source, text: &str) -> anyhow::Result<()> {
    // One line, whatever the shell made of it.
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    anyhow::ensure!(!text.is_empty(), "there is nothing to tell: the text is empty");
    tell(source, &Command::Announce(text))?;
    say("Everybody who is signed in was told.");
    Ok(())
}

/// Stops the server in so many minutes, or immediately.
pub(super) fn stop(source: &Source, minutes: u32) -> anyhow::Result<()> {
    tell(source, &Command::Stop(minutes))?;
    say(if minutes == 0 { "The server stops." } else { "Everybody who is signed in was warned." });
    Ok(())
}

/// Sends everybody who is signed in to another notification server, `host:port`.
pub(super) fn move_to(source: &Source, address: String) -> anyhow::Result<()> {
    tell(source, &Command::Move(address))?;
    say("Everybody who is signed in was sent there.");
    Ok(())
}

/// Tells the server that runs on the data directory.
fn tell(source: &Source, command: &Command) -> anyhow::Result<()> {
    let data = source.config()?.data;
    let running = control::tell(&data, command)?;
    anyhow::ensure!(running, "no server runs on the data directory {}", data.display());
    Ok(())
}
