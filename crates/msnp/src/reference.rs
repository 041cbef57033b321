//! How commands name contacts and groups: by GUID from MSNP10 on, by handle and number below (docs/protocol/ns.md
//! section 1.3).

use std::fmt;

use crate::word::{self, Words};
use crate::{Dialect, Guid, Handle, Malformed, TrId};

/// The number of a group in the dialects below MSNP10: 0 to 29. 0 is the built-in group "Other Contacts".
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GroupNumber(u8);

impl GroupNumber {
    /// The built-in group.
    pub const OTHER_CONTACTS: Self = Self(0);
    /// The highest number.
    pub const MAX: u8 = 29;

    /// A number of a group; `None` over [`Self::MAX`].
    #[must_use]
    pub fn new(number: u32) -> Option<Self> {
        u8::try_from(number).ok().filter(|number| *number <= Self::MAX).map(Self)
    }

    /// Reads a decimal number.
    #[must_use]
    pub fn parse(word: &[u8]) -> Option<Self> {
        word::number(word).and_then(Self::new)
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> u8 {
        self.0
    }
}

impl fmt::Display for GroupNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// A group, as a command names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GroupRef {
    /// From MSNP10 on.
    Guid(Guid),
    /// Below.
    Number(GroupNumber),
}

impl fmt::Display for GroupRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Guid(guid) => guid.fmt(f),
            Self::Number(number) => number.fmt(f),
        }
    }
}

/// A contact on FL, as a command names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ContactRef {
    /// From MSNP10 on.
    Guid(Guid),
    /// Below.
    Handle(Handle),
}

impl fmt::Display for ContactRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Guid(guid) => guid.fmt(f),
            Self::Handle(handle) => handle.fmt(f),
        }
    }
}

/// Who reads a line of a notification server: some words depend on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reader {
    /// What the client speaks.
    pub dialect: Dialect,
    /// The reader's list version after the change that the line tells. Only the dialects below MSNP10 are told.
    pub list_version: u32,
    /// Whether the answers to ADG, REG and RMG have a `1` where the dialects below MSNP10 have the version: one library
    /// for MSNP11 waits for that (clients.md).
    pub old_group_answers: bool,
}

impl Reader {
    /// The version for a line that tells one, which only readers below MSNP10 are.
    pub(crate) fn version(self) -> Option<u32> {
        self.is_old().then_some(self.list_version)
    }

    /// The same for the answers about groups.
    pub(crate) fn group_version(self) -> Option<u32> {
        self.version().or_else(|| self.old_group_answers.then_some(1))
    }

    /// Whether the reader speaks a dialect below MSNP10.
    #[must_use]
    pub fn is_old(self) -> bool {
        self.dialect < Dialect::Msnp10
    }
}

/// Passes over the version in a line that a server of `dialect` wrote, if one is there.
pub(crate) fn skip_version(dialect: Dialect, words: &mut Words<'_>) -> Result<(), Malformed> {
    if Reader::from(dialect).is_old() {
        words.need_with(word::number)?;
    }
    Ok(())
}

/// Reads the transaction id of an answer, and the version that servers of older dialects write after it.
pub(crate) fn trid_and_version(dialect: Dialect, words: &mut Words<'_>) -> Result<TrId, Malformed> {
    let trid = words.need_trid()?;
    skip_version(dialect, words)?;
    Ok(trid)
}

impl From<Dialect> for Reader {
    /// For lines that tell no change of the reader's lists.
    fn from(dialect: Dialect) -> Self {
        Self { dialect, list_version: 0, old_group_answers: false }
    }
}
