//! Writing a file with an error that names the file.

use std::path::Path;

use anyhow::{Context, Result};

pub(super) fn write(path: &Path, text: &str) -> Result<()> {
    std::fs::write(path, text).with_context(|| format!("could not write {}", path.display()))
}
