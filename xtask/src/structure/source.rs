//! The source files of a crate, parsed, without the code that is built for tests only.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use super::strip::strip;

/// The files of a crate, by their paths below `src`.
pub(super) type Sources = BTreeMap<String, Source>;

/// One file.
pub(super) struct Source {
    pub(super) ast: syn::File,
    /// The number of lines, not counting those of tests.
    pub(super) lines: usize,
}

/// Reads and parses every file below a folder `src`.
pub(super) fn read(src: &Path) -> Result<Sources> {
    let mut sources = Sources::new();
    read_folder(src, "", &mut sources)?;
    Ok(sources)
}

fn read_folder(folder: &Path, prefix: &str, sources: &mut Sources) -> Result<()> {
    for entry in fs::read_dir(folder).with_context(|| format!("{} cannot be read", folder.display()))? {
        let entry = entry?;
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.file_type()?.is_dir() {
            read_folder(&entry.path(), &format!("{name}/"), sources)?;
        } else if name.ends_with(".rs") {
            let path = entry.path();
            let place = || path.display().to_string();
            let text = fs::read_to_string(&path).with_context(|| format!("{} cannot be read", place()))?;
            sources.insert(name, parse(&text).with_context(|| format!("{} cannot be parsed", place()))?);
        }
    }
    Ok(())
}

fn parse(text: &str) -> Result<Source> {
    let mut ast = syn::parse_file(text)?;
    let lines = text.lines().count() - strip(&mut ast);
    Ok(Source { ast, lines })
}

/// Returns a small crate for a test, from the names and texts of its files.
#[cfg(test)]
pub(super) fn given(files: &[(&str, &str)]) -> Sources {
    files.iter().map(|(name, text)| ((*name).to_owned(), parse(text).unwrap())).collect()
}
