//! What an account keeps: settings, entries on its lists, groups (docs/protocol/ns.md section 1).
//!
//! A [`Roster`] is plain data with rules, no clock and no I/O. Commands become [`Change`]s (`edit`), and the same changes go to
//! the store and, once they are durable, to the roster in memory, so that the two cannot drift apart.

mod edit;

use std::collections::BTreeMap;
use std::sync::Arc;

use msnp::notification::{AddPrompt, Phone, Privacy};
use msnp::{DisplayName, Guid, Handle, List, ListBits, Timestamp};

pub use edit::{NewContact, RosterLimits};

/// The lists, groups and settings of one account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Roster {
    /// Whose they are.
    pub owner: Handle,
    /// The account's display name.
    pub name: DisplayName,
    /// Its settings.
    pub settings: Settings,
    /// Every address that is on any of its lists.
    pub entries: BTreeMap<Handle, Entry>,
    /// Its groups by GUID.
    pub groups: BTreeMap<Guid, Arc<str>>,
    /// When lists and settings changed last.
    pub stamps: Stamps,
}

/// GTC, BLP, PHH, PHW, PHM, MOB.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// GTC.
    pub add_prompt: AddPrompt,
    /// BLP.
    pub privacy: Privacy,
    /// PHH, PHW, PHM, as decoded text.
    pub phones: [Option<Arc<str>>; 3],
    /// MOB.
    pub paging: bool,
}

/// What an account keeps about one address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entry {
    /// The lists it is on; never none.
    pub lists: ListBits,
    /// The nickname; without one the handle stands in.
    pub nickname: Option<DisplayName>,
    /// The GUID while on FL.
    pub contact: Option<Guid>,
    /// The groups while on FL, sorted.
    pub groups: Vec<Guid>,
}

/// When lists and settings changed last (ns.md section 1.4).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stamps {
    /// Lists, entries, groups, nicknames.
    pub list: Timestamp,
    /// Settings and own name.
    pub settings: Timestamp,
    /// The list version of the dialects below MSNP10: raised by every change of either kind.
    pub version: u32,
}

/// One step of a change, for the store and for the roster in memory alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// The entry of an address is now this; one without lists goes away.
    Entry(Handle, Entry),
    /// There is a group of this name.
    Group(Guid, Arc<str>),
    /// The group is gone, and nobody is in it.
    GroupRemoved(Guid),
    /// MFN.
    Name(DisplayName),
    /// GTC, BLP, telephone numbers, MOB.
    Settings(Settings),
    /// The stamps after the change.
    Stamps(Stamps),
}

impl Stamps {
    /// The stamps after a change of lists, entries, groups or nicknames at `now`.
    #[must_use]
    pub fn list_changed(self, now: Timestamp) -> Self {
        Self { list: self.list.next(now), version: self.version.wrapping_add(1), ..self }
    }

    /// The stamps after a change of settings or own name at `now`.
    #[must_use]
    pub fn settings_changed(self, now: Timestamp) -> Self {
        Self { settings: self.settings.next(now), version: self.version.wrapping_add(1), ..self }
    }

    /// The later of each: a change by somebody else may have come in between.
    #[must_use]
    pub fn latest(self, other: Self) -> Self {
        Self {
            list: self.list.max(other.list),
            settings: self.settings.max(other.settings),
            version: self.version.max(other.version),
        }
    }
}

impl Settings {
    /// A telephone number.
    #[must_use]
    pub fn phone(&self, phone: Phone) -> Option<&str> {
        self.phones[phone as usize].as_deref()
    }
}

impl Entry {
    /// Whether the address is on `list`.
    #[must_use]
    pub const fn is_on(&self, list: List) -> bool {
        self.lists.has(list)
    }

    /// Whether the address has the owner on its own FL: then it is on RL or PL here.
    #[must_use]
    pub fn watches(&self) -> bool {
        self.lists.has_any(List::Reverse | List::Pending)
    }
}

impl Roster {
    /// An account that has nothing yet.
    #[must_use]
    pub fn new(owner: Handle, name: DisplayName, stamps: Stamps) -> Self {
        Self { owner, name, settings: Settings::default(), entries: BTreeMap::new(), groups: BTreeMap::new(), stamps }
    }

    /// Carries out a change.
    pub fn apply(&mut self, change: &Change) {
        match change {
            Change::Entry(handle, entry) if entry.lists.is_empty() => {
                self.entries.remove(handle);
            }
            Change::Entry(handle, entry) => {
                self.entries.insert(handle.clone(), entry.clone());
            }
            Change::Group(guid, name) => {
                self.groups.insert(*guid, name.clone());
            }
            Change::GroupRemoved(guid) => {
                self.groups.remove(guid);
                for entry in self.entries.values_mut() {
                    entry.groups.retain(|group| group != guid);
                }
            }
            Change::Name(name) => self.name = name.clone(),
            Change::Settings(settings) => self.settings = settings.clone(),
            Change::Stamps(stamps) => self.stamps = self.stamps.latest(*stamps),
        }
    }

    /// Whether `other` may see and call the owner (ns.md section 2, `allowed`).
    #[must_use]
    pub fn allows(&self, other: &Handle) -> bool {
        let lists = self.entries.get(other).map_or(ListBits::NONE, |entry| entry.lists);
        if lists.has(List::Block) {
            return false;
        }
        lists.has(List::Allow) || self.settings.privacy == Privacy::Allow
    }

    /// Whether `other` has the owner on FL and may see the owner: what is left of `shown` is up to the presence.
    #[must_use]
    pub fn shows_to(&self, other: &Handle) -> bool {
        self.entries.get(other).is_some_and(Entry::watches) && self.allows(other)
    }

    /// Everybody who has the owner on FL.
    pub fn watchers(&self) -> impl Iterator<Item = &Handle> {
        self.entries.iter().filter(|(_, entry)| entry.watches()).map(|(handle, _)| handle)
    }

    /// Everybody on FL.
    pub fn contacts(&self) -> impl Iterator<Item = (&Handle, &Entry)> {
        self.entries.iter().filter(|(_, entry)| entry.is_on(List::Forward))
    }

    /// The contact with this GUID.
    #[must_use]
    pub fn contact(&self, guid: Guid) -> Option<(&Handle, &Entry)> {
        self.contacts().find(|(_, entry)| entry.contact == Some(guid))
    }
}
