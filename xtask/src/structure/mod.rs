//! Reports the structure of the code: the dependencies between crates, cycles of files, and the lengths of files and
//! functions.
//!
//! `cargo metadata` lists the crates, and [`source`] parses their files. [`modules`] and
//! [`resolve`] find the target of a path. [`edges`] and [`cycles`] find the cycles. The report does
//! not include uses by method calls, or uses of names that macros create.

mod crates;
mod cycles;
mod edges;
mod imports;
mod layers;
mod modules;
mod paths;
mod report;
mod resolve;
mod sizes;
mod source;
mod strip;
mod tokens;

use std::collections::BTreeSet;
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use clap::Args;

use crate::shell;
use crates::Package;
use modules::Tree;
use report::{Crate, Report};
use sizes::Summary;

/// The flags of `cargo xtask structure`.
#[derive(Args)]
pub(crate) struct Options {
    /// Fail on dependencies outside the table of layers, cycles of files, and files or functions that are too long
    #[arg(long)]
    check: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// Examine the checkout in this folder instead of the current checkout
    #[arg(long)]
    root: Option<PathBuf>,
}

impl Options {
    /// Returns the options for `--check` without other flags.
    pub(crate) fn check() -> Self {
        Self { check: true, json: false, root: None }
    }
}

/// Prints the report. If the option `check` is set, fails if there are faults.
pub(crate) fn run(options: &Options) -> Result<()> {
    let root = options.root.clone().unwrap_or_else(shell::root);
    let packages = crates::read(&root)?;
    let mut report = Report { crates: Vec::new(), faults: layers::faults(&packages) };
    for package in packages {
        add(&mut report, package)?;
    }
    if options.json {
        println!("{}", serde_json::to_string_pretty(&report)?);
    } else {
        print!("{}", report.text());
    }
    ensure!(
        !options.check || report.faults.is_empty(),
        "{} problems in the structure, listed above",
        report.faults.len()
    );
    Ok(())
}

/// Adds one crate and its faults to the report.
fn add(report: &mut Report, package: Package) -> Result<()> {
    let name = package.name;
    let mut sources = source::read(&package.src)?;
    let mut cycles = Vec::new();
    let mut files = BTreeSet::new();
    for root in &package.roots {
        let tree = Tree::new(&sources, root).with_context(|| format!("crate {name}"))?;
        files.extend(tree.files().into_iter().map(str::to_owned));
        cycles.extend(cycles::find(&edges::find(&tree)));
    }
    // Removes the files that only tests declare.
    sources.retain(|file, _| files.contains(file));
    let (files, functions) = (sizes::files(&sources), sizes::functions(&sources));
    let circles = cycles.iter().map(|cycle| format!("files use each other in a circle: {}", cycle.files.join(", ")));
    let faults = circles.chain(sizes::faults(&files, &functions));
    report.faults.extend(faults.map(|fault| format!("{name}: {fault}")));
    report.crates.push(Crate {
        name,
        own: package.own,
        external: package.external,
        cycles,
        files: Summary::new(files),
        functions: Summary::new(functions),
    });
    Ok(())
}
