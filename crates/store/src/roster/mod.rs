//! The lists, groups and settings of an account (docs/protocol/ns.md section 1).
//!
//! A [`Roster`] is plain data with rules, without clock or I/O. The rules in `edit` turn commands
//! into [`Change`]s. The server first writes these changes to the store. When the changes are
//! durable, the server applies the same changes to the roster in memory. So the stored roster and
//! the roster in memory stay equal.

mod edit;
mod entries;
mod entry;
mod pool;
mod settings;

use std::collections::BTreeMap;
use std::sync::Arc;

use msnp::notification::Privacy;
use msnp::{ContactRef, DisplayName, GroupNumber, GroupRef, Guid, Handle, List, ListBits, Timestamp};

pub use edit::{GroupRemoval, NewContact, NewGroup, NewListEntry};
pub use entries::Entries;
pub use entry::Entry;
pub use settings::Settings;

/// The name of group 0 until it is renamed.
const OTHER_CONTACTS: &str = "Other Contacts";

/// The lists, groups and settings of one account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Roster {
    /// The account's address.
    pub owner: Handle,
    /// The account's display name.
    pub name: DisplayName,
    /// Its settings.
    pub settings: Settings,
    /// The entries of the account: one for each address that is on at least one of the account's
    /// lists.
    pub entries: Entries,
    /// Its groups by GUID.
    pub groups: BTreeMap<Guid, Group>,
    /// The name of group 0 in the dialects before MSNP10, if it was renamed.
    pub other_contacts_name: Option<Arc<str>>,
    /// The times of the last changes.
    pub stamps: Stamps,
}

/// A group of contacts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Its name.
    pub name: Arc<str>,
    /// Its number for the dialects before MSNP10, 1 to 29. Clients of these dialects do not see a group without a
    /// number.
    pub number: Option<GroupNumber>,
}

/// The times at which lists and settings last changed (ns.md section 1.4).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stamps {
    /// The time of the last change of lists, entries, groups or nicknames.
    pub list: Timestamp,
    /// The time of the last change of the settings or the display name.
    pub settings: Timestamp,
    /// The list version of the dialects before MSNP10. Every change that advances `list` or
    /// `settings` also raises `version` by one.
    pub version: u32,
}

/// One step of an edit, both for the store and for the roster in memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Sets the entry of an address, or removes it if the entry is on no list.
    Entry(Handle, Entry),
    /// Creates or changes a group.
    Group(Guid, Group),
    /// Renames group 0.
    OtherContactsName(Arc<str>),
    /// Removes a group, and removes all contacts from it.
    GroupRemoved(Guid),
    /// Sets the display name (MFN).
    Name(DisplayName),
    /// Sets GTC, BLP, telephone numbers and MOB.
    Settings(Settings),
    /// Makes the clients' copies of the lists outdated. This change advances the current stamp, and
    /// does not set it to a fixed value. So the stamp also counts changes by other edits that were
    /// written after this edit was planned.
    ListChanged(Timestamp),
    /// Makes the clients' copies of the settings outdated.
    SettingsChanged(Timestamp),
}

impl Stamps {
    /// Returns the stamps after a change of lists, entries, groups or nicknames at `now`.
    #[must_use]
    pub fn list_changed(self, now: Timestamp) -> Self {
        Self { list: self.list.next(now), version: self.version.wrapping_add(1), ..self }
    }

    /// Returns the stamps after a change of the settings or the display name at `now`.
    #[must_use]
    pub fn settings_changed(self, now: Timestamp) -> Self {
        Self { settings: self.settings.next(now), version: self.version.wrapping_add(1), ..self }
    }
}

impl Roster {
    /// Creates the roster of a new account, with default settings and empty lists.
    #[must_use]
    pub fn new(owner: Handle, name: DisplayName, stamps: Stamps) -> Self {
        Self {
            owner,
            name,
            settings: Settings::default(),
            entries: Entries::default(),
            groups: BTreeMap::new(),
            other_contacts_name: None,
            stamps,
        }
    }

    fn entry(&self, handle: &Handle) -> Entry {
        self.entries.get(handle).cloned().unwrap_or_default()
    }

    fn count(&self, lists: impl Into<ListBits> + Copy) -> usize {
        self.entries.values().filter(|entry| entry.lists.has_any(lists)).count()
    }

    /// Applies a change.
    pub fn apply(&mut self, change: &Change) {
        match change {
            Change::Entry(handle, entry) if entry.lists.is_empty() => {
                self.entries.remove(handle);
            }
            Change::Entry(handle, entry) => {
                self.entries.insert(handle, entry.clone());
            }
            Change::Group(guid, group) => {
                self.groups.insert(*guid, group.clone());
            }
            Change::OtherContactsName(name) => self.other_contacts_name = Some(name.clone()),
            Change::GroupRemoved(guid) => {
                self.groups.remove(guid);
                for entry in self.entries.values_mut() {
                    entry.groups.retain(|group| group != guid);
                }
            }
            Change::Name(name) => self.name = name.clone(),
            Change::Settings(settings) => self.settings = settings.clone(),
            Change::ListChanged(now) => self.stamps = self.stamps.list_changed(*now),
            Change::SettingsChanged(now) => self.stamps = self.stamps.settings_changed(*now),
        }
    }

    /// Returns whether `other` may see and call the owner (ns.md section 2, `allowed`).
    #[must_use]
    pub fn allows(&self, other: &Handle) -> bool {
        let lists = self.entries.get(other).map_or(ListBits::NONE, |entry| entry.lists);
        if lists.has(List::Block) {
            return false;
        }
        lists.has(List::Allow) || self.settings.privacy == Privacy::Allow
    }

    /// Returns whether `other` has the owner on FL and may see the owner. This is the part of `shown` (ns.md section 2)
    /// that depends on lists.
    #[must_use]
    pub fn shows_to(&self, other: &Handle) -> bool {
        self.entries.get(other).is_some_and(Entry::watches) && self.allows(other)
    }

    /// Returns every address that has the owner on FL.
    pub fn watchers(&self) -> impl Iterator<Item = &Handle> {
        self.entries.iter().filter(|(_, entry)| entry.watches()).map(|(handle, _)| handle)
    }

    /// Returns every contact, which means every entry on FL.
    pub fn contacts(&self) -> impl Iterator<Item = (&Handle, &Entry)> {
        self.entries.iter().filter(|(_, entry)| entry.is_on(List::Forward))
    }

    /// Returns the contact with this GUID.
    #[must_use]
    pub fn contact(&self, guid: Guid) -> Option<(&Handle, &Entry)> {
        self.contacts().find(|(_, entry)| entry.contact == Some(guid))
    }

    /// Returns the contact that a command refers to.
    #[must_use]
    pub fn find_contact(&self, contact: &ContactRef) -> Option<(&Handle, &Entry)> {
        match contact {
            ContactRef::Guid(guid) => self.contact(*guid),
            ContactRef::Handle(handle) => {
                self.entries.get_key_value(handle).filter(|(_, entry)| entry.is_on(List::Forward))
            }
        }
    }

    /// Returns the group that a command refers to.
    #[must_use]
    pub fn find_group(&self, group: GroupRef) -> Option<GroupPlace> {
        match group {
            GroupRef::Guid(guid) => self.groups.contains_key(&guid).then_some(GroupPlace::Group(guid)),
            GroupRef::Number(GroupNumber::OTHER_CONTACTS) => Some(GroupPlace::OtherContacts),
            GroupRef::Number(number) => {
                let known = self.groups.iter().find(|(_, group)| group.number == Some(number));
                known.map(|(guid, _)| GroupPlace::Group(*guid))
            }
        }
    }

    /// Returns the name of group 0.
    #[must_use]
    pub fn other_contacts_name(&self) -> &str {
        self.other_contacts_name.as_deref().unwrap_or(OTHER_CONTACTS)
    }

    /// Returns the number of a group, if it has one.
    fn number_of(&self, group: Guid) -> Option<GroupNumber> {
        self.groups.get(&group)?.number
    }

    /// Returns the numbers of the groups that a contact is in, for the dialects before MSNP10. Group 0 is among the
    /// numbers if a client added the contact to it, or if the contact is in no group that these dialects see.
    #[must_use]
    pub fn group_numbers(&self, entry: &Entry) -> Vec<GroupNumber> {
        let mut numbers: Vec<GroupNumber> = entry.groups.iter().filter_map(|group| self.number_of(*group)).collect();
        if entry.in_other_contacts || numbers.is_empty() {
            numbers.push(GroupNumber::OTHER_CONTACTS);
        }
        numbers.sort_unstable();
        numbers
    }

    /// Returns whether a contact is in group 0, as [`Self::group_numbers`] defines it.
    #[must_use]
    pub fn is_in_other_contacts(&self, entry: &Entry) -> bool {
        self.group_numbers(entry).first() == Some(&GroupNumber::OTHER_CONTACTS)
    }
}

/// The place of a group in a roster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GroupPlace {
    /// The built-in group 0 of the dialects before MSNP10.
    OtherContacts,
    /// One of [`Roster::groups`].
    Group(Guid),
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Tests which lists and privacy settings of Alice allow Bob to see her.
    #[test]
    fn only_a_watcher_that_is_allowed_sees_the_owner() {
        // Each case has Alice's lists for Bob, and the expected (allows, shows_to): first with the
        // privacy setting AL, then with BL.
        type Case<'a> = (&'a [List], [(bool, bool); 2]);
        let table: [Case<'_>; 9] = [
            (&[], [(true, false), (false, false)]),
            (&[List::Forward], [(true, false), (false, false)]),
            (&[List::Reverse], [(true, true), (false, false)]),
            (&[List::Pending], [(true, true), (false, false)]),
            (&[List::Reverse, List::Allow], [(true, true), (true, true)]),
            (&[List::Allow], [(true, false), (true, false)]),
            (&[List::Reverse, List::Block], [(false, false), (false, false)]),
            (&[List::Pending, List::Block], [(false, false), (false, false)]),
            (&[List::Reverse, List::Allow, List::Block], [(false, false), (false, false)]),
        ];
        let alice = Handle::parse("alice@example.com").unwrap();
        let bob = Handle::parse("bob@example.com").unwrap();
        for (lists, expected) in table {
            for (privacy, expected) in [Privacy::Allow, Privacy::Block].into_iter().zip(expected) {
                let mut roster = Roster::new(alice.clone(), DisplayName::new("Alice").unwrap(), Stamps::default());
                roster.settings.privacy = privacy;
                let mut entry = Entry::default();
                lists.iter().for_each(|list| entry.lists |= *list);
                roster.entries.insert(&bob, entry);
                assert_eq!((roster.allows(&bob), roster.shows_to(&bob)), expected, "{lists:?} {privacy:?}");
            }
        }
    }
}
