//! What we depend on: licences, sources, known faults. The rules are in `deny.toml`.

use anyhow::{Result, bail};

use crate::shell::{Cargo, answers};

pub(crate) fn check() -> Result<()> {
    if !answers("cargo", &["deny", "--version"]) {
        bail!("cargo-deny is needed: cargo install cargo-deny --locked");
    }
    Cargo::new(["deny", "check", "--hide-inclusion-graph", "bans", "licenses", "sources"]).run()?;
    // Not every network reaches the database. Only then may the check be left out, and it says so.
    if let Err(error) = Cargo::new(["deny", "fetch", "db"]).run() {
        println!("SKIPPED: advisories. Their database cannot be fetched here: {error:#}");
        return Ok(());
    }
    Cargo::new(["deny", "check", "--disable-fetch", "advisories"]).run()
}
