//! The command line.

use std::path::PathBuf;

use clap::{Parser, Subcommand};

use crate::floor::Kind;

/// Compares the speed of the server with the smallest programs that could do the same work.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask bench", bin_name = "cargo xtask bench", args_conflicts_with_subcommands = true)]
pub(crate) struct Options {
    /// The cases to measure (default: all of them)
    #[arg(value_name = "CASE")]
    pub(crate) cases: Vec<String>,
    /// The number of times to measure everything. The table shows the medians
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=100))]
    pub(crate) rounds: u32,
    /// Measure small sizes for a short time. Fails if a ratio of server and floor is much worse than the recorded one
    #[arg(long)]
    pub(crate) smoke: bool,
    /// With --smoke, record the ratios instead of comparing them with the recorded ones
    #[arg(long, requires = "smoke", conflicts_with = "cases")]
    pub(crate) record: bool,
    /// List the cases
    #[arg(long)]
    pub(crate) list: bool,
    /// Also write the figures of every round to this file, as JSON
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
    /// Also draw the ratios of server and floor into this file, as SVG
    #[arg(long, value_name = "FILE")]
    pub(crate) plot: Option<PathBuf>,
    /// The server's program (default: the one that was built together with this program)
    #[arg(long, value_name = "FILE")]
    pub(crate) program: Option<PathBuf>,
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Runs a floor until standard input ends. The bench starts such processes by itself
    #[command(hide = true)]
    Floor {
        /// Which floor to run
        kind: Kind,
    },
}
