//! The program behind `cargo xtask chaos`.

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};
use swallowtail_chaos::runner::{Options, run};
use swallowtail_chaos::{growth, simulation};
use tokio::signal::unix::{SignalKind, signal};

/// The exit code of a program that was ended by Ctrl-C, as shells report it.
const INTERRUPTED: u8 = 130;

/// Breaks a server, and checks that it keeps its promises.
#[derive(Parser)]
#[command(name = "cargo xtask chaos", bin_name = "cargo xtask chaos", args_conflicts_with_subcommands = true)]
struct Cli {
    #[command(flatten)]
    scenarios: Options,
    #[command(subcommand)]
    other: Option<Other>,
}

#[derive(Subcommand)]
enum Other {
    /// Measures whether the server's memory grows while clients come and go
    Growth(growth::Options),
    /// Simulates the messenger and its clients in memory. Each simulated run is called a schedule,
    /// and a seed decides it
    Simulate(simulation::Options),
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let result = match cli.other {
        Some(Other::Simulate(options)) => simulation::run(&options).map(code),
        Some(Other::Growth(options)) => until_interrupted(growth::run(&options)),
        None => until_interrupted(run(&cli.scenarios)),
    };
    result.unwrap_or_else(|error| {
        eprintln!("chaos: {error:#}");
        ExitCode::FAILURE
    })
}

#[tokio::main]
async fn until_interrupted(run: impl Future<Output = Result<bool>>) -> Result<ExitCode> {
    tokio::select! {
        result = run => result.map(code),
        // An interruption drops the future `run` and every server in it. A server that is dropped
        // kills its process.
        () = interrupted() => {
            eprintln!("interrupted");
            Ok(ExitCode::from(INTERRUPTED))
        }
    }
}

/// Returns the exit code of a run. It means success if everything passed.
fn code(passed: bool) -> ExitCode {
    if passed { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Waits for Ctrl-C or SIGTERM.
async fn interrupted() {
    let Ok(mut terminate) = signal(SignalKind::terminate()) else { return std::future::pending().await };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
}
