//! The view of one client: the data that the client shows about its own account and about other
//! accounts.

use std::collections::{BTreeMap, BTreeSet};

use super::rules::{AL, BL, Numbers, PL, Phones, RL, World, is_telephone};
use super::words::Guids;

/// Everything that a client knows, in the words of its dialect.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct View {
    /// The contacts that are online.
    pub(crate) online: BTreeMap<String, Seen>,
    pub(crate) kept: Kept,
}

/// The data that a client shows about an online contact.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) status: String,
    pub(crate) name: String,
    pub(crate) capabilities: String,
    pub(crate) object: Option<String>,
    pub(crate) message: Option<String>,
}

/// The data that the server sends in answer to SYN. A client keeps this data when it signs out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Kept {
    pub(crate) name: String,
    pub(crate) prompt: String,
    pub(crate) privacy: String,
    pub(crate) phones: Phones,
    pub(crate) paging: bool,
    /// The names of the groups, by number or GUID.
    pub(crate) groups: BTreeMap<String, String>,
    pub(crate) entries: BTreeMap<String, Line>,
    /// The telephone numbers of the contacts that have any.
    pub(crate) numbers: Numbers,
}

/// An entry of the lists.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) lists: u8,
    pub(crate) nick: String,
    /// The GUID of the contact. It exists from MSNP10 on, as long as the address is on FL.
    pub(crate) guid: Option<String>,
    /// The numbers or GUIDs of the groups.
    pub(crate) groups: BTreeSet<String>,
}

/// Returns the view that the client of `who`, a signed-in user, must have.
pub(crate) fn expected(world: &World, who: &str, guids: &Guids) -> View {
    let account = &world.people[who];
    let session = account.session.as_ref().unwrap();
    let (dialect, old) = (session.dialect, session.dialect < 10);
    let mut view = View::default();
    for other in world.people.keys() {
        if let Some((theirs, status)) = world.seen(other, who) {
            let seen = Seen {
                status: status.status.to_owned(),
                name: world.people[other].name.clone(),
                capabilities: status.capabilities.to_string(),
                object: status.object.filter(|_| dialect > 8).map(str::to_owned),
                message: theirs.message.filter(|_| dialect > 10).map(str::to_owned),
            };
            view.online.insert(other.clone(), seen);
        }
    }
    if !session.synced {
        return view;
    }
    let guid = |id| guids.of(id).cloned().unwrap_or_else(|| "never seen".to_owned());
    view.kept.name.clone_from(&account.name);
    account.prompt.clone_into(&mut view.kept.prompt);
    view.kept.paging = account.paging;
    account.privacy.clone_into(&mut view.kept.privacy);
    view.kept.phones.clone_from(&account.phones);
    if old {
        view.kept.groups.insert("0".to_owned(), account.group_zero.clone());
    }
    for (id, group) in &account.groups {
        let key = if old { group.number.map(|number| number.to_string()) } else { Some(guid(*id)) };
        view.kept.groups.extend(key.map(|key| (key, group.name.clone())));
    }
    for (other, entry) in &account.entries {
        if dialect < 11 && is_telephone(other) {
            continue;
        }
        // PL exists from MSNP10 on. In older dialects, the addresses on PL appear on RL.
        let lists = if old && entry.lists & PL != 0 { entry.lists ^ (PL | RL) } else { entry.lists };
        let groups = match entry.contact {
            None => BTreeSet::new(),
            Some(_) if old => account.numbers_of(entry).iter().map(u32::to_string).collect(),
            Some(_) => entry.groups.iter().copied().map(guid).collect(),
        };
        let guid = entry.contact.filter(|_| !old).map(guid);
        view.kept.entries.insert(other.clone(), Line { lists, nick: entry.nick.clone(), guid, groups });
    }
    let set = session.numbers.iter().filter(|(_, phones)| phones.iter().any(Option::is_some));
    view.kept.numbers = set.map(|(other, phones)| (other.clone(), phones.clone())).collect();
    view
}

impl Kept {
    /// Moves an address from PL to RL, because the user has added it to AL or BL or has answered
    /// its request in another way.
    pub(crate) fn settle(&mut self, who: &str) {
        if let Some(line) = self.entries.get_mut(who).filter(|line| line.lists & PL != 0) {
            line.lists ^= PL | RL;
        }
    }

    /// Notes that `who` has added this user to FL.
    pub(crate) fn watched_by(&mut self, who: &str, name: String, old: bool) {
        let line = self.entries.entry(who.to_owned()).or_insert_with(|| Line { nick: name, ..Line::default() });
        line.lists |= if old || line.lists & (AL | BL) != 0 { RL } else { PL };
    }

    /// Removes an address from some lists.
    pub(crate) fn take_off(&mut self, who: &str, lists: u8) {
        if let Some(line) = self.entries.get_mut(who) {
            line.lists &= !lists;
            if line.lists == 0 {
                self.entries.remove(who);
            }
        }
    }

    pub(crate) fn handle_of(&self, guid: &str) -> String {
        let known = self.entries.iter().find(|(_, line)| line.guid.as_deref() == Some(guid));
        known.map(|(handle, _)| handle.clone()).unwrap_or_else(|| panic!("no contact has the GUID {guid}"))
    }

    /// Sets a telephone number of a contact, or removes it if `number` is `None`.
    pub(crate) fn set_number(&mut self, who: &str, property: &str, number: Option<String>) {
        let phones = self.numbers.entry(who.to_owned()).or_default();
        phones[phone(property)] = number;
        if phones.iter().all(Option::is_none) {
            self.numbers.remove(who);
        }
    }
}

pub(crate) fn phone(property: &str) -> usize {
    let known = ["PHH", "PHW", "PHM"].iter().position(|known| *known == property);
    known.unwrap_or_else(|| panic!("{property} is not a number that clients receive"))
}
