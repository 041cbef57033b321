//! What came of playing a part.

use std::collections::BTreeMap;
use std::fmt;

/// How many lines of the conversation a failure shows.
const CONVERSATION: usize = 40;

/// The result of one part.
#[derive(Clone, Debug)]
pub struct PlayReport {
    /// The file.
    pub file: String,
    /// The title of the part; empty for the one before the first `!part`.
    pub part: String,
    /// How it went.
    pub outcome: Outcome,
    /// All bytes that each NAME received, as they came.
    pub received: BTreeMap<String, Vec<u8>>,
    pub(crate) masked: BTreeMap<String, Vec<u8>>,
}

/// How a part went.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// Every record was met.
    Passed,
    /// One was not.
    Failed(Box<Failure>),
    /// It was not played, or not to its end, for this reason. Nothing that was played went wrong.
    NotPlayed(String),
}

/// A record that was not met.
#[derive(Clone, Debug)]
pub struct Failure {
    /// File and line of the record.
    pub place: String,
    /// What the record says.
    pub expected: String,
    /// What came in its place.
    pub came: String,
    /// What is wrong with that.
    pub why: String,
    /// Everything said until then, oldest first: NAMEs, arrows and texts as in a transcript.
    pub conversation: Vec<String>,
}

impl PlayReport {
    /// A part that was not played.
    pub(crate) fn not_played(file: &str, part: &str, why: String) -> Self {
        Self {
            file: file.to_owned(),
            part: part.to_owned(),
            outcome: Outcome::NotPlayed(why),
            received: BTreeMap::new(),
            masked: BTreeMap::new(),
        }
    }

    /// File and part in one.
    #[must_use]
    pub fn title(&self) -> String {
        if self.part.is_empty() { self.file.clone() } else { format!("{} ({})", self.file, self.part) }
    }

    /// What met the records of a NAME, in the order it came, with names in place of values that the server chose and
    /// the handles spelled as in the file. Two plays against servers that do the same give the same bytes, whatever the
    /// pace. Set-up, noise that no record wants and what comes after the last record are not in it.
    #[must_use]
    pub fn masked(&self, name: &str) -> Option<&[u8]> {
        self.masked.get(name).map(Vec::as_slice)
    }

    /// All of [`Self::masked`], by NAME.
    #[must_use]
    pub fn masked_streams(&self) -> &BTreeMap<String, Vec<u8>> {
        &self.masked
    }

    /// Whether a record was not met.
    #[must_use]
    pub fn failed(&self) -> bool {
        matches!(self.outcome, Outcome::Failed(_))
    }
}

/// The one line of a part.
impl fmt::Display for PlayReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.outcome {
            Outcome::Passed => write!(f, "{}: passed", self.title()),
            Outcome::Failed(failure) => write!(f, "{}: FAILED at {}", self.title(), failure.place),
            Outcome::NotPlayed(why) => write!(f, "{}: not played: {why}", self.title()),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.place)?;
        writeln!(f, "  expected: {}", self.expected)?;
        writeln!(f, "  came:     {}", self.came)?;
        writeln!(f, "  wrong:    {}", self.why)?;
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
