//! What the tasks need on a machine, and how it gets there.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::shell::{self, Cargo, answers};

/// What `cargo xtask test` needs.
pub(crate) fn for_everything() -> Result<()> {
    for (tool, component) in [("fmt", "rustfmt"), ("clippy", "clippy")] {
        if !answers("cargo", &[tool, "--version"]) {
            println!("cargo {tool} is missing: adding the component {component} of the toolchain");
            let mut rustup = Command::new("rustup");
            rustup.args(["component", "add", component]);
            shell::run(rustup).with_context(|| format!("install {component} for this Rust toolchain"))?;
        }
    }
    for_fuzzing()
}

/// libFuzzer is C++ and is driven by cargo-fuzz.
pub(crate) fn for_fuzzing() -> Result<()> {
    cpp_compiler()?;
    if !answers("cargo", &["fuzz", "--version"]) {
        println!("cargo-fuzz is missing: building it");
        Cargo::new(["install", "cargo-fuzz", "--locked"]).run()?;
    }
    println!("the tools are there: rustfmt, clippy, a C++ compiler, cargo-fuzz");
    Ok(())
}

fn cpp_compiler() -> Result<()> {
    if answers("c++", &["--version"]) {
        return Ok(());
    }
    let apt = Path::new("/usr/bin/apt-get");
    if !apt.exists() || !is_root() {
        bail!("a C++ compiler (c++) is needed for fuzzing: install g++ or clang, on Debian with: apt-get install g++");
    }
    println!("a C++ compiler is missing: installing g++");
    for arguments in [["update", "--quiet"].as_slice(), &["install", "--yes", "--quiet", "g++"]] {
        let mut command = Command::new(apt);
        command.args(arguments).env("DEBIAN_FRONTEND", "noninteractive");
        shell::run(command)?;
    }
    Ok(())
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output();
    id.is_ok_and(|id| id.stdout.trim_ascii() == b"0")
}
