//! A transcript file.

use std::path::Path;

use anyhow::Context;

use super::parse;
use super::part::Part;

/// A transcript file.
#[derive(Clone, Debug)]
pub struct Script {
    pub(crate) file: String,
    pub(crate) parts: Vec<Part>,
    pub(crate) unplayable: Option<String>,
}

impl Script {
    /// Reads and parses a file. The error names the file and the line.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
        Self::parse(&name, &text)
    }

    /// Parses the text of a file; `file` is its name in messages.
    pub fn parse(file: &str, text: &str) -> anyhow::Result<Self> {
        let (parts, unplayable) = parse::parts(file, text)?;
        Ok(Self { file: file.to_owned(), parts, unplayable })
    }

    /// Its name in messages.
    #[must_use]
    pub fn file(&self) -> &str {
        &self.file
    }

    /// The titles of its parts in order; the part before the first `!part` has an empty one.
    pub fn titles(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().map(|part| part.title.as_str())
    }

    /// Why no part of it can be played, by any runner or by this one.
    #[must_use]
    pub fn unplayable(&self) -> Option<&str> {
        self.unplayable.as_deref()
    }
}
