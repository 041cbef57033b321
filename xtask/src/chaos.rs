//! Builds the server and the program that breaks it, and runs that program.

use anyhow::Result;

use crate::shell::Cargo;

/// The only argument that is for this task and not for the program.
const RELEASE: &str = "--release";

/// Runs `crates/chaos` with these arguments. `crates/chaos` tests the server that was built together with it.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let (profile, arguments): (Vec<&str>, Vec<&str>) =
        arguments.iter().map(String::as_str).partition(|argument| *argument == RELEASE);
    // A simulation runs the messenger inside the program, so it needs no server.
    if arguments.first() == Some(&"simulate") {
        return run_program(profile, arguments);
    }
    let build = ["build", "--quiet", "--package", "swallowtail", "--package", "swallowtail-chaos"];
    Cargo::new(build).args(profile.iter().copied()).run()?;
    run_program(profile, arguments)
}

fn run_program(profile: Vec<&str>, arguments: Vec<&str>) -> Result<()> {
    let run = Cargo::new(["run", "--quiet", "--package", "swallowtail-chaos"]).args(profile);
    run.args(["--"]).args(arguments).run()
}

/// Runs the smoke set of `crates/chaos`: scenarios of reduced size, which take less than two
/// minutes on two cores.
pub(crate) fn smoke() -> Result<()> {
    run(&["smoke".to_owned()])
}
