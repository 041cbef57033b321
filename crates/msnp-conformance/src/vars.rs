//! The server-chosen values that a part has remembered (docs/protocol/transcripts/README.md section 2).

use std::collections::BTreeMap;

/// Remembered values by their `{word}`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Vars {
    values: BTreeMap<String, Vec<u8>>,
}

/// The treatment of a `{word}` in server records (README section 3, free values).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Treatment {
    /// The first use is remembered, and later uses must be equal.
    Remember,
    /// Every use replaces the remembered value.
    Renew,
    /// The value is never compared and never remembered.
    Ignore,
    /// The same as `Ignore`, but the value must be a decimal number up to 60.
    Seconds,
}

impl Vars {
    /// Returns the remembered value of a word.
    pub(crate) fn get(&self, name: &str) -> Option<&[u8]> {
        self.values.get(name).map(Vec::as_slice)
    }

    /// Remembers a value and replaces an earlier one.
    pub(crate) fn set(&mut self, name: &str, value: Vec<u8>) {
        self.values.insert(name.to_owned(), value);
    }

    /// Returns how the runner treats this word.
    pub(crate) fn treatment(name: &str) -> Treatment {
        match name {
            "policy" => Treatment::Ignore,
            "next-ping" => Treatment::Seconds,
            "sb" => Treatment::Renew,
            _ => Treatment::Remember,
        }
    }
}
