//! `swallowtail config ...`: looks at the settings.

use clap::Subcommand;
use swallowtail_site::tls::Tls;

use crate::cli::output::say;
use crate::cli::source::Source;

/// Look at the settings
#[derive(Debug, Subcommand)]
pub(super) enum ConfigCommand {
    /// Say whether a file with settings is good, without starting anything
    ///
    /// Reads the file of --config and the certificates that it names. What is wrong is said with its line, and the
    /// command fails.
    Check,
}

/// Carries out a command.
pub(super) fn run(command: &ConfigCommand, source: &Source) -> anyhow::Result<()> {
    match command {
        ConfigCommand::Check => check(source),
    }
}

/// Whether a server could start with these settings.
fn check(source: &Source) -> anyhow::Result<()> {
    let config = source.config()?;
    // The root of our own is made at the start: nothing is started here.
    Tls::open(&config.tls, None)?;
    match &source.config {
        Some(file) => say(format_args!("{} is good.", file.display())),
        None => say("No file was named with --config: the settings are the defaults."),
    }
    Ok(())
}
