//! Lists the transcripts in a folder.

use std::path::{Path, PathBuf};

use anyhow::Context;

/// Returns the `.txt` files in a folder, sorted by name. This function does not read the files, so
/// the list may contain invalid files.
pub fn transcripts(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let unreadable = || format!("could not read the folder {}", folder.display());
    let entries = std::fs::read_dir(folder).with_context(unreadable)?;
    let mut files =
        entries.map(|entry| Ok(entry?.path())).collect::<std::io::Result<Vec<_>>>().with_context(unreadable)?;
    files.retain(|file| file.extension().is_some_and(|extension| extension == "txt"));
    files.sort();
    Ok(files)
}
