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
    /// The bytes from the server matched every record.
    Passed,
    /// There is a record that the bytes from the server did not match.
    Failed(Box<Failure>),
    /// The part was not played to its end, for this reason. All steps that were played passed.
    NotPlayed(String),
}

/// A record that the bytes from the server did not match.
#[derive(Clone, Debug)]
pub struct Failure {
    /// The file and the line of the record.
    pub place: String,
    /// The text of the record.
    pub expected: String,
    /// A description of what the server sent instead.
    pub actual: String,
    /// The difference between what was expected and what the server sent.
    pub reason: String,
    /// Everything that was sent and received up to the failure, oldest first, with NAMEs, arrows
    /// and texts as in a transcript.
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

    /// Returns the file name. If the part has a title, adds the title in parentheses.
    #[must_use]
    pub fn title(&self) -> String {
        if self.part.is_empty() { self.file.clone() } else { format!("{} ({})", self.file, self.part) }
    }

    /// Returns the bytes that a NAME received for its records, in order of arrival.
    ///
    /// Names replace the values that the server chose, and the handles are those of the file. So
    /// two servers that behave in the same way give the same bytes, at every pace. The bytes do not
    /// contain set-up, noise that no record expects, or anything after the last record.
    #[must_use]
    pub fn masked(&self, name: &str) -> Option<&[u8]> {
        self.masked.get(name).map(Vec::as_slice)
    }

    /// Returns the bytes of [`Self::masked`] for every NAME.
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
