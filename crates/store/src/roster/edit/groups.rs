//! Groups, and the contacts in them.

use std::sync::Arc;

use msnp::{ContactRef, ErrorCode, GroupNumber, GroupRef, Guid, Timestamp};
use swallowtail_config::RosterLimits;

use super::super::{Change, Group, GroupPlace, Roster};

/// A group to be created.
#[derive(Clone, Debug)]
pub struct NewGroup {
    /// Its name.
    pub name: Arc<str>,
    /// Its GUID, a fresh one.
    pub guid: Guid,
    /// Whether it must have a number, because the client speaks a dialect below MSNP10.
    pub needs_number: bool,
}

/// The result of taking a contact out of a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GroupRemoval {
    /// The contact stays on FL.
    Stays(Vec<Change>),
    /// It was the contact's last group, and the client speaks a dialect below MSNP10: the contact leaves FL.
    LeavesForward,
}

impl Roster {
    /// `ADC FL C=contact group`, `ADD FL handle nick number`.
    ///
    /// # Errors
    /// 208 no such contact, 215 already in the group, 224 no such group.
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
                // Clients that know group 0 see a contact without a group in it; it stays there until it is taken out.
                if matches!(group, GroupRef::Number(_)) {
                    entry.in_other_contacts = self.is_in_other_contacts(&entry);
                }
                entry.groups.insert(place, guid);
            }
        }
        Ok(vec![Change::Entry(handle.clone(), entry), Change::ListChanged(now)])
    }

    /// `REM FL contact group`.
    ///
    /// # Errors
    /// 216 no such contact, 224 no such group, 225 not in it.
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
        // Clients that address groups by number cannot see a group without one.
        let stays = entry.in_other_contacts || entry.groups.iter().any(|group| self.number_of(*group).is_some());
        if matches!(group, GroupRef::Number(_)) && !stays {
            return Ok(GroupRemoval::LeavesForward);
        }
        Ok(GroupRemoval::Stays(vec![Change::Entry(handle.clone(), entry), Change::ListChanged(now)]))
    }

    /// ADG: creates a group, with the lowest free number for the dialects that use numbers. Returns the number too, if
    /// one was free.
    ///
    /// # Errors
    /// 223 too many groups, 228 the name is in use.
    pub fn add_group(
        &self,
        new: NewGroup,
        limits: &RosterLimits,
        now: Timestamp,
    ) -> Result<(Vec<Change>, Option<GroupNumber>), ErrorCode> {
        let NewGroup { name, guid, needs_number } = new;
        if self.has_group_named(&name) {
            return Err(ErrorCode::GroupExists);
        }
        let number = self.free_group_number();
        if self.groups.len() >= limits.groups || (needs_number && number.is_none()) {
            return Err(ErrorCode::TooManyGroups);
        }
        let group = Group { name, number };
        Ok((vec![Change::Group(guid, group), Change::ListChanged(now)], number))
    }

    fn has_group_named(&self, name: &str) -> bool {
        self.groups.values().any(|group| *group.name == *name)
    }

    fn free_group_number(&self) -> Option<GroupNumber> {
        let numbers = (1..=u32::from(GroupNumber::MAX)).filter_map(GroupNumber::new);
        numbers.into_iter().find(|number| self.groups.values().all(|group| group.number != Some(*number)))
    }

    /// REG: renames a group. Its current name is accepted and changes nothing.
    ///
    /// # Errors
    /// 224 no such group, 228 the name is in use.
    pub fn rename_group(&self, group: GroupRef, name: &str, now: Timestamp) -> Result<Vec<Change>, ErrorCode> {
        let change = match self.find_group(group).ok_or(ErrorCode::InvalidGroup)? {
            GroupPlace::OtherContacts if self.other_contacts_name() == name => return Ok(Vec::new()),
            GroupPlace::OtherContacts => Change::OtherContactsName(name.into()),
            GroupPlace::Group(guid) => {
                let old = self.groups.get(&guid).ok_or(ErrorCode::InvalidGroup)?;
                if *old.name == *name {
                    return Ok(Vec::new());
                }
                if self.has_group_named(name) {
                    return Err(ErrorCode::GroupExists);
                }
                Change::Group(guid, Group { name: name.into(), number: old.number })
            }
        };
        Ok(vec![change, Change::ListChanged(now)])
    }

    /// RMG: removes a group; its contacts stay on FL (ns.md section 9).
    ///
    /// # Errors
    /// 224 no such group, 230 group 0.
    pub fn remove_group(&self, group: GroupRef, now: Timestamp) -> Result<Vec<Change>, ErrorCode> {
        match self.find_group(group).ok_or(ErrorCode::InvalidGroup)? {
            GroupPlace::OtherContacts => Err(ErrorCode::GroupZero),
            GroupPlace::Group(guid) => Ok(vec![Change::GroupRemoved(guid), Change::ListChanged(now)]),
        }
    }
}
