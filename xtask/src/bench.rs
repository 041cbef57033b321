//! Builds the server and the program that measures it, both with optimisations, and runs that program.

use anyhow::Result;

use crate::shell::Cargo;

/// Runs `crates/bench` with these arguments. `crates/bench` measures the server that was built together with it.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    // Two builds, because crates/bench needs features of the server's crates that the server must not have.
    for package in ["swallowtail", "swallowtail-bench"] {
        Cargo::new(["build", "--quiet", "--release", "--package", package]).run()?;
    }
    let run = Cargo::new(["run", "--quiet", "--release", "--package", "swallowtail-bench", "--"]);
    run.args(arguments.iter().map(String::as_str)).run()
}
