//! Changes of FL, their effect on the other account's roster, and changes of nicknames.

use msnp::{ContactRef, DisplayName, ErrorCode, GroupRef, Guid, Handle, List, Timestamp};
use swallowtail_config::RosterLimits;
use thin_vec::{ThinVec, thin_vec};

use super::super::{Change, Entry, GroupPlace, Roster};

/// A contact to be added to FL.
#[derive(Clone, Debug)]
pub struct NewContact {
    /// Its address.
    pub handle: Handle,
    /// The nickname. Without one, clients show the handle.
    pub nickname: Option<DisplayName>,
    /// The group that the contact is added to.
    pub group: Option<GroupRef>,
    /// Its GUID, which must be new.
    pub guid: Guid,
}

impl Roster {
    /// Adds a contact to FL (`ADC FL N=handle`). [`Roster::become_watched`] returns the changes of the contact's own
    /// roster.
    ///
    /// # Errors
    /// Returns 201 if the contact is the owner, 210 if FL is full, and 215 if the contact is
    /// already on FL. Returns 224 for an unknown group.
    pub fn add_contact(
        &self,
        new: NewContact,
        limits: &RosterLimits,
        now: Timestamp,
    ) -> Result<Vec<Change>, ErrorCode> {
        let NewContact { handle, nickname, group, guid } = new;
        if handle == self.owner {
            return Err(ErrorCode::InvalidParameter);
        }
        let mut entry = self.entry(&handle);
        if entry.is_on(List::Forward) {
            return Err(ErrorCode::AlreadyThere);
        }
        let place = group.map(|group| self.find_group(group).ok_or(ErrorCode::InvalidGroup)).transpose()?;
        if self.count(List::Forward) >= limits.contacts {
            return Err(ErrorCode::ListFull);
        }
        entry.lists |= List::Forward;
        entry.nickname = nickname;
        entry.contact = Some(guid);
        entry.in_other_contacts = place == Some(GroupPlace::OtherContacts);
        entry.groups = match place {
            Some(GroupPlace::Group(guid)) => thin_vec![guid],
            Some(GroupPlace::OtherContacts) | None => ThinVec::new(),
        };
        Ok(vec![Change::Entry(handle, entry), Change::ListChanged(now)])
    }

    /// Adds `watcher`, whose display name is `name`, to RL or PL, because `watcher` has added the
    /// owner to FL (ns.md section 1.2 rule 2). The list is RL if the owner has already allowed or
    /// blocked `watcher`. Otherwise the list is PL. Returns no changes if `watcher` is already on
    /// either list.
    ///
    /// # Errors
    /// Returns 210 if too many accounts have the owner on FL.
    pub fn become_watched(
        &self,
        watcher: &Handle,
        name: &DisplayName,
        limits: &RosterLimits,
        now: Timestamp,
    ) -> Result<Vec<Change>, ErrorCode> {
        let mut entry = self.entry(watcher);
        if entry.watches() {
            return Ok(Vec::new());
        }
        if self.count(List::Reverse | List::Pending) >= limits.reverse {
            return Err(ErrorCode::ListFull);
        }
        if entry.lists.is_empty() {
            entry.nickname = Some(name.clone());
        }
        let decided = entry.lists.has_any(List::Allow | List::Block);
        entry.lists |= if decided { List::Reverse } else { List::Pending };
        Ok(vec![Change::Entry(watcher.clone(), entry), Change::ListChanged(now)])
    }

    /// Adds `watcher`, whose display name is `name`, to RL without asking the owner, because the account of `watcher` was
    /// created with the owner on FL. Returns no changes if `watcher` is already on RL or PL.
    ///
    /// # Errors
    /// Returns 210 if too many accounts have the owner on FL.
    pub fn become_shown(
        &self,
        watcher: &Handle,
        name: &DisplayName,
        limits: &RosterLimits,
        now: Timestamp,
    ) -> Result<Vec<Change>, ErrorCode> {
        let changes = self.become_watched(watcher, name, limits, now)?;
        Ok(changes.into_iter().map(without_asking).collect())
    }

    /// Removes a contact from FL (`REM FL contact`). [`Roster::become_unwatched`] returns the changes of the contact's
    /// own roster.
    ///
    /// # Errors
    /// Returns 216 for an unknown contact.
    pub fn remove_contact(&self, contact: &ContactRef, now: Timestamp) -> Result<Vec<Change>, ErrorCode> {
        let (handle, entry) = self.find_contact(contact).ok_or(ErrorCode::NotOnList)?;
        let mut entry = entry.clone();
        entry.lists = entry.lists.without(List::Forward);
        entry.contact = None;
        entry.groups.clear();
        entry.in_other_contacts = false;
        Ok(vec![Change::Entry(handle.clone(), entry), Change::ListChanged(now)])
    }

    /// Removes `watcher` from RL and PL, because `watcher` has removed the owner from FL (ns.md
    /// section 1.2 rule 3).
    #[must_use]
    pub fn become_unwatched(&self, watcher: &Handle, now: Timestamp) -> Vec<Change> {
        let mut entry = self.entry(watcher);
        if !entry.watches() {
            return Vec::new();
        }
        entry.lists = entry.lists.without(List::Reverse | List::Pending);
        vec![Change::Entry(watcher.clone(), entry), Change::ListChanged(now)]
    }

    /// Changes a nickname (`SBP contact MFN`). If `nickname` is `None`, clients show the handle.
    ///
    /// # Errors
    /// Returns 208 for an unknown contact.
    pub fn set_nickname(
        &self,
        contact: &ContactRef,
        nickname: Option<DisplayName>,
        now: Timestamp,
    ) -> Result<Vec<Change>, ErrorCode> {
        let (handle, entry) = self.find_contact(contact).ok_or(ErrorCode::InvalidUsername)?;
        if shown_as(handle, nickname.as_ref()) == shown_as(handle, entry.nickname.as_ref()) {
            return Ok(Vec::new());
        }
        let entry = Entry { nickname, ..entry.clone() };
        Ok(vec![Change::Entry(handle.clone(), entry), Change::ListChanged(now)])
    }
}

/// Returns the name that clients show for a contact: the nickname or, without one, the handle.
fn shown_as<'a>(handle: &'a Handle, nickname: Option<&'a DisplayName>) -> &'a str {
    nickname.map_or(handle.as_str(), DisplayName::as_str)
}

/// Changes an entry from PL to RL.
fn without_asking(change: Change) -> Change {
    match change {
        Change::Entry(handle, entry) if entry.is_on(List::Pending) => {
            let lists = entry.lists.without(List::Pending) | List::Reverse;
            Change::Entry(handle, Entry { lists, ..entry })
        }
        other => other,
    }
}
