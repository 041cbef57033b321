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
    /// Reads and parses a file. The error contains the file and the line.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(path).with_context(|| format!("could not read {}", path.display()))?;
        let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
        Self::parse(&name, &text)
    }

    /// Parses the text of a file. Error messages and reports call the file `file`.
    pub fn parse(file: &str, text: &str) -> anyhow::Result<Self> {
        let (parts, unplayable) = parse::parts(file, text)?;
        Ok(Self { file: file.to_owned(), parts, unplayable })
    }

    /// Returns the name of the file, as error messages and reports give it.
    #[must_use]
    pub fn file(&self) -> &str {
        &self.file
    }

    /// Returns the titles of the parts in order. The part before the first `!part` has an empty title.
    pub fn titles(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().map(|part| part.title.as_str())
    }

    /// Returns the reason why no part of the file can be played, or `None` if parts can be played.
    #[must_use]
    pub fn unplayable(&self) -> Option<&str> {
        self.unplayable.as_deref()
    }
}
