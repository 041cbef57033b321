//! The lists, groups and settings that a client shows, according to the lines that it receives
//! (ns.md sections 6 to 9).

mod apply;
mod burst;
mod words;

use std::collections::{BTreeMap, BTreeSet};

use crate::history::{Parts, part};

/// The first dialect in which contacts and groups have GUIDs.
pub(crate) const GUIDS: u32 = 10;
/// The number of the group for contacts without a group, before MSNP10. Later dialects have no such
/// group.
const OTHER_CONTACTS: &str = "0";

/// The lists, groups and settings that a client shows.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lists {
    entries: BTreeMap<String, Entry>,
    /// The name of each group, by GUID or number.
    groups: BTreeMap<String, String>,
    /// The settings: GTC, BLP, the display name and the telephone numbers.
    settings: Parts,
    copy: Copy,
}

/// The data that a client has about an address.
#[derive(Clone, Debug, Default)]
struct Entry {
    /// The lists that contain the address: FL, AL, BL or RL. PL counts as RL.
    lists: BTreeSet<&'static str>,
    nickname: String,
    guid: Option<String>,
    /// The GUIDs or numbers of the groups that contain the address.
    groups: BTreeSet<String>,
}

/// The completeness of the client's copy of the lists.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
enum Copy {
    /// The client has not asked for the lists.
    #[default]
    Nothing,
    /// The client has a copy from an earlier session.
    Earlier,
    /// The client still lacks these numbers of group lines and entry lines.
    Burst { groups: usize, entries: usize },
    /// The client has all lines of the lists, or its copy from an earlier session is current.
    Complete,
}

impl Lists {
    /// Returns these lists as a copy that a client keeps for a later session.
    pub(crate) fn kept(&self) -> Self {
        Self { copy: Copy::Earlier, ..self.clone() }
    }

    /// Returns whether the client has received all of its lists.
    pub(crate) fn are_complete(&self) -> bool {
        self.copy == Copy::Complete
    }

    /// Returns whether these lists are only a copy from an earlier session that the server has not
    /// confirmed.
    pub(crate) fn may_be_outdated(&self) -> bool {
        self.copy == Copy::Earlier
    }

    /// Returns the addresses on a list.
    pub(crate) fn on(&self, list: &str) -> impl Iterator<Item = &String> {
        self.entries.iter().filter(move |(_, entry)| entry.lists.contains(list)).map(|(handle, _)| handle)
    }

    /// Returns the GUID of a contact.
    pub(crate) fn guid(&self, handle: &str) -> Option<&str> {
        self.entries.get(handle)?.guid.as_deref()
    }

    /// Returns the address of the contact with a GUID.
    pub(crate) fn contact(&self, guid: &str) -> Option<&String> {
        self.entries.iter().find(|(_, entry)| entry.guid.as_deref() == Some(guid)).map(|(handle, _)| handle)
    }

    /// Returns the GUIDs or numbers of the groups, without group 0.
    pub(crate) fn groups(&self) -> impl Iterator<Item = &String> {
        self.groups.keys().filter(|group| *group != OTHER_CONTACTS)
    }

    /// Returns the GUIDs or numbers of the groups of a contact, without group 0.
    pub(crate) fn groups_of(&self, handle: &str) -> impl Iterator<Item = &String> {
        let groups = self.entries.get(handle).into_iter().flat_map(|entry| &entry.groups);
        groups.filter(|group| *group != OTHER_CONTACTS)
    }

    /// Returns the name of a group.
    pub(crate) fn group(&self, group: &str) -> Option<&String> {
        self.groups.get(group)
    }

    /// Returns everything that the client shows, or `None` if it has not received all of its lists.
    pub(crate) fn parts(&self) -> Option<Parts> {
        if !self.are_complete() {
            return None;
        }
        let mut parts = self.settings.clone();
        parts.extend(self.groups().map(|group| (part::group(&self.groups[group]), String::new())));
        for (handle, entry) in &self.entries {
            parts.extend(entry.lists.iter().map(|list| (format!("{list} {handle}"), String::new())));
            parts.insert(part::nickname(handle), entry.nickname.clone());
            let names = self.groups_of(handle).filter_map(|group| self.groups.get(group));
            parts.extend(names.map(|name| (part::member(name, handle), String::new())));
        }
        Some(parts)
    }
}

#[cfg(test)]
mod tests;
