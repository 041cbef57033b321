//! The result of playing a part.

use std::collections::BTreeMap;
use std::fmt;

/// The number of conversation lines that a failure shows.
const CONVERSATION: usize = 40;

/// The result of one part.
#[derive(Clone, Debug)]
pub struct PlayReport {
    /// The name of the file.
    pub file: String,
    /// The title of the part. Empty for the part before the first `!part`.
    pub part: String,
    /// The outcome of the part.
    pub outcome: Outcome,
    /// All bytes that each NAME received, unchanged.
    pub received: BTreeMap<String, Vec<u8>>,
    pub(crate) masked: BTreeMap<String, Vec<u8>>,
}

/// The outcome of a part.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// The server matched every record.
    Passed,
    /// The server did not match one record.
    Failed(Box<Failure>),
    /// The part was not played to its end, for this reason. Everything that was played passed.
    NotPlayed(String),
}

/// A record that the server did not match.
#[derive(Clone, Debug)]
pub struct Failure {
    /// The file and the line of the record.
    pub place: String,
    /// The record.
    pub expected: String,
    /// A description of what the server sent instead.
    pub actual: String,
    /// The difference between the two.
    pub reason: String,
    /// Everything sent and received until then, oldest first, with NAMEs, arrows and texts as in a transcript.
    pub conversation: Vec<String>,
}

impl PlayReport {
    /// Returns the report of a part that was not played.
    pub(crate) fn not_played(file: &str, part: &str, reason: String) -> Self {
        Self {
            file: file.to_owned(),
            part: part.to_owned(),
            outcome: Outcome::NotPlayed(reason),
            received: BTreeMap::new(),
            masked: BTreeMap::new(),
        }
    }

    /// Returns the file name, with the title of the part in parentheses if it has one.
    #[must_use]
    pub fn title(&self) -> String {
        if self.part.is_empty() { self.file.clone() } else { format!("{} ({})", self.file, self.part) }
    }

    /// Returns what a NAME received for its records, in order of arrival.
    ///
    /// Names replace the values that the server chose, and the handles are those of the file. Servers that behave the
    /// same therefore give the same bytes at every pace. The bytes do not contain set-up, noise that no record expects,
    /// or anything after the last record.
    #[must_use]
    pub fn masked(&self, name: &str) -> Option<&[u8]> {
        self.masked.get(name).map(Vec::as_slice)
    }

    /// Returns all of [`Self::masked`], by NAME.
    #[must_use]
    pub fn masked_streams(&self) -> &BTreeMap<String, Vec<u8>> {
        &self.masked
    }

    /// Returns whether the part failed.
    #[must_use]
    pub fn failed(&self) -> bool {
        matches!(self.outcome, Outcome::Failed(_))
    }
}

/// Writes the one-line summary of a part.
impl fmt::Display for PlayReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.outcome {
            Outcome::Passed => write!(f, "{}: passed", self.title()),
            Outcome::Failed(failure) => write!(f, "{}: FAILED at {}", self.title(), failure.place),
            Outcome::NotPlayed(reason) => write!(f, "{}: not played: {reason}", self.title()),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.place)?;
        writeln!(f, "  expected: {}", self.expected)?;
        writeln!(f, "  actual:   {}", self.actual)?;
        writeln!(f, "  reason:   {}", self.reason)?;
        let hidden = self.conversation.len().saturating_sub(CONVERSATION);
        match hidden {
            0 => writeln!(f, "  the conversation:")?,
            _ => writeln!(f, "  the conversation, without its first {hidden} lines:")?,
        }
        for line in &self.conversation[hidden..] {
            writeln!(f, "    {line}")?;
        }
        Ok(())
    }
}
