//! The project's own tasks, run as `cargo xtask TASK`.
//!
//! `cargo xtask test` is the one command behind everything: continuous integration runs it, and so does whoever changes
//! the code. The others are its steps, alone.

mod coverage;
mod deny;
mod fuzz;
mod seeds;
mod shell;
mod steps;
mod structure;
mod testing;
mod tools;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use shell::Cargo;
use steps::Steps;

/// The project's own tasks.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Everything that must pass before a change goes in
    Test,
    /// Fails if a file is not formatted
    Fmt,
    /// Clippy over all targets, warnings denied
    Lint,
    /// Builds the documentation, warnings denied
    Doc,
    /// Fuzzes one target, or all of them in turn
    Fuzz {
        /// One of the files in fuzz/targets, without `.rs`
        target: Option<String>,
        /// How long, for all targets together
        #[arg(long, default_value_t = fuzz::MINUTE)]
        seconds: u64,
    },
    /// Writes fuzz/seeds anew from the golden transcripts
    Seeds,
    /// Writes docs/protocol/coverage.md: which verbs are spoken in which dialect, and which transcript shows it
    Coverage {
        /// Fails if the page is not what would be written
        #[arg(long)]
        check: bool,
    },
    /// Shows dependencies between crates, cycles of files, and the lengths of files and functions
    Structure(structure::Options),
    /// Checks the licences, the sources and the known faults of what we depend on
    Deny,
}

fn main() -> ExitCode {
    let result = match Cli::parse().task {
        Task::Test => test(),
        Task::Fmt => fmt(),
        Task::Lint => lint(),
        Task::Doc => doc(),
        Task::Fuzz { target, seconds } => tools::for_fuzzing().and_then(|()| fuzz::run(target.as_deref(), seconds)),
        Task::Seeds => seeds::write(),
        Task::Coverage { check } => coverage::run(check),
        Task::Structure(options) => structure::run(&options),
        Task::Deny => deny::check(),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nxtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn test() -> anyhow::Result<()> {
    Steps::new()
        .add("tools", tools::for_everything)
        .add("format", fmt)
        .add("coverage", || coverage::run(true))
        .add("structure", || structure::run(&structure::Options::check()))
        .add("lint", lint)
        .add("tests", testing::run)
        .add("tests with tools", testing::run_with_tools)
        .add("documentation", doc)
        .add("fuzz", || fuzz::run(None, fuzz::MINUTE))
        .run()
}

fn fmt() -> anyhow::Result<()> {
    Cargo::new(["fmt", "--all", "--check"]).run()?;
    Cargo::new(["fmt", "--manifest-path", "fuzz/Cargo.toml", "--check"]).run()
}

fn lint() -> anyhow::Result<()> {
    Cargo::new(["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]).run()
}

fn doc() -> anyhow::Result<()> {
    Cargo::new(["doc", "--no-deps", "--workspace"]).env("RUSTDOCFLAGS", "-D warnings").run()
}
