//! Checks the licences, sources and security advisories of all dependencies. The rules are in `deny.toml`.

use anyhow::Result;

use crate::shell::Cargo;

pub(crate) fn check() -> Result<()> {
    Cargo::new(["deny", "check", "--hide-inclusion-graph", "bans", "licenses", "sources"]).run()?;
    // Some networks cannot reach the database of security advisories. This is the only reason to
    // skip the check, and the task prints the reason.
    if let Err(error) = Cargo::new(["deny", "fetch", "db"]).run() {
        println!("SKIPPED: advisories, because their database could not be downloaded: {error:#}");
        return Ok(());
    }
    Cargo::new(["deny", "check", "--disable-fetch", "advisories"]).run()
}
