//! Where transcripts are.

use std::path::{Path, PathBuf};

use anyhow::Context;

/// Returns the transcripts of a folder, its `.txt` files, in the order of their names. They are not read: one that
/// cannot be parsed is on the list too.
pub fn transcripts(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let unreadable = || format!("cannot read the folder {}", folder.display());
    let entries = std::fs::read_dir(folder).with_context(unreadable)?;
    let mut files =
        entries.map(|entry| Ok(entry?.path())).collect::<std::io::Result<Vec<_>>>().with_context(unreadable)?;
    files.retain(|file| file.extension().is_some_and(|extension| extension == "txt"));
    files.sort();
    Ok(files)
}
