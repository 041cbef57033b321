//! `swallowtail store ...`: checks the database.

use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Subcommand;
use swallowtail_store::database::{CheckStep, Checked, check};

use crate::cli::output::{escaped, json, say};
use crate::cli::progress::Progress;

/// Check the database
#[derive(Debug, Subcommand)]
pub(super) enum StoreCommand {
    /// Check the database for damage
    ///
    /// Reads every page, index and reference of the database, and every account with its lists. The check takes longer
    /// than the quick check at each start of the server, and finds more. The check also works while
    /// a server is running. It does not change the database, except that it upgrades a database of
    /// an older version, as all commands do.
    ///
    /// Exit code: 0 if the database is intact, 1 if it is damaged or cannot be opened.
    Check {
        /// Print the result as JSON: database, bytes, accounts, seconds, ok, faults
        #[arg(long)]
        json: bool,
    },
}

/// Carries out a command on the data directory `data`.
///
/// # Errors
/// Returns one sentence that names the cause.
pub(super) async fn run(command: &StoreCommand, data: &Path) -> anyhow::Result<ExitCode> {
    let StoreCommand::Check { json } = command;
    let begun = Instant::now();
    let checked = checked(data).await?;
    let took = begun.elapsed();
    say(if *json { as_json(&checked, took)? } else { as_text(&checked, took) });
    Ok(if checked.faults.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Checks the database and shows the progress.
async fn checked(data: &Path) -> anyhow::Result<Checked> {
    let progress = Progress::start();
    let report = |step| match step {
        CheckStep::Pages { bytes } => progress.step(format!("Checking {bytes} bytes of pages and indexes"), None),
        CheckStep::References => progress.step("Checking references", None),
        CheckStep::Accounts { done: 0, all } => progress.step("Reading accounts", Some(all)),
        CheckStep::Accounts { done, .. } => progress.set(done),
    };
    Ok(check(data, report).await?)
}

fn as_text(checked: &Checked, took: Duration) -> String {
    let Checked { path, bytes, accounts, faults } = checked;
    let path = path.display();
    if faults.is_empty() {
        let seconds = took.as_secs_f64();
        let accounts = if *accounts == 1 { "1 account".to_owned() } else { format!("{accounts} accounts") };
        return format!("{path}: OK. {accounts} in {bytes} bytes, checked in {seconds:.1} s.");
    }
    let faults: String = faults.iter().map(|fault| format!("  {}\n", escaped(fault))).collect();
    format!(
        "{path} is damaged:\n{faults}Stop the server, keep a copy of the database, and restore it from a backup \
         (docs/operator.md, \"A damaged database\")."
    )
}

fn as_json(checked: &Checked, took: Duration) -> serde_json::Result<String> {
    let Checked { path, bytes, accounts, faults } = checked;
    json(&serde_json::json!({
        "database": path.display().to_string(),
        "bytes": bytes,
        "accounts": accounts,
        "seconds": took.as_secs_f64(),
        "ok": faults.is_empty(),
        "faults": faults,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(faults: &[&str]) -> Checked {
        let faults = faults.iter().map(|fault| (*fault).to_owned()).collect();
        Checked { path: "data/swallowtail.db".into(), bytes: 90_112, accounts: 40, faults }
    }

    #[test]
    fn the_result_of_store_check_names_the_database_and_lists_every_fault() {
        let took = Duration::from_millis(120);
        let intact = as_text(&checked(&[]), took);
        assert_eq!(intact, "data/swallowtail.db: OK. 40 accounts in 90112 bytes, checked in 0.1 s.");
        let damaged = as_text(&checked(&["one", "two"]), took);
        assert!(damaged.starts_with("data/swallowtail.db is damaged:\n  one\n  two\nStop the server"), "{damaged}");
        let expected = r#"{"database":"data/swallowtail.db","bytes":90112,"accounts":40,"seconds":0.12,"ok":false,"faults":["one"]}"#;
        let parsed = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
        assert_eq!(parsed(&as_json(&checked(&["one"]), took).unwrap()), parsed(expected));
    }
}
