//! The values that the server chose and that a part has remembered (docs/protocol/transcripts/README.md section 2).

use std::collections::BTreeMap;

/// Remembered values by their `{word}`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Vars {
    values: BTreeMap<String, Vec<u8>>,
}

/// How a `{word}` in what the server sends is treated (README section 3, free values).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Treatment {
    /// The first use remembers, later ones must be equal.
    Remember,
    /// Every use remembers anew.
    Renew,
    /// Never compared, never remembered.
    Ignore,
    /// The same, but a decimal number up to 60.
    Seconds,
}

impl Vars {
    /// The remembered value.
    pub(crate) fn get(&self, name: &str) -> Option<&[u8]> {
        self.values.get(name).map(Vec::as_slice)
    }

    /// Remembers a value, in place of an earlier one.
    pub(crate) fn set(&mut self, name: &str, value: Vec<u8>) {
        self.values.insert(name.to_owned(), value);
    }

    /// How this word is treated.
    pub(crate) fn treatment(name: &str) -> Treatment {
        match name {
            "policy" => Treatment::Ignore,
            "next-ping" => Treatment::Seconds,
            "sb" => Treatment::Renew,
            _ => Treatment::Remember,
        }
    }
}
