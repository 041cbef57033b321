//! References to contacts and groups: GUIDs from MSNP10 on, handles and numbers in older dialects (docs/protocol/ns.md
//! section 1.3).

use std::fmt;

use crate::word::{self, Words};
use crate::{Dialect, Guid, Handle, Malformed, TrId};

/// The number of a group in the dialects before MSNP10: 0 to 29. 0 is the built-in group "Other Contacts".
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GroupNumber(u8);

impl GroupNumber {
    /// The built-in group.
    pub const OTHER_CONTACTS: Self = Self(0);
    /// The highest number of a group.
    pub const MAX: u8 = 29;

    /// Creates the number of a group. Returns `None` if the number is greater than [`Self::MAX`].
    #[must_use]
    pub fn new(number: u32) -> Option<Self> {
        u8::try_from(number).ok().filter(|number| *number <= Self::MAX).map(Self)
    }

    /// Reads a decimal number.
    #[must_use]
    pub fn parse(word: &[u8]) -> Option<Self> {
        word::number(word).and_then(Self::new)
    }

    /// Returns the number.
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
    /// The GUID of the group, from MSNP10 on.
    Guid(Guid),
    /// The number of the group, before MSNP10.
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
    /// The GUID of the contact, from MSNP10 on.
    Guid(Guid),
    /// The handle of the contact, before MSNP10.
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

/// The client that a notification server writes a line for. Some words of the line depend on the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reader {
    /// The client's dialect.
    pub dialect: Dialect,
    /// The client's list version after the change that the line reports. Lines contain the list
    /// version only in dialects before MSNP10.
    pub list_version: u32,
    /// True if the answers to ADG, REG and RMG contain a `1` at the position at which dialects
    /// before MSNP10 have the list version. One MSNP11 library relies on this `1` (clients.md).
    pub old_group_answers: bool,
}

impl Reader {
    /// Returns the list version if lines in the reader's dialect contain it, which is the case
    /// before MSNP10.
    pub(crate) fn version(self) -> Option<u32> {
        self.is_old().then_some(self.list_version)
    }

    /// Returns the number that an answer to ADG, REG or RMG contains after the transaction id, if
    /// any. This number is the list version or, with `old_group_answers`, `1`.
    pub(crate) fn group_version(self) -> Option<u32> {
        self.version().or_else(|| self.old_group_answers.then_some(1))
    }

    /// Returns whether the reader speaks a dialect before MSNP10.
    #[must_use]
    pub fn is_old(self) -> bool {
        self.dialect < Dialect::Msnp10
    }
}

/// Skips the list version in a line from a server of `dialect`. Does nothing if lines in that
/// dialect have no version.
pub(crate) fn skip_version(dialect: Dialect, words: &mut Words<'_>) -> Result<(), Malformed> {
    if Reader::from(dialect).is_old() {
        words.need_with(word::number)?;
    }
    Ok(())
}

/// Reads the transaction id of an answer. If `dialect` is before MSNP10, also skips the list
/// version after the transaction id.
pub(crate) fn trid_and_version(dialect: Dialect, words: &mut Words<'_>) -> Result<TrId, Malformed> {
    let trid = words.need_trid()?;
    skip_version(dialect, words)?;
    Ok(trid)
}

impl From<Dialect> for Reader {
    /// Creates the reader for a line that does not report a change of the reader's lists.
    fn from(dialect: Dialect) -> Self {
        Self { dialect, list_version: 0, old_group_answers: false }
    }
}
