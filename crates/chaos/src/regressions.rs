//! Seeds that have failed. They run again before everything else.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};

/// The name of the file with the seeds that have failed. The file is in the directory of this
/// crate.
const FILE: &str = "regressions.txt";

/// The file with all seeds that have failed. Each line has the id of a scenario, a seed, and the size of the run.
#[derive(Debug)]
pub struct Regressions {
    path: PathBuf,
    text: String,
}

impl Regressions {
    /// Reads the file with the seeds that have failed.
    ///
    /// # Errors
    /// Fails if the file cannot be read.
    pub fn read() -> Result<Self> {
        // `cargo run` sets the environment variable CARGO_MANIFEST_DIR. Its value at run time has
        // priority over its value at build time, because the source tree may have moved since the
        // build.
        let here =
            std::env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| env!("CARGO_MANIFEST_DIR").into(), PathBuf::from);
        let path = here.join(FILE);
        let text = fs::read_to_string(&path).with_context(|| format!("could not read {}", path.display()))?;
        Ok(Self { path, text })
    }

    /// Returns the seeds and sizes with which a scenario has failed.
    pub fn of(&self, id: &str) -> impl Iterator<Item = (u64, u64)> {
        lines(&self.text, id)
    }

    /// Adds a seed and a size, unless the file already has them.
    ///
    /// # Errors
    /// Fails if the file cannot be written.
    pub fn add(&mut self, id: &str, seed: u64, size: u64) -> Result<()> {
        if self.of(id).any(|known| known == (seed, size)) {
            return Ok(());
        }
        let _ = writeln!(self.text, "{id} {seed} {size}");
        fs::write(&self.path, &self.text).with_context(|| format!("could not write {}", self.path.display()))
    }
}

fn lines(text: &str, id: &str) -> impl Iterator<Item = (u64, u64)> {
    text.lines().filter_map(move |line| {
        let mut words = line.split_whitespace();
        let is_wanted = words.next()? == id;
        let (seed, size) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
        is_wanted.then_some((seed, size))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_lines_for_the_given_scenario_are_read_and_comments_are_skipped() {
        let found = lines("# F01 1 100\n\nF01 7 20\nS01 8 20\nF01 9 100\n", "F01");
        assert_eq!(found.collect::<Vec<_>>(), [(7, 20), (9, 100)]);
    }
}
