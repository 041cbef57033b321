//! The log of a server.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Stdio;

use anyhow::{Context, Result};

/// The number of lines of a log that are shown when a server does not start.
const TAIL: usize = 20;

/// Opens the log as the standard error of a process. If the log cannot be opened, the process has
/// no standard error.
pub(super) fn append(path: &Path) -> Stdio {
    File::options().create(true).append(true).open(path).map_or_else(|_| Stdio::null(), Stdio::from)
}

/// Returns the last lines of a log.
pub(super) fn tail(path: &Path) -> String {
    let text = std::fs::read(path).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<_> = text.lines().collect();
    lines[lines.len().saturating_sub(TAIL)..].join("\n")
}

/// Returns the lines of a log that report a panic.
pub(super) fn panics(path: &Path) -> Result<Vec<String>> {
    let file = File::open(path).with_context(|| format!("could not open {}", path.display()))?;
    let mut found = Vec::new();
    for line in BufReader::new(file).split(b'\n') {
        let line = line.with_context(|| format!("could not read {}", path.display()))?;
        if is_panic(&line) {
            found.push(String::from_utf8_lossy(&line).into_owned());
        }
    }
    Ok(found)
}

fn is_panic(line: &[u8]) -> bool {
    let contains = |word: &[u8]| line.windows(word.len()).any(|window| window == word);
    contains(b"panicked") || contains(b"has overflowed its stack")
}
