//! Protocol versions (docs/protocol/README.md, "Dialects").

use std::fmt;

use crate::challenge::Algorithm;

/// A version of the protocol. Client and server agree on it with VER. The order is from old to new.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dialect {
    /// Client 5.0.
    Msnp8,
    /// Client 6.0: MSNObjects.
    Msnp9,
    /// Client 6.1: ADC, GUIDs, the pending list.
    Msnp10,
    /// Client 7.0: personal messages.
    Msnp11,
    /// Client 7.5: network ids.
    Msnp12,
}

impl Dialect {
    /// All dialects, old to new.
    pub const ALL: [Self; 5] = [Self::Msnp8, Self::Msnp9, Self::Msnp10, Self::Msnp11, Self::Msnp12];

    /// Returns the word in VER.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Msnp8 => "MSNP8",
            Self::Msnp9 => "MSNP9",
            Self::Msnp10 => "MSNP10",
            Self::Msnp11 => "MSNP11",
            Self::Msnp12 => "MSNP12",
        }
    }

    /// Returns the dialect that `word` names, ignoring ASCII case (ns.md section 4, VER).
    #[must_use]
    pub fn from_name(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|dialect| dialect.name().eq_ignore_ascii_case(word))
    }

    /// Returns the algorithm with which clients of this dialect answer CHL. The algorithm depends on the dialect, not
    /// on the product id (challenge.md).
    #[must_use]
    pub fn challenge_algorithm(self) -> Algorithm {
        if self >= Self::Msnp11 { Algorithm::New } else { Algorithm::Old }
    }
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
