//! Fuzzing on the stable toolchain.
//!
//! Stable compiler flags are enough for libFuzzer's coverage. Only the address sanitizer would need a nightly compiler.
//! The project's code has no `unsafe`, and the targets look for panics and broken guarantees, so they run without the
//! sanitizer.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};

use crate::shell::{Cargo, root};

/// Total time for all targets in `cargo xtask test`, in seconds.
pub(crate) const MINUTE: u64 = 60;
/// Compiler settings for the targets. Sixteen codegen units build in half the time of one, and run fast enough.
const BUILD: [&str; 4] = ["--sanitizer", "none", "--codegen-units", "16"];
/// The time limit for one input, in seconds. A slower input counts as a failure.
const TOO_SLOW: u64 = 10;

/// Builds all targets, then runs one of them for `seconds`, or each in turn for an equal share.
pub(crate) fn run(only: Option<&str>, seconds: u64) -> Result<()> {
    let all = targets()?;
    let chosen: Vec<_> = all.iter().filter(|target| only.is_none_or(|only| *target == only)).collect();
    if chosen.is_empty() {
        bail!("unknown target; choose one of: {}", all.join(", "));
    }
    Cargo::new(["fuzz", "build"]).args(BUILD).run()?;
    let share = (seconds / chosen.len() as u64).max(1);
    for target in chosen {
        fuzz(target, share)?;
    }
    Ok(())
}

fn targets() -> Result<Vec<String>> {
    let list = Cargo::new(["fuzz", "list"]).output()?;
    let is_target = |line: &&str| root().join(format!("fuzz/targets/{line}.rs")).is_file();
    Ok(list.lines().filter(is_target).map(str::to_owned).collect())
}

fn fuzz(target: &str, seconds: u64) -> Result<()> {
    let (corpus, seeds) = (format!("fuzz/corpus/{target}"), format!("fuzz/seeds/{target}"));
    fs::create_dir_all(root().join(&corpus)).context("could not create the folder of the corpus")?;
    if !root().join(&seeds).is_dir() {
        bail!("{seeds} is missing: run `cargo xtask seeds`");
    }
    println!("fuzzing {target} for {seconds} s");
    let before = findings(target);
    let (time, timeout) = (format!("-max_total_time={seconds}"), format!("-timeout={TOO_SLOW}"));
    let run = Cargo::new(["fuzz", "run"]).args(BUILD).args([target, corpus.as_str(), &seeds]);
    let run = run.args(["--", time.as_str(), &timeout, "-verbosity=0", "-print_final_stats=1"]);
    let said = run.output().with_context(|| {
        let found: Vec<_> = findings(target).difference(&before).map(|path| path.display().to_string()).collect();
        let inputs = if found.is_empty() { "no input was written".to_owned() } else { found.join(", ") };
        format!("{target} failed on: {inputs}; to reproduce: cargo fuzz run --sanitizer none {target} INPUT")
    })?;
    let runs = said.lines().find_map(|line| line.strip_prefix("stat::number_of_executed_units:"));
    println!("  {} inputs, none failed", runs.context("the output of libFuzzer has no number of runs")?.trim());
    Ok(())
}

/// Returns the paths of all inputs that have failed so far.
fn findings(target: &str) -> BTreeSet<PathBuf> {
    let folder = fs::read_dir(root().join("fuzz/artifacts").join(target));
    folder.into_iter().flatten().flatten().map(|entry| entry.path()).collect()
}
