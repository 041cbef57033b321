//! The server-chosen values that the runner remembers while it plays one part of a transcript
//! (docs/protocol/transcripts/README.md section 2).

use std::collections::BTreeMap;

/// The remembered values. The key is the `word` of a `{word}`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Vars {
    values: BTreeMap<String, Vec<u8>>,
}

/// What the runner does with the value of a `{word}` in text from the server: whether it compares
/// the value and whether it remembers it (docs/protocol/transcripts/README.md section 3, free
/// values).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Treatment {
    /// The first value is remembered, and later values must be equal to it.
    Remember,
    /// Every new value replaces the remembered value.
    Renew,
    /// The value is never compared and never remembered.
    Ignore,
    /// The value is never compared and never remembered, but it must be a decimal number up to 60.
    Seconds,
}

impl Vars {
    /// Returns the remembered value of a word.
    pub(crate) fn get(&self, name: &str) -> Option<&[u8]> {
        self.values.get(name).map(Vec::as_slice)
    }

    /// Remembers a value. It replaces an earlier value of the same word.
    pub(crate) fn set(&mut self, name: &str, value: Vec<u8>) {
        self.values.insert(name.to_owned(), value);
    }

    /// Returns what the runner does with the value of this word.
    pub(crate) fn treatment(name: &str) -> Treatment {
        match name {
            "policy" => Treatment::Ignore,
            "next-ping" => Treatment::Seconds,
            "sb" => Treatment::Renew,
            _ => Treatment::Remember,
        }
    }
}
