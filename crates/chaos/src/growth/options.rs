//! The options of `cargo xtask chaos growth`.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Result;
use clap::{Args, ValueEnum};

use super::kind::Kind;
use crate::server;

/// The kinds of visits to measure, and the duration.
#[derive(Args, Debug)]
pub struct Options {
    /// The kinds of visits to measure at the same time, each with a server of its own (default: all
    /// kinds)
    kinds: Vec<Kind>,
    /// How long to measure, in minutes
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..))]
    minutes: u64,
    /// Print the report as JSON on standard output, and everything else on standard error
    #[arg(long)]
    pub(super) json: bool,
    /// The server's program (default: the one that was built together with this program)
    #[arg(long)]
    program: Option<PathBuf>,
}

impl Options {
    pub(super) fn kinds(&self) -> Vec<Kind> {
        if self.kinds.is_empty() { Kind::value_variants().to_vec() } else { self.kinds.clone() }
    }

    pub(super) const fn time(&self) -> Duration {
        Duration::from_secs(self.minutes * 60)
    }

    pub(super) fn program(&self) -> Result<PathBuf> {
        server::program(self.program.as_deref())
    }
}
