//! The texts of users in the output of the operator's commands.

use anyhow::{Result, ensure};

use super::texts::{HOSTILE, is_inert};
use crate::bed::Bed;

/// Runs commands whose output contains texts of users or of the operator. Returns the number of
/// commands.
pub(super) async fn check(bed: &Bed) -> Result<usize> {
    let settings = bed.server.directory().join("hostile.toml");
    std::fs::write(&settings, format!("[limits]\n\"{HOSTILE}\" = 3\n"))?;
    let settings = settings.display().to_string();
    let missing = format!("/nowhere/{HOSTILE}");
    let commands: [&[&str]; 9] = [
        &["account", "list"],
        &["account", "list", "--json"],
        &["invite", "add", "--note", HOSTILE],
        &["invite", "list"],
        &["invite", "list", "--json"],
        &["announce", HOSTILE],
        &["config", "check", "--config", &settings],
        &["config", "check", "--config", &missing],
        &["account", "import", &missing],
    ];
    let mut shown = 0;
    for command in commands {
        let output = bed.server.command(command).await?;
        let said = [output.stdout, output.stderr].concat();
        is_inert(&command.join(" "), &said)?;
        let said = String::from_utf8_lossy(&said);
        shown += usize::from(said.contains("\\u{202e}") || said.contains("\\u202e"));
    }
    ensure!(shown >= 6, "only {shown} commands showed the text");
    Ok(commands.len())
}
