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
    /// The highest number.
    pub const MAX: u8 = 29;

    /// Creates a number. Returns `None` over [`Self::MAX`].
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
    /// From MSNP10 on.
    Guid(Guid),
    /// Before MSNP10.
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
    /// Before MSNP10.
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
    /// The client's list version after the change that the line reports. Only lines before MSNP10 carry it.
    pub list_version: u32,
    /// True if the answers to ADG, REG and RMG carry a `1` where dialects before MSNP10 have the list version. An
    /// MSNP11 library relies on this `1` (clients.md).
    pub old_group_answers: bool,
}

impl Reader {
    /// Returns the list version if the reader's dialect has one in its lines, which is the case before MSNP10.
    pub(crate) fn version(self) -> Option<u32> {
        self.is_old().then_some(self.list_version)
    }

    /// Returns the version for an answer about groups.
    pub(crate) fn group_version(self) -> Option<u32> {
        self.version().or_else(|| self.old_group_answers.then_some(1))
    }

    /// Returns whether the reader speaks a dialect before MSNP10.
    #[must_use]
    pub fn is_old(self) -> bool {
        self.dialect < Dialect::Msnp10
    }
}

/// Skips the version in a line from a server of `dialect`, if that dialect has a version in its lines.
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
    /// For lines that do not report a change of the reader's lists.
    fn from(dialect: Dialect) -> Self {
        Self { dialect, list_version: 0, old_group_answers: false }
    }
}
