//! The entry of one address in a roster.

use msnp::{DisplayName, Guid, List, ListBits};
use thin_vec::ThinVec;

/// The entry that an account has for one address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entry {
    /// The lists that the address is on: at least one.
    pub lists: ListBits,
    /// The nickname. Without one, clients show the handle.
    pub nickname: Option<DisplayName>,
    /// The GUID of the contact while the address is on FL.
    pub contact: Option<Guid>,
    /// The groups of the contact while the address is on FL, sorted.
    pub groups: ThinVec<Guid>,
    /// True if a client with a dialect before MSNP10 added the contact to group 0. Later dialects
    /// do not have group 0.
    pub in_other_contacts: bool,
}

impl Entry {
    /// Returns whether the address is on `list`.
    #[must_use]
    pub const fn is_on(&self, list: List) -> bool {
        self.lists.has(list)
    }

    /// Returns whether the account of this address has the owner on FL. This is true if this entry
    /// is on RL or PL.
    #[must_use]
    pub fn watches(&self) -> bool {
        self.lists.has_any(List::Reverse | List::Pending)
    }
}
