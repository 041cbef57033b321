//! The roster. It contains the account's own settings, its groups, and every address on one of its
//! lists, as the server last reported them.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use msnp::notification::{AddPrompt, Phone, Privacy};
use msnp::payload::PersonalMessage;
use msnp::{Capabilities, DisplayName, Guid, Handle, List, ListBits, MsnObject, Status};

/// The roster of one account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Roster {
    /// The account itself.
    pub me: Me,
    pub(super) entries: BTreeMap<Handle, Entry>,
    pub(super) groups: BTreeMap<Guid, String>,
    pub(super) handles: HashMap<Guid, Handle>,
}

/// The settings of the account, and its own presence.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Me {
    /// The display name. `None` until the server has sent it.
    pub name: Option<DisplayName>,
    /// The status that the server has confirmed. `None` while the account is offline.
    pub status: Option<Status>,
    /// The phone numbers of the account.
    pub phones: BTreeMap<PhoneKind, String>,
    /// The rule for addresses on neither AL nor BL.
    pub privacy: Option<Privacy>,
    /// What clients of the account do when another user adds the account.
    pub add_prompt: Option<AddPrompt>,
}

/// A kind of phone number. The order is used for sorting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PhoneKind {
    /// The home phone number (PHH).
    Home,
    /// The work phone number (PHW).
    Work,
    /// The mobile phone number (PHM).
    Mobile,
}

impl From<Phone> for PhoneKind {
    fn from(phone: Phone) -> Self {
        match phone {
            Phone::Home => Self::Home,
            Phone::Work => Self::Work,
            Phone::Mobile => Self::Mobile,
        }
    }
}

/// An address on at least one list of the account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The address.
    pub handle: Handle,
    /// The name that the account gave to the address.
    pub nickname: DisplayName,
    /// The lists that the address is on.
    pub lists: ListBits,
    /// The GUID of a contact (an address on FL).
    pub guid: Option<Guid>,
    /// The groups of a contact.
    pub groups: BTreeSet<Guid>,
    /// The presence of a contact. `None` while the contact is offline or does not allow the account.
    pub presence: Option<Presence>,
    /// The personal message of a contact that is online.
    pub personal_message: Option<PersonalMessage>,
    /// The contact's phone numbers, as the server has sent them.
    pub phones: BTreeMap<PhoneKind, String>,
}

/// The presence of a contact that is online.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Presence {
    /// The status, never [`Status::Hidden`].
    pub status: Status,
    /// The display name that the contact chose.
    pub name: DisplayName,
    /// The capabilities of the contact's client.
    pub capabilities: Capabilities,
    /// The display picture, if the contact has one.
    pub picture: Option<MsnObject>,
}

impl Entry {
    pub(super) fn new(handle: Handle) -> Self {
        Self {
            nickname: DisplayName::from(&handle),
            handle,
            lists: ListBits::NONE,
            guid: None,
            groups: BTreeSet::new(),
            presence: None,
            personal_message: None,
            phones: BTreeMap::new(),
        }
    }

    /// Returns whether the address is a contact of the account (on FL).
    #[must_use]
    pub fn is_contact(&self) -> bool {
        self.lists.has(List::Forward)
    }

    /// Returns whether the account blocks the address (on BL).
    #[must_use]
    pub fn is_blocked(&self) -> bool {
        self.lists.has(List::Block)
    }

    /// Returns whether the account allows the address to see and call it (on AL).
    #[must_use]
    pub fn is_allowed(&self) -> bool {
        self.lists.has(List::Allow)
    }

    /// Returns whether the address has added the account, and the account has neither allowed nor
    /// blocked the address yet.
    #[must_use]
    pub fn is_pending(&self) -> bool {
        self.lists.has(List::Pending)
    }

    /// Returns whether the address has the account on its contact list.
    #[must_use]
    pub fn has_added_me(&self) -> bool {
        self.lists.has_any(List::Reverse | List::Pending)
    }

    /// Returns the status. `None` while the contact is offline.
    #[must_use]
    pub fn status(&self) -> Option<Status> {
        self.presence.as_ref().map(|presence| presence.status)
    }

    /// Returns the name to show. This is the nickname if the account chose a nickname. Otherwise,
    /// it is the contact's display name.
    #[must_use]
    pub fn name(&self) -> &DisplayName {
        match &self.presence {
            Some(presence) if self.nickname.as_str() == self.handle.as_str() => &presence.name,
            _ => &self.nickname,
        }
    }
}

impl Roster {
    /// Returns all addresses on any list, in the order of their handles.
    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.entries.values()
    }

    /// Returns the contacts (the addresses on FL), in the order of their handles.
    pub fn contacts(&self) -> impl Iterator<Item = &Entry> {
        self.entries.values().filter(|entry| entry.is_contact())
    }

    /// Returns the addresses that have added the account and that the account has neither allowed
    /// nor blocked yet.
    pub fn pending(&self) -> impl Iterator<Item = &Entry> {
        self.entries.values().filter(|entry| entry.is_pending())
    }

    /// Returns the entry of an address.
    #[must_use]
    pub fn get(&self, handle: &Handle) -> Option<&Entry> {
        self.entries.get(handle)
    }

    /// Returns the groups with their names, in no particular order.
    pub fn groups(&self) -> impl Iterator<Item = (Guid, &str)> {
        self.groups.iter().map(|(guid, name)| (*guid, name.as_str()))
    }

    /// Returns the first group with this name.
    #[must_use]
    pub fn group_named(&self, name: &str) -> Option<Guid> {
        self.groups().find_map(|(guid, there)| (there == name).then_some(guid))
    }
}

/// A change of the roster. Read the new values from the roster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RosterChange {
    /// The lists, nickname, groups or phone numbers of an address changed, or the address left all lists.
    Entry(Handle),
    /// A user added the account. [`Entry::is_pending`] says whether the account must still allow or
    /// block the user.
    AddedBy(Handle),
    /// A contact came online, went offline, or changed status, name, picture or capabilities.
    Presence {
        /// The handle of the contact.
        handle: Handle,
        /// The earlier status. `None` if the contact was offline.
        before: Option<Status>,
        /// The new status. `None` if the contact is offline.
        now: Option<Status>,
    },
    /// A contact published or removed a personal message.
    PersonalMessage(Handle),
    /// A group was created, renamed or deleted.
    Groups,
    /// The account's own name, status, numbers or settings changed.
    Me,
}
