//! Changes of AL, BL, RL and PL.

use msnp::{DisplayName, ErrorCode, Handle, List, Timestamp};
use swallowtail_config::RosterLimits;

use super::super::{Change, Entry, Roster};

/// An address to be added to AL, BL or RL.
#[derive(Clone, Debug)]
pub struct NewListEntry {
    /// The list to which the address is added.
    pub list: List,
    /// The address that is added to the list.
    pub handle: Handle,
    /// The nickname, which is kept only if the address was on no list before.
    pub nickname: Option<DisplayName>,
    /// True if an address may be on AL and BL at the same time (ns.md section 1.2 rule 1). BL then has priority.
    pub overlap_allow_and_block: bool,
}

impl Roster {
    /// Adds an address to AL, BL or RL (`ADC AL|BL|RL N=handle`).
    ///
    /// # Errors
    /// Returns 201 if the address is the owner's own address, 210 if the list is full, and 215 if
    /// the address is already on the list. Returns 216 for RL if the address does not have the
    /// owner on FL, and 219 if the address is on the opposite list.
    pub fn add_to_list(
        &self,
        new: NewListEntry,
        limits: &RosterLimits,
        now: Timestamp,
    ) -> Result<Vec<Change>, ErrorCode> {
        let NewListEntry { list, handle, nickname, overlap_allow_and_block } = new;
        if handle == self.owner {
            return Err(ErrorCode::InvalidParameter);
        }
        if list == List::Reverse {
            return self.settle(&handle, ErrorCode::NotOnList, now);
        }
        let mut entry = self.entry(&handle);
        if entry.is_on(list) {
            return Err(ErrorCode::AlreadyThere);
        }
        let opposite = if list == List::Allow { List::Block } else { List::Allow };
        if entry.is_on(opposite) && !overlap_allow_and_block {
            return Err(ErrorCode::AlreadyInOppositeList);
        }
        if self.count(list) >= limits.allowed_or_blocked {
            return Err(ErrorCode::ListFull);
        }
        if entry.lists.is_empty() {
            entry.nickname = nickname;
        }
        entry.lists |= list;
        settle_pending(&mut entry);
        Ok(vec![Change::Entry(handle, entry), Change::ListChanged(now)])
    }

    /// Moves an entry from PL to RL. `ADC RL` and `REM PL` both do this (ns.md section 1.2 rule 5).
    /// Clients send both commands, in either order and repeatedly.
    fn settle(&self, other: &Handle, unknown: ErrorCode, now: Timestamp) -> Result<Vec<Change>, ErrorCode> {
        let mut entry = self.entry(other);
        if !entry.watches() {
            return Err(unknown);
        }
        if !settle_pending(&mut entry) {
            return Ok(Vec::new());
        }
        Ok(vec![Change::Entry(other.clone(), entry), Change::ListChanged(now)])
    }

    /// Removes an address from AL, BL or PL (`REM AL|BL|PL other`).
    ///
    /// # Errors
    /// Returns 216 if the address is not on that list.
    pub fn remove_from_list(&self, list: List, other: &Handle, now: Timestamp) -> Result<Vec<Change>, ErrorCode> {
        if list == List::Pending {
            return self.settle(other, ErrorCode::NotOnList, now);
        }
        let mut entry = self.entry(other);
        if !entry.is_on(list) {
            return Err(ErrorCode::NotOnList);
        }
        entry.lists = entry.lists.without(list);
        Ok(vec![Change::Entry(other.clone(), entry), Change::ListChanged(now)])
    }
}

/// Moves an entry from PL to RL. Returns whether the entry was on PL.
fn settle_pending(entry: &mut Entry) -> bool {
    if !entry.is_on(List::Pending) {
        return false;
    }
    entry.lists = entry.lists.without(List::Pending) | List::Reverse;
    true
}
