//! The `swallowtail` program.

use std::io::IsTerminal;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use swallowtail::cli::{Cli, complain};
use tracing_subscriber::EnvFilter;

/// How long threads may go on when the command has come to its end.
const LAST_WORK: Duration = Duration::from_secs(1);

fn main() -> ExitCode {
    let cli = Cli::parse();
    let filter = std::env::var("SWALLOWTAIL_LOG").unwrap_or_else(|_| cli.default_log().to_owned());
    // What the database library does at each statement is seldom the question; `sqlx=debug` still asks it.
    let filter = match EnvFilter::try_new(format!("sqlx=warn,{filter}")) {
        Ok(filter) => filter,
        Err(error) => return fail(&anyhow::anyhow!("SWALLOWTAIL_LOG is {filter:?}: {error}")),
    };
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(false)
        .init();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&anyhow::anyhow!("cannot start: {error}")),
    };
    let result = runtime.block_on(cli.run());
    // What mattered was waited for; a look-up of a name that nobody answers for would hold the end up for half a
    // minute.
    runtime.shutdown_timeout(LAST_WORK);
    match result {
        Ok(code) => code,
        Err(error) => fail(&error),
    }
}

/// One sentence, and an exit code that is not 0. Wrong flags are 2, which clap says.
fn fail(error: &anyhow::Error) -> ExitCode {
    complain(error);
    ExitCode::FAILURE
}
