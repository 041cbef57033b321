//! The program behind `cargo xtask chaos`.

use std::process::ExitCode;

use clap::Parser;
use swallowtail_chaos::runner::{Options, run};
use tokio::signal::unix::{SignalKind, signal};

/// The exit code of a program that was ended by Ctrl-C, as shells report it.
const INTERRUPTED: u8 = 130;

#[tokio::main]
async fn main() -> ExitCode {
    let options = Options::parse();
    let result = tokio::select! {
        result = run(&options) => result,
        // Everything that runs is dropped, so the servers are killed.
        () = interrupted() => {
            eprintln!("interrupted");
            return ExitCode::from(INTERRUPTED);
        }
    };
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("chaos: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Waits for Ctrl-C or SIGTERM.
async fn interrupted() {
    let Ok(mut terminate) = signal(SignalKind::terminate()) else { return std::future::pending().await };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
}
