//! Fuzzing on the stable toolchain.
//!
//! Stable compiler flags are enough for libFuzzer's coverage. The code that is fuzzed has no `unsafe`,
//! so targets usually run without a sanitizer, and look for panics and broken guarantees.
//! `--sanitizer` adds the address sanitizer, for the dependencies that do use `unsafe`.

mod folders;
mod found;
mod options;
mod said;

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::sync::Mutex;
use std::thread;

use anyhow::{Context, Result, bail, ensure};

use crate::shell::{Cargo, root};
use folders::{corpus, seeds};
pub(crate) use options::Options;
use said::Said;

/// The time limit for one input, in seconds. A slower input counts as a failure.
const TOO_SLOW: u64 = 10;

/// Builds all targets, and then runs the targets that the options select.
pub(crate) fn run(options: &Options) -> Result<()> {
    let all = targets()?;
    let wanted = |target: &&String| options.target.as_ref().is_none_or(|only| only == *target);
    let chosen: Vec<&String> = all.iter().filter(wanted).collect();
    if chosen.is_empty() {
        bail!("unknown target; choose one of: {}", all.join(", "));
    }
    options.cargo_fuzz("build").run()?;
    let seconds = options.share(chosen.len());
    let queue = Mutex::new(chosen.into_iter());
    let next = || queue.lock().ok()?.next();
    let work_off = || -> Result<()> {
        while let Some(target) = next() {
            fuzz(options, target, seconds)?;
        }
        Ok(())
    };
    thread::scope(|scope| {
        let workers: Vec<_> = (0..options.jobs.get()).map(|_| scope.spawn(work_off)).collect();
        workers.into_iter().try_for_each(|worker| worker.join().unwrap_or_else(|_| bail!("a thread panicked")))
    })
}

fn targets() -> Result<Vec<String>> {
    let list = Cargo::new(["fuzz", "list"]).output()?;
    let is_target = |line: &&str| root().join(format!("fuzz/targets/{line}.rs")).is_file();
    Ok(list.lines().filter(is_target).map(str::to_owned).collect())
}

fn fuzz(options: &Options, target: &str, seconds: u64) -> Result<()> {
    let (corpus, seeds) = (corpus(target), seeds(target));
    fs::create_dir_all(root().join(&corpus)).context("could not create the folder of the corpus")?;
    ensure!(root().join(&seeds).is_dir(), "{seeds} is missing: run `cargo xtask seeds`");
    found::unpack(target)?;
    println!("fuzzing {target} for {seconds} s");
    let before = findings(target);
    let (time, timeout) = (format!("-max_total_time={seconds}"), format!("-timeout={TOO_SLOW}"));
    let run = options.cargo_fuzz("run").args([target, corpus.as_str(), &seeds]);
    let run = run.args(["--", time.as_str(), &timeout, "-print_final_stats=1"]);
    let mut said = Said::new(target);
    run.lines(|line| said.hear(line)).with_context(|| {
        let found: Vec<_> = findings(target).difference(&before).map(|path| path.display().to_string()).collect();
        let inputs = if found.is_empty() { "no input was written".to_owned() } else { found.join(", ") };
        format!("{target} failed on: {inputs}; to reproduce: cargo fuzz run --sanitizer none {target} INPUT")
    })?;
    println!("  {target}: {}", said.summary()?);
    if options.keep { found::keep(options, target) } else { Ok(()) }
}

/// Returns the paths of all inputs on which the target has failed so far.
fn findings(target: &str) -> BTreeSet<PathBuf> {
    let folder = fs::read_dir(root().join("fuzz/artifacts").join(target));
    folder.into_iter().flatten().flatten().map(|entry| entry.path()).collect()
}
