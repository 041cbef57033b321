//! Changes of groups, and of the contacts in them.

use std::sync::Arc;

use msnp::{ContactRef, ErrorCode, GroupNumber, GroupRef, Guid, Timestamp};
use swallowtail_config::RosterLimits;

use super::super::{Change, Group, GroupPlace, Roster};

/// A group to be created.
#[derive(Clone, Debug)]
pub struct NewGroup {
    /// Its name.
    pub name: Arc<str>,
    /// Its GUID, which must be new.
    pub guid: Guid,
    /// True if the group must have a number, because the client uses a dialect before MSNP10.
    pub needs_number: bool,
}

/// The result of removing a contact from a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GroupRemoval {
    /// The contact stays on FL.
    Stays(Vec<Change>),
    /// The contact leaves FL, because this was its last group and the client uses a dialect before MSNP10.
    LeavesForward,
}

impl Roster {
    /// Adds a contact to a group (`ADC FL C=contact group`, `ADD FL handle nick number`).
    ///
    /// # Errors
    /// Returns 208 for an unknown contact, 215 if the contact is already in the group, 224 for an unknown group.
    pub fn add_to_group(
        &self,
        contact: &ContactRef,
        group: GroupRef,
        now: Timestamp,
    ) -> Result<Vec<Change>, ErrorCode> {
        let (handle, entry) = self.find_contact(contact).ok_or(ErrorCode::InvalidUsername)?;
        let place = self.find_group(group).ok_or(ErrorCode::InvalidGroup)?;
        let mut entry = entry.clone();
        match place {
            GroupPlace::OtherContacts if self.is_in_other_contacts(&entry) => return Err(ErrorCode::AlreadyThere),
            GroupPlace::OtherContacts => entry.in_other_contacts = true,
            GroupPlace::Group(guid) => {
                let Err(place) = entry.groups.binary_search(&guid) else { return Err(ErrorCode::AlreadyThere) };
                // Clients that support group 0 show a contact without a group in group 0. The
                // contact stays in group 0 until a client removes the contact from group 0.
                if matches!(group, GroupRef::Number(_)) {
                    entry.in_other_contacts = self.is_in_other_contacts(&entry);
                }
                entry.groups.insert(place, guid);
            }
        }
        Ok(vec![Change::Entry(handle.clone(), entry), Change::ListChanged(now)])
    }

    /// Removes a contact from a group (`REM FL contact group`).
    ///
    /// # Errors
    /// Returns 216 for an unknown contact, 224 for an unknown group, 225 if the contact is not in the group.
    pub fn remove_from_group(
        &self,
        contact: &ContactRef,
        group: GroupRef,
        now: Timestamp,
    ) -> Result<GroupRemoval, ErrorCode> {
        let (handle, entry) = self.find_contact(contact).ok_or(ErrorCode::NotOnList)?;
        let place = self.find_group(group).ok_or(ErrorCode::InvalidGroup)?;
        let mut entry = entry.clone();
        match place {
            GroupPlace::OtherContacts if !self.is_in_other_contacts(&entry) => return Err(ErrorCode::NotInGroup),
            GroupPlace::OtherContacts => entry.in_other_contacts = false,
            GroupPlace::Group(guid) => {
                let place = entry.groups.binary_search(&guid).map_err(|_| ErrorCode::NotInGroup)?;
                entry.groups.remove(place);
            }
        }
        // Clients that address groups by number cannot see a group without a number.
        let stays = entry.in_other_contacts || entry.groups.iter().any(|group| self.number_of(*group).is_some());
        if matches!(group, GroupRef::Number(_)) && !stays {
            return Ok(GroupRemoval::LeavesForward);
        }
        Ok(GroupRemoval::Stays(vec![Change::Entry(handle.clone(), entry), Change::ListChanged(now)]))
    }

    /// Creates a group (ADG), with the lowest free number for the dialects that use numbers. Also
    /// returns that number, if a number was free.
    ///
    /// # Errors
    /// Returns 223 if there are too many groups, 228 if the name is in use.
    pub fn add_group(
        &self,
        new: NewGroup,
        limits: &RosterLimits,
        now: Timestamp,
    ) -> Result<(Vec<Change>, Option<GroupNumber>), ErrorCode> {
        let NewGroup { name, guid, needs_number } = new;
        if self.group_named(&name).is_some() {
            return Err(ErrorCode::GroupExists);
        }
        let number = self.free_group_number();
        if self.groups.len() >= limits.groups || (needs_number && number.is_none()) {
            return Err(ErrorCode::TooManyGroups);
        }
        let group = Group { name, number };
        Ok((vec![Change::Group(guid, group), Change::ListChanged(now)], number))
    }

    /// Returns the group with exactly this name.
    #[must_use]
    pub fn group_named(&self, name: &str) -> Option<(Guid, &Group)> {
        self.groups.iter().find(|(_, group)| *group.name == *name).map(|(guid, group)| (*guid, group))
    }

    fn free_group_number(&self) -> Option<GroupNumber> {
        let numbers = (1..=u32::from(GroupNumber::MAX)).filter_map(GroupNumber::new);
        numbers.into_iter().find(|number| self.groups.values().all(|group| group.number != Some(*number)))
    }

    /// Renames a group (REG). Returns no changes if the group already has this name.
    ///
    /// # Errors
    /// Returns 224 for an unknown group, 228 if the name is in use.
    pub fn rename_group(&self, group: GroupRef, name: &str, now: Timestamp) -> Result<Vec<Change>, ErrorCode> {
        let change = match self.find_group(group).ok_or(ErrorCode::InvalidGroup)? {
            GroupPlace::OtherContacts if self.other_contacts_name() == name => return Ok(Vec::new()),
            GroupPlace::OtherContacts => Change::OtherContactsName(name.into()),
            GroupPlace::Group(guid) => {
                let old = self.groups.get(&guid).ok_or(ErrorCode::InvalidGroup)?;
                if *old.name == *name {
                    return Ok(Vec::new());
                }
                if self.group_named(name).is_some() {
                    return Err(ErrorCode::GroupExists);
                }
                Change::Group(guid, Group { name: name.into(), number: old.number })
            }
        };
        Ok(vec![change, Change::ListChanged(now)])
    }

    /// Removes a group (RMG). Its contacts stay on FL (ns.md section 9).
    ///
    /// # Errors
    /// Returns 224 for an unknown group, 230 for group 0.
    pub fn remove_group(&self, group: GroupRef, now: Timestamp) -> Result<Vec<Change>, ErrorCode> {
        match self.find_group(group).ok_or(ErrorCode::InvalidGroup)? {
            GroupPlace::OtherContacts => Err(ErrorCode::GroupZero),
            GroupPlace::Group(guid) => Ok(vec![Change::GroupRemoved(guid), Change::ListChanged(now)]),
        }
    }
}
