//! The program behind `cargo xtask bench`.
//!
//! Each of the [`cases`] measures a running server with clients in this process. Where it makes
//! sense, the same clients also measure a [`floor`]: the smallest program that could do the same
//! work. Floor and server take turns, so other load on the machine affects both. [`report`] prints
//! the medians, the ratio of server and floor, and how much the rounds differ.

mod bench;
mod case;
mod cases;
mod data;
mod floor;
mod options;
mod person;
mod report;
mod run;
mod series;
mod wire;

use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;
use tokio::signal::unix::{SignalKind, signal};

use options::{Command, Options};

/// The exit code of a program that was ended by Ctrl-C, as shells report it.
const INTERRUPTED: u8 = 130;

#[tokio::main]
async fn main() -> ExitCode {
    let options = Options::parse();
    let run = async {
        match options.command {
            Some(Command::Floor { kind }) => floor::serve(kind).await.map(|()| true),
            None => run::run(&options).await,
        }
    };
    tokio::select! {
        result = run => code(result),
        // An interruption drops the future `run` and every server in it. A server that is dropped
        // kills its process.
        () = interrupted() => {
            eprintln!("interrupted");
            ExitCode::from(INTERRUPTED)
        }
    }
}

fn code(result: Result<bool>) -> ExitCode {
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("bench: {error:#}");
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
