//! The five lists (docs/protocol/ns.md section 1.2).

use std::fmt;
use std::ops::{BitOr, BitOrAssign};

/// One of the five lists of an account, which is the owner of the list. An address can be on each
/// of these lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum List {
    /// FL: the contacts of the list's owner. The owner receives the presence of these contacts.
    Forward,
    /// AL: the addresses that may see and call the list's owner.
    Allow,
    /// BL: the addresses that may not see or call the list's owner.
    Block,
    /// RL: the users who have the list's owner on their FL, and whom the owner has allowed (AL) or
    /// blocked (BL).
    Reverse,
    /// PL: the users who have the list's owner on their FL, and whom the owner has neither allowed
    /// (AL) nor blocked (BL) yet. This list exists from MSNP10 on.
    Pending,
}

impl List {
    /// All lists, in the order of their bits.
    pub const ALL: [Self; 5] = [Self::Forward, Self::Allow, Self::Block, Self::Reverse, Self::Pending];

    /// Returns the word on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Forward => "FL",
            Self::Allow => "AL",
            Self::Block => "BL",
            Self::Reverse => "RL",
            Self::Pending => "PL",
        }
    }

    /// Returns the list that a word names. Case matters.
    #[must_use]
    pub fn parse(word: &[u8]) -> Option<Self> {
        Self::ALL.into_iter().find(|list| list.name().as_bytes() == word)
    }

    const fn bit(self) -> u8 {
        match self {
            Self::Forward => 1,
            Self::Allow => 2,
            Self::Block => 4,
            Self::Reverse => 8,
            Self::Pending => 16,
        }
    }
}

impl fmt::Display for List {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The lists that one address is on: the sum of their bits, 0 to 31.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct ListBits(u8);

impl ListBits {
    /// No list.
    pub const NONE: Self = Self(0);

    /// Reads the number in LST. Returns `None` for a number over 31.
    #[must_use]
    pub fn from_number(bits: u32) -> Option<Self> {
        u8::try_from(bits).ok().filter(|bits| *bits < 32).map(Self)
    }

    /// Returns the number that LST carries.
    #[must_use]
    pub const fn number(self) -> u8 {
        self.0
    }

    /// Returns whether `list` is among these lists.
    #[must_use]
    pub const fn has(self, list: List) -> bool {
        self.0 & list.bit() != 0
    }

    /// Returns whether any of `lists` is among these lists.
    #[must_use]
    pub fn has_any(self, lists: impl Into<Self>) -> bool {
        self.0 & lists.into().0 != 0
    }

    /// Returns these lists without `lists`.
    #[must_use]
    pub fn without(self, lists: impl Into<Self>) -> Self {
        Self(self.0 & !lists.into().0)
    }

    /// Returns whether the address is on no list.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }
}

impl From<List> for ListBits {
    fn from(list: List) -> Self {
        Self(list.bit())
    }
}

impl BitOr<List> for ListBits {
    type Output = Self;

    fn bitor(self, list: List) -> Self {
        Self(self.0 | list.bit())
    }
}

impl BitOr for List {
    type Output = ListBits;

    fn bitor(self, other: Self) -> ListBits {
        ListBits::from(self) | other
    }
}

impl BitOrAssign<List> for ListBits {
    fn bitor_assign(&mut self, list: List) {
        self.0 |= list.bit();
    }
}

impl fmt::Display for ListBits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}
