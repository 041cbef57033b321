//! Applies the lines of a notification server to the roster.

use msnp::name::MAX_GROUP_NAME;
use msnp::notification::{
    Addition, ContactChange, ContactLine, GroupLine, Lst, MAX_PHONE, PresenceInfo, PresenceLine, Property,
    PropertyChange, Prp, Removal, Sbp, ServerCommand, SettingLine,
};
use msnp::{ContactRef, DisplayName, GroupRef, Guid, Handle, List, ListBits, TrId};

use super::limits::{MAX_ENTRIES, MAX_GROUPS, MAX_GROUPS_OF_ENTRY};
use super::roster::{Entry, Presence, Roster, RosterChange};

/// The server sent more addresses or groups than [`MAX_ENTRIES`] or [`MAX_GROUPS`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TooLarge;

impl Roster {
    /// Applies a line. Returns the change, if the line changed anything.
    pub(super) fn apply(&mut self, line: &ServerCommand) -> Result<Option<RosterChange>, TooLarge> {
        Ok(match line {
            ServerCommand::Lst(lst) => Some(self.list(lst)?),
            ServerCommand::Setting(setting) => self.set(setting),
            ServerCommand::Prp(Prp { change, .. }) => self.own(change),
            ServerCommand::Sbp(sbp) => self.nickname(sbp),
            ServerCommand::Contact(contact) => self.contact(contact)?,
            ServerCommand::Group(group) => self.group(group)?,
            ServerCommand::Presence(presence) => self.presence(presence),
            _ => None,
        })
    }

    /// Marks all contacts and the account as offline, after the connection has ended.
    pub(super) fn go_offline(&mut self) {
        self.me.status = None;
        for entry in self.entries.values_mut() {
            entry.presence = None;
            entry.personal_message = None;
        }
    }

    /// Applies `LST`, which adds an address in the burst.
    fn list(&mut self, lst: &Lst) -> Result<RosterChange, TooLarge> {
        let entry = self.entry(&lst.handle)?;
        entry.nickname = lst.nickname.clone();
        entry.lists = lst.lists;
        entry.groups = lst.groups.iter().filter_map(guid_of).take(MAX_GROUPS_OF_ENTRY).collect();
        self.identify(&lst.handle, lst.contact);
        Ok(RosterChange::Entry(lst.handle.clone()))
    }

    fn set(&mut self, setting: &SettingLine) -> Option<RosterChange> {
        match setting {
            SettingLine::AddPrompt(_, prompt) => self.me.add_prompt = Some(*prompt),
            SettingLine::Privacy(_, privacy) => self.me.privacy = Some(*privacy),
            SettingLine::Own(Property::Name(name)) => self.me.name = Some(name.clone()),
            SettingLine::Own(Property::Phone(phone, Some(number))) => {
                self.me.phones.insert((*phone).into(), number.clone());
            }
            SettingLine::Own(Property::Phone(phone, None)) => {
                self.me.phones.remove(&(*phone).into());
            }
            SettingLine::Own(_) => return None,
            SettingLine::Contact(Some(handle), property) => return self.property(&handle.clone(), property),
            // In the burst, a line without a handle belongs to the LST line before it.
            // `Machine::apply` knows the handle of that LST line, so it applies such lines itself.
            SettingLine::Contact(None, _) => return None,
        }
        Some(RosterChange::Me)
    }

    /// Applies a property of a contact.
    pub(super) fn property(&mut self, handle: &Handle, property: &Property) -> Option<RosterChange> {
        let entry = self.entries.get_mut(handle)?;
        match property {
            // Longer numbers are ignored. No server accepts them, and they could use much memory if
            // there are many contacts.
            Property::Phone(_, Some(number)) if number.len() > MAX_PHONE => return None,
            Property::Phone(phone, Some(number)) => {
                entry.phones.insert((*phone).into(), number.clone());
            }
            Property::Phone(phone, None) => {
                entry.phones.remove(&(*phone).into());
            }
            _ => return None,
        }
        Some(RosterChange::Entry(handle.clone()))
    }

    fn own(&mut self, change: &PropertyChange) -> Option<RosterChange> {
        match change {
            PropertyChange::Name(name, _) => self.me.name = Some(name.clone()),
            PropertyChange::Phone(phone, Some(number)) => {
                self.me.phones.insert((*phone).into(), number.value().to_owned());
            }
            PropertyChange::Phone(phone, None) => {
                self.me.phones.remove(&(*phone).into());
            }
            PropertyChange::Paging(_) => return None,
        }
        Some(RosterChange::Me)
    }

    fn nickname(&mut self, sbp: &Sbp) -> Option<RosterChange> {
        let ContactChange::Nickname(name) = &sbp.change else { return None };
        let handle = self.handles.get(&sbp.contact)?.clone();
        let entry = self.entries.get_mut(&handle)?;
        entry.nickname = name.clone().unwrap_or_else(|| DisplayName::from(&handle));
        Some(RosterChange::Entry(handle))
    }

    fn contact(&mut self, line: &ContactLine) -> Result<Option<RosterChange>, TooLarge> {
        match line {
            ContactLine::Added { handle, nickname, contact, group, .. } => {
                let entry = self.entry(handle)?;
                add_list(entry, List::Forward);
                if let Some(group) = group.as_ref().and_then(guid_of) {
                    add_group(entry, group);
                }
                if let Some(name) = DisplayName::new(nickname.value()) {
                    entry.nickname = name;
                }
                self.identify(handle, Some(*contact));
                Ok(Some(RosterChange::Entry(handle.clone())))
            }
            ContactLine::Addition(adc) => self.addition(&adc.addition),
            ContactLine::Removal(rem) => Ok(self.removal(&rem.removal)),
            ContactLine::ReverseAdded { handle, name } => {
                let is_new = !self.entries.contains_key(handle);
                let entry = self.entry(handle)?;
                if is_new {
                    entry.nickname = name.clone();
                }
                // This is the server's rule (ns.md section 1.2 rule 2). An address that is on AL or
                // BL gets RL. Any other address gets PL.
                let list = if entry.lists.has_any(List::Allow | List::Block) { List::Reverse } else { List::Pending };
                add_list(entry, list);
                Ok(Some(RosterChange::AddedBy(handle.clone())))
            }
            ContactLine::ReverseRemoved(handle) => {
                self.take_from(handle, List::Reverse | List::Pending);
                Ok(Some(RosterChange::Entry(handle.clone())))
            }
        }
    }

    fn addition(&mut self, addition: &Addition) -> Result<Option<RosterChange>, TooLarge> {
        match addition {
            Addition::ToGroup { contact, group } => {
                let Some(handle) = self.handles.get(contact).cloned() else { return Ok(None) };
                if let Some(entry) = self.entries.get_mut(&handle) {
                    add_group(entry, *group);
                }
                Ok(Some(RosterChange::Entry(handle)))
            }
            Addition::ToList { list, handle, .. } => {
                let entry = self.entry(handle)?;
                add_list(entry, *list);
                // `ADC RL` moves an address from PL to RL, and so does a decision to allow or block
                // the address (ns.md section 1.2 rules 5 and 6).
                if entry.lists.has(List::Pending) && matches!(list, List::Reverse | List::Allow | List::Block) {
                    entry.lists = entry.lists.without(List::Pending) | List::Reverse;
                }
                Ok(Some(RosterChange::Entry(handle.clone())))
            }
            // A client's request to add a contact has the form `Addition::Contact`. The server's
            // answer to the request is `ContactLine::Added`, so this form changes nothing here.
            Addition::Contact { .. } => Ok(None),
        }
    }

    fn removal(&mut self, removal: &Removal) -> Option<RosterChange> {
        match removal {
            Removal::Contact(contact) => {
                let handle = self.handle_of(contact)?;
                let entry = self.entries.get_mut(&handle)?;
                entry.groups.clear();
                entry.presence = None;
                entry.personal_message = None;
                self.identify(&handle, None);
                self.take_from(&handle, ListBits::from(List::Forward));
                Some(RosterChange::Entry(handle))
            }
            Removal::FromGroup { contact, group } => {
                let handle = self.handle_of(contact)?;
                let entry = self.entries.get_mut(&handle)?;
                entry.groups.remove(&guid_of(group)?);
                Some(RosterChange::Entry(handle))
            }
            Removal::FromList { list: List::Pending, handle } => {
                // The other user still has the account on their list, so the address moves from PL
                // to RL (ns.md section 1.2 rule 5).
                let entry = self.entries.get_mut(handle)?;
                if entry.lists.has(List::Pending) {
                    entry.lists = entry.lists.without(List::Pending) | List::Reverse;
                }
                Some(RosterChange::Entry(handle.clone()))
            }
            Removal::FromList { list, handle } => {
                self.take_from(handle, ListBits::from(*list));
                Some(RosterChange::Entry(handle.clone()))
            }
        }
    }

    fn group(&mut self, line: &GroupLine) -> Result<Option<RosterChange>, TooLarge> {
        match line {
            GroupLine::Added { name, group, .. } => self.add_group(group, name.value())?,
            GroupLine::Listed { name, group } => self.add_group(group, name)?,
            GroupLine::Renamed(reg) => self.add_group(&reg.group, reg.name.value())?,
            GroupLine::Removed { group, .. } => {
                // An entry contains an unknown group only if the server named the group in the
                // entry but did not list it. This code does not remove such a group from entries.
                // `MAX_GROUPS_OF_ENTRY` limits the number of groups in an entry.
                if let Some(guid) = guid_of(group)
                    && self.groups.remove(&guid).is_some()
                {
                    for entry in self.entries.values_mut() {
                        entry.groups.remove(&guid);
                    }
                }
            }
        }
        Ok(Some(RosterChange::Groups))
    }

    fn add_group(&mut self, group: &GroupRef, name: &str) -> Result<(), TooLarge> {
        let Some(guid) = guid_of(group) else { return Ok(()) };
        if self.groups.len() >= MAX_GROUPS && !self.groups.contains_key(&guid) {
            return Err(TooLarge);
        }
        if name.len() > MAX_GROUP_NAME {
            return Ok(());
        }
        self.groups.insert(guid, name.to_owned());
        Ok(())
    }

    fn presence(&mut self, line: &PresenceLine) -> Option<RosterChange> {
        match line {
            PresenceLine::Changed(chg) => {
                self.me.status = Some(chg.status);
                Some(RosterChange::Me)
            }
            PresenceLine::Initial(_, info) | PresenceLine::Online(info) => self.online(info),
            PresenceLine::Offline(handle) => {
                let entry = self.entries.get_mut(handle)?;
                let before = entry.presence.take().map(|presence| presence.status);
                entry.personal_message = None;
                Some(RosterChange::Presence { handle: handle.clone(), before, now: None })
            }
            PresenceLine::Message(handle, message) => {
                let entry = self.entries.get_mut(handle)?;
                entry.personal_message = message.clone();
                Some(RosterChange::PersonalMessage(handle.clone()))
            }
            PresenceLine::Published(_) => None,
        }
    }

    fn online(&mut self, info: &PresenceInfo) -> Option<RosterChange> {
        let entry = self.entries.get_mut(&info.handle)?;
        let now = Presence {
            status: info.status,
            name: info.name.clone(),
            capabilities: info.capabilities,
            picture: info.object.clone(),
        };
        let before = entry.presence.replace(now).map(|presence| presence.status);
        Some(RosterChange::Presence { handle: info.handle.clone(), before, now: Some(info.status) })
    }

    /// Returns the entry of an address, and creates it if necessary.
    fn entry(&mut self, handle: &Handle) -> Result<&mut Entry, TooLarge> {
        if self.entries.len() >= MAX_ENTRIES && !self.entries.contains_key(handle) {
            return Err(TooLarge);
        }
        Ok(self.entries.entry(handle.clone()).or_insert_with(|| Entry::new(handle.clone())))
    }

    /// Sets the GUID of an address, and forgets the old GUID. Otherwise a server could fill the
    /// memory with GUIDs of one address.
    fn identify(&mut self, handle: &Handle, guid: Option<Guid>) {
        let Some(entry) = self.entries.get_mut(handle) else { return };
        if let Some(before) = std::mem::replace(&mut entry.guid, guid)
            && self.handles.get(&before) == Some(handle)
        {
            self.handles.remove(&before);
        }
        if let Some(guid) = guid {
            self.handles.insert(guid, handle.clone());
        }
    }

    /// Removes an address from lists. If the address is then on no list, deletes its entry.
    fn take_from(&mut self, handle: &Handle, lists: ListBits) {
        let Some(entry) = self.entries.get_mut(handle) else { return };
        entry.lists = entry.lists.without(lists);
        if entry.lists.is_empty() {
            self.identify(handle, None);
            self.entries.remove(handle);
        }
    }

    fn handle_of(&self, contact: &ContactRef) -> Option<Handle> {
        match contact {
            ContactRef::Guid(guid) => self.handles.get(guid).cloned(),
            ContactRef::Handle(handle) => Some(handle.clone()),
        }
    }
}

fn add_group(entry: &mut Entry, group: Guid) {
    if entry.groups.len() < MAX_GROUPS_OF_ENTRY {
        entry.groups.insert(group);
    }
}

fn add_list(entry: &mut Entry, list: List) {
    entry.lists |= list;
}

fn guid_of(group: &GroupRef) -> Option<Guid> {
    match group {
        GroupRef::Guid(guid) => Some(*guid),
        GroupRef::Number(_) => None,
    }
}

/// Returns the transaction id of the request that a line answers. Returns `None` if the line
/// answers no request.
pub(super) fn answered(line: &ServerCommand) -> Option<u32> {
    let trid = match line {
        ServerCommand::Syn(syn) => syn.trid,
        ServerCommand::Prp(prp) => prp.trid,
        ServerCommand::Sbp(sbp) => sbp.trid,
        ServerCommand::Rea(rea) => rea.trid,
        ServerCommand::Setting(SettingLine::AddPrompt(trid, _) | SettingLine::Privacy(trid, _)) => (*trid)?,
        ServerCommand::Contact(ContactLine::Added { trid, .. }) => *trid,
        ServerCommand::Contact(ContactLine::Addition(adc)) => adc.trid,
        ServerCommand::Contact(ContactLine::Removal(rem)) => rem.trid,
        ServerCommand::Group(GroupLine::Added { trid, .. } | GroupLine::Removed { trid, .. }) => *trid,
        ServerCommand::Group(GroupLine::Renamed(reg)) => reg.trid,
        ServerCommand::Presence(PresenceLine::Changed(chg)) => chg.trid,
        ServerCommand::Presence(PresenceLine::Published(trid)) => *trid,
        ServerCommand::Error(trid, _) => *trid,
        _ => return None,
    };
    (trid != TrId::UNASKED).then(|| trid.value())
}

#[cfg(test)]
mod tests {
    use msnp::frame::Frame;
    use msnp::{Dialect, Handle};

    use super::*;

    /// Applies lines, all of which must be valid.
    fn applied(lines: impl IntoIterator<Item = String>) -> Roster {
        let mut roster = Roster::default();
        for line in lines {
            let frame = Frame { line: line.as_bytes(), payload: b"" };
            roster.apply(&ServerCommand::decode(Dialect::Msnp12, frame).expect(&line)).unwrap();
        }
        roster
    }

    fn guid(number: usize) -> String {
        format!("00000000-0000-0000-0000-{number:012x}")
    }

    #[test]
    fn an_address_whose_guid_changes_keeps_only_its_latest_guid() {
        let lists = (0..100).map(|number| format!("LST N=bob@example.com F=Bob C={} 3 1", guid(number)));
        assert_eq!(applied(lists.clone()).handles.len(), 1);
        let added = (0..100).map(|number| format!("ADC 0 FL N=bob@example.com F=Bob C={}", guid(number)));
        assert_eq!(applied(added).handles.len(), 1);
        let removed = lists.chain([format!("REM 0 FL {}", guid(99)), "REM 0 AL bob@example.com".to_owned()]);
        let roster = applied(removed);
        assert_eq!((roster.handles.len(), roster.entries.len()), (0, 0));
    }

    #[test]
    fn a_guid_that_moves_to_another_address_stays_with_the_new_address() {
        let roster = applied([
            format!("LST N=bob@example.com F=Bob C={} 3 1", guid(1)),
            format!("LST N=carol@example.com F=Carol C={} 3 1", guid(1)),
            format!("LST N=bob@example.com F=Bob C={} 3 1", guid(2)),
        ]);
        let carol = Handle::parse("carol@example.com").unwrap();
        assert_eq!(roster.handles.get(&Guid::parse(guid(1).as_bytes()).unwrap()), Some(&carol));
    }

    #[test]
    fn the_roster_limits_the_groups_per_address_and_the_length_of_texts() {
        let groups = (0..200).map(|number| format!("ADC 0 FL C={} {}", guid(1), guid(number)));
        let roster = applied([format!("LST N=bob@example.com F=Bob C={} 3 1", guid(1))].into_iter().chain(groups));
        let bob = Handle::parse("bob@example.com").unwrap();
        assert_eq!(roster.get(&bob).unwrap().groups.len(), MAX_GROUPS_OF_ENTRY);
        let roster = applied([
            "LST N=bob@example.com F=Bob 2 1".to_owned(),
            format!("BPR bob@example.com PHH {}", "5".repeat(1_000)),
            format!("LSG {} {}", "G".repeat(1_000), guid(1)),
        ]);
        assert!(roster.get(&bob).unwrap().phones.is_empty() && roster.groups.is_empty());
    }
}
