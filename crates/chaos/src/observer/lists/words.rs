//! The words of a line.

use msnp_conformance::wire::Unit;

/// The words of a line.
pub(super) struct Words(Vec<String>);

impl Words {
    pub(super) fn of(unit: &Unit) -> Self {
        Self(unit.words().iter().map(|word| String::from_utf8_lossy(word).into_owned()).collect())
    }

    pub(super) fn get(&self, index: usize) -> &str {
        self.0.get(index).map_or("", String::as_str)
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns the words from an index on.
    pub(super) fn after(&self, index: usize) -> impl Iterator<Item = &String> {
        self.0.iter().skip(index)
    }

    pub(super) fn last(&self) -> &str {
        self.get(self.0.len().saturating_sub(1))
    }

    /// Finds the first word that begins with a prefix such as `N=`. Returns the word without the
    /// prefix.
    pub(super) fn with(&self, prefix: &str) -> Option<&str> {
        self.0.iter().find_map(|word| word.strip_prefix(prefix))
    }

    /// Returns whether the second word is a TrID. In a burst, the second word is not a TrID.
    pub(super) fn have_trid(&self) -> bool {
        is_number(self.get(1))
    }
}

pub(super) fn is_number(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit())
}
