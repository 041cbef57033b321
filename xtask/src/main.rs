//! The project's own tasks, run as `cargo xtask TASK`.
//!
//! `cargo xtask test` runs every check, in continuous integration and before a commit. Most of the
//! other tasks are single steps of `cargo xtask test`.

mod bench;
mod chaos;
mod coverage;
mod deny;
mod fuzz;
mod picture;
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
    /// Runs every check that a change must pass
    Test,
    /// Fails if a file is not formatted
    Fmt,
    /// Runs Clippy on all targets and fails on any warning
    Lint,
    /// Builds the documentation and fails on any warning
    Doc,
    /// Fuzzes one target, or all of them
    Fuzz(fuzz::Options),
    /// Runs the tests of the codec with the address sanitizer
    Sanitize,
    /// Regenerates fuzz/seeds from the golden transcripts and the reference
    Seeds,
    /// Redraws the display picture of the helper account
    Picture,
    /// Regenerates docs/protocol/coverage.md, which lists the verbs of each dialect and the transcripts that show them
    Coverage {
        /// Fail if the page is out of date, instead of writing it
        #[arg(long)]
        check: bool,
    },
    /// Shows dependencies between crates, cycles of files, and the lengths of files and functions
    Structure(structure::Options),
    /// Runs scenarios that break a server, and checks that it keeps its promises (`chaos --help`)
    #[command(disable_help_flag = true)]
    Chaos {
        /// The arguments of the program in crates/chaos, and --release to build and test with optimisations
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Compares the speed of the server with the smallest programs that could do the same work
    /// (`bench --help`)
    #[command(disable_help_flag = true)]
    Bench {
        /// The arguments of the program in crates/bench
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Checks the licences, sources and security advisories of all dependencies
    Deny,
}

fn main() -> ExitCode {
    let result = match Cli::parse().task {
        Task::Test => test(),
        Task::Fmt => fmt(),
        Task::Lint => lint(),
        Task::Doc => doc(),
        Task::Fuzz(options) => tools::for_fuzzing().and_then(|()| fuzz::run(&options)),
        Task::Sanitize => testing::run_with_sanitizer(),
        Task::Seeds => seeds::write(),
        Task::Picture => picture::write(),
        Task::Coverage { check } => coverage::run(check),
        Task::Structure(options) => structure::run(&options),
        Task::Chaos { arguments } => chaos::run(&arguments),
        Task::Bench { arguments } => bench::run(&arguments),
        Task::Deny => tools::for_dependencies().and_then(|()| deny::check()),
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
        .add("dependencies", deny::check)
        .add("lint", lint)
        .add("tests", testing::run)
        .add("tests with tools", testing::run_with_tools)
        .add("chaos", chaos::smoke)
        .add("sanitizer", testing::run_with_sanitizer)
        .add("documentation", doc)
        .add("fuzz", || fuzz::run(&fuzz::Options::check()))
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
