//! The `swallowtail` program.

mod log;

use std::io::IsTerminal;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use swallowtail::cli::{Cli, complain};
use swallowtail_config::LogFormat;
use tracing_subscriber::EnvFilter;

use log::{Format, Inert};

/// The time for which threads may continue after the command has ended.
const LAST_WORK: Duration = Duration::from_secs(1);

fn main() -> ExitCode {
    let cli = Cli::parse();
    let filter = std::env::var("SWALLOWTAIL_LOG").unwrap_or_else(|_| cli.default_log().to_owned());
    let filter = match EnvFilter::try_new(&filter) {
        Ok(filter) => filter,
        Err(error) => return fail(&anyhow::anyhow!("SWALLOWTAIL_LOG is {filter:?}: {error}")),
    };
    let format = match cli.log_format() {
        LogFormat::Json => Format::Json,
        LogFormat::Text if std::io::stderr().is_terminal() => Format::Colors,
        LogFormat::Text => Format::Text,
    };
    let writer = move || Inert::new(std::io::stderr(), format);
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(writer).with_target(false);
    match format {
        Format::Json => log.json().flatten_event(true).init(),
        Format::Text | Format::Colors => log.with_ansi(format == Format::Colors).init(),
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&anyhow::anyhow!("cannot start: {error}")),
    };
    let result = runtime.block_on(cli.run());
    // The command has ended, so nobody needs the results of threads that still run. Without the
    // timeout, a DNS lookup that gets no answer would delay the exit for half a minute.
    runtime.shutdown_timeout(LAST_WORK);
    match result {
        Ok(code) => code,
        Err(error) => fail(&error),
    }
}

/// Prints the error as one sentence, and returns exit code 1. (For invalid flags, clap exits with 2.)
fn fail(error: &anyhow::Error) -> ExitCode {
    complain(error);
    ExitCode::FAILURE
}
