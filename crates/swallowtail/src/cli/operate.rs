//! `swallowtail announce`, `stop` and `move`: commands to a running server.

use crate::cli::output::say;
use crate::cli::source::Source;
use crate::control::{self, Command};

/// Shows a text to everyone who is signed in.
pub(super) fn announce(source: &Source, text: &str) -> anyhow::Result<()> {
    // Control characters would end the line, or make the XML for the clients invalid.
    let text: String = text.chars().map(|char| if char.is_control() { ' ' } else { char }).collect();
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    anyhow::ensure!(!text.is_empty(), "the text is empty; nothing was sent");
    say(send(source, &Command::Announce(text))?);
    Ok(())
}

/// Stops the server after this number of minutes. 0 stops it immediately.
pub(super) fn stop(source: &Source, minutes: u32) -> anyhow::Result<()> {
    send(source, &Command::Stop(minutes))?;
    say(match minutes {
        0 => "The server is stopping.".to_owned(),
        1 => "The server stops in 1 minute. Everyone who is signed in was warned.".to_owned(),
        more => format!("The server stops in {more} minutes. Everyone who is signed in was warned."),
    });
    Ok(())
}

/// Sends everyone who is signed in to another notification server, `host:port`.
pub(super) fn move_to(source: &Source, address: String) -> anyhow::Result<()> {
    let text = format!("Everyone who is signed in was sent to {address}.");
    send(source, &Command::Move(address))?;
    say(text);
    Ok(())
}

/// Sends a command to the server that runs on the data directory, and returns its report.
fn send(source: &Source, command: &Command) -> anyhow::Result<String> {
    let data = source.config()?.data;
    let report = control::send(&data, command)?;
    report.ok_or_else(|| anyhow::anyhow!("no server runs on the data directory {}", data.display()))
}
