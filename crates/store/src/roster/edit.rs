//! The rules of ADC, ADD, REM, ADG, REG, RMG, SBP and REA (docs/protocol/ns.md sections 1.2, 1.3, 8 and 9): what a command changes, or the
//! code that refuses it.
//!
//! Each function looks at rosters and returns changes; none is carried out here. A command that touches two accounts gets both
//! rosters, which nobody else may change until the changes are applied.

use std::sync::Arc;

use msnp::{ContactRef, DisplayName, ErrorCode, GroupNumber, GroupRef, Guid, Handle, List, ListBits, Timestamp};

use swallowtail_config::RosterLimits;

use super::{Change, Entry, Group, GroupPlace, Roster, Settings};

/// A contact to be put on FL.
#[derive(Clone, Debug)]
pub struct NewContact {
    /// Who.
    pub handle: Handle,
    /// The nickname; without one the handle stands in.
    pub nickname: Option<DisplayName>,
    /// A group to put it in.
    pub group: Option<GroupRef>,
    /// Its GUID, a fresh one.
    pub guid: Guid,
}

/// An address to be put on AL, BL or RL.
#[derive(Clone, Debug)]
pub struct NewListEntry {
    /// The list.
    pub list: List,
    /// The address.
    pub handle: Handle,
    /// The nickname, which is kept only if the address was on no list before.
    pub nickname: Option<DisplayName>,
    /// Whether an address that is still on AL may be put on BL (ns.md section 1.2 rule 1).
    pub block_before_disallow: bool,
}

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

/// What becomes of a contact that is taken out of a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GroupRemoval {
    /// It stays on FL.
    Stays(Vec<Change>),
    /// It was its last group, and the client speaks a dialect below MSNP10: it leaves FL.
    LeavesForward,
}

impl Roster {
    fn entry(&self, handle: &Handle) -> Entry {
        self.entries.get(handle).cloned().unwrap_or_default()
    }

    fn count(&self, lists: impl Into<ListBits> + Copy) -> usize {
        self.entries.values().filter(|entry| entry.lists.has_any(lists)).count()
    }

    /// `ADC FL N=handle`. The contact's own roster changes too: [`Roster::become_watched`].
    ///
    /// # Errors
    /// 201 oneself, 210 a list is full, 215 on FL already, 224 no such group.
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
            Some(GroupPlace::Group(guid)) => vec![guid],
            Some(GroupPlace::OtherContacts) | None => Vec::new(),
        };
        Ok(vec![Change::Entry(handle, entry), Change::ListChanged(now)])
    }

    /// Rule 2: `watcher`, who goes by `name`, puts the owner on FL. Undecided is PL, decided is RL; nothing changes for one who
    /// did before.
    ///
    /// # Errors
    /// 210 as many watch the owner as may.
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

    /// `ADC AL|BL|RL N=handle`.
    ///
    /// # Errors
    /// 201 oneself, 210 the list is full, 215 on it already, 216 RL for somebody who does not watch, 219 on the opposite list.
    pub fn add_to_list(
        &self,
        new: NewListEntry,
        limits: &RosterLimits,
        now: Timestamp,
    ) -> Result<Vec<Change>, ErrorCode> {
        let NewListEntry { list, handle, nickname, block_before_disallow } = new;
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
        let may_be_on_both = block_before_disallow && list == List::Block;
        if entry.is_on(opposite) && !may_be_on_both {
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

    /// `ADC RL` and `REM PL`, rule 5: both make PL into RL, in either order and again.
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

    /// `ADC FL C=contact group`, `ADD FL handle nick number`.
    ///
    /// # Errors
    /// 208 no such contact, 215 in the group already, 224 no such group.
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
                // Who knows group 0 sees a contact without a group in it, and it stays there until it is taken out.
                if matches!(group, GroupRef::Number(_)) {
                    entry.in_other_contacts = self.is_in_other_contacts(&entry);
                }
                entry.groups.insert(place, guid);
            }
        }
        Ok(vec![Change::Entry(handle.clone(), entry), Change::ListChanged(now)])
    }

    /// `REM FL contact`. The contact's own roster changes too: [`Roster::become_unwatched`].
    ///
    /// # Errors
    /// 216 no such contact.
    pub fn remove_contact(&self, contact: &ContactRef, now: Timestamp) -> Result<Vec<Change>, ErrorCode> {
        let (handle, entry) = self.find_contact(contact).ok_or(ErrorCode::NotOnList)?;
        let mut entry = entry.clone();
        entry.lists = entry.lists.without(List::Forward);
        entry.contact = None;
        entry.groups.clear();
        entry.in_other_contacts = false;
        Ok(vec![Change::Entry(handle.clone(), entry), Change::ListChanged(now)])
    }

    /// Rule 3: `watcher` takes the owner off FL.
    #[must_use]
    pub fn become_unwatched(&self, watcher: &Handle, now: Timestamp) -> Vec<Change> {
        let mut entry = self.entry(watcher);
        if !entry.watches() {
            return Vec::new();
        }
        entry.lists = entry.lists.without(List::Reverse | List::Pending);
        vec![Change::Entry(watcher.clone(), entry), Change::ListChanged(now)]
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
        // A group that has no number is none to who names groups by number.
        let stays = entry.in_other_contacts || entry.groups.iter().any(|group| self.number_of(*group).is_some());
        if matches!(group, GroupRef::Number(_)) && !stays {
            return Ok(GroupRemoval::LeavesForward);
        }
        Ok(GroupRemoval::Stays(vec![Change::Entry(handle.clone(), entry), Change::ListChanged(now)]))
    }

    /// `REM AL|BL|PL other`.
    ///
    /// # Errors
    /// 216 not on that list.
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

    /// ADG: a new group, with the lowest free number for the dialects that use one. The number, if there is.
    ///
    /// # Errors
    /// 223 as many groups as there may be, 228 the name is in use.
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

    /// REG: another name for a group; the one it has is fine.
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

    /// RMG: its contacts stay on FL (ns.md section 9).
    ///
    /// # Errors
    /// 224 no such group, 230 group 0.
    pub fn remove_group(&self, group: GroupRef, now: Timestamp) -> Result<Vec<Change>, ErrorCode> {
        match self.find_group(group).ok_or(ErrorCode::InvalidGroup)? {
            GroupPlace::OtherContacts => Err(ErrorCode::GroupZero),
            GroupPlace::Group(guid) => Ok(vec![Change::GroupRemoved(guid), Change::ListChanged(now)]),
        }
    }

    /// `SBP contact MFN`: another nickname; `None` is the handle.
    ///
    /// # Errors
    /// 208 no such contact.
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

    /// PRP MFN.
    #[must_use]
    pub fn set_name(&self, name: DisplayName, now: Timestamp) -> Vec<Change> {
        if name == self.name {
            return Vec::new();
        }
        vec![Change::Name(name), Change::SettingsChanged(now)]
    }

    /// GTC, BLP and the other settings: nothing happens when they are so already.
    #[must_use]
    pub fn set_settings(&self, settings: Settings, now: Timestamp) -> Vec<Change> {
        if settings == self.settings {
            return Vec::new();
        }
        vec![Change::Settings(settings), Change::SettingsChanged(now)]
    }
}

/// What a contact is called: without a nickname the handle stands in.
fn shown_as<'a>(handle: &'a Handle, nickname: Option<&'a DisplayName>) -> &'a str {
    nickname.map_or(handle.as_str(), DisplayName::as_str)
}

/// PL becomes RL. Whether there was anything to do.
fn settle_pending(entry: &mut Entry) -> bool {
    if !entry.is_on(List::Pending) {
        return false;
    }
    entry.lists = entry.lists.without(List::Pending) | List::Reverse;
    true
}

#[cfg(test)]
mod tests {
    use super::super::Stamps;
    use super::*;

    const NOW: Timestamp = Timestamp::from_ticks(1_700_000_000 * 10_000_000);

    fn handle(name: &str) -> Handle {
        Handle::parse(&format!("{name}@example.com")).unwrap()
    }

    fn roster(name: &str) -> Roster {
        Roster::new(handle(name), DisplayName::new(name).unwrap(), Stamps::default())
    }

    fn guid(number: u8) -> Guid {
        Guid::from_bytes([number; 16])
    }

    fn newcomer(roster: &Roster, number: u8) -> NewContact {
        NewContact { handle: roster.owner.clone(), nickname: None, group: None, guid: guid(number) }
    }

    fn listed(list: List, handle: &Handle) -> NewListEntry {
        NewListEntry { list, handle: handle.clone(), nickname: None, block_before_disallow: false }
    }

    fn new_group(name: &str, number: u8) -> NewGroup {
        NewGroup { name: name.into(), guid: guid(number), needs_number: false }
    }

    fn apply(changes: &[Change], roster: &mut Roster) {
        changes.iter().for_each(|change| roster.apply(change));
    }

    /// X puts Y on FL.
    fn befriend(x: &mut Roster, y: &mut Roster) {
        let limits = RosterLimits::default();
        let own = x.add_contact(newcomer(y, 1), &limits, NOW).unwrap();
        apply(&y.become_watched(&x.owner, &x.name, &limits, NOW).unwrap(), y);
        apply(&own, x);
    }

    fn lists(roster: &Roster, name: &str) -> u8 {
        roster.entries.get(&handle(name)).map_or(0, |entry| entry.lists.number())
    }

    #[test]
    fn an_undecided_newcomer_is_pending_and_a_decided_one_is_not() {
        let (mut alice, mut bob) = (roster("alice"), roster("bob"));
        befriend(&mut alice, &mut bob);
        assert_eq!((lists(&alice, "bob"), lists(&bob, "alice")), (1, 16));
        assert_eq!(bob.entries[&handle("alice")].nickname, Some(alice.name.clone()));

        let (mut alice, mut bob) = (roster("alice"), roster("bob"));
        bob.entries.insert(handle("alice"), Entry { lists: List::Block.into(), ..Entry::default() });
        befriend(&mut alice, &mut bob);
        assert_eq!(lists(&bob, "alice"), 12);
    }

    #[test]
    fn every_order_of_settling_ends_the_same() {
        type Step = fn(&Roster, &Handle) -> Result<Vec<Change>, ErrorCode>;
        let reverse: Step = |bob, who| bob.add_to_list(listed(List::Reverse, who), &RosterLimits::default(), NOW);
        let pending: Step = |bob, who| bob.remove_from_list(List::Pending, who, NOW);
        let allow: Step = |bob, who| bob.add_to_list(listed(List::Allow, who), &RosterLimits::default(), NOW);
        for steps in [
            [reverse, pending, allow],
            [reverse, allow, pending],
            [pending, reverse, allow],
            [pending, allow, reverse],
            [allow, reverse, pending],
            [allow, pending, reverse],
        ] {
            let (mut alice, mut bob) = (roster("alice"), roster("bob"));
            befriend(&mut alice, &mut bob);
            for step in steps {
                apply(&step(&bob, &handle("alice")).unwrap(), &mut bob);
            }
            assert_eq!(lists(&bob, "alice"), 10);
        }
    }

    #[test]
    fn who_takes_a_contact_off_is_forgotten_by_the_other() {
        let (mut alice, mut bob) = (roster("alice"), roster("bob"));
        befriend(&mut alice, &mut bob);
        apply(&alice.remove_contact(&ContactRef::Guid(guid(1)), NOW).unwrap(), &mut alice);
        apply(&bob.become_unwatched(&alice.owner, NOW), &mut bob);
        assert!(alice.entries.is_empty() && bob.entries.is_empty());
        assert_eq!(alice.remove_contact(&ContactRef::Guid(guid(1)), NOW), Err(ErrorCode::NotOnList));
    }

    #[test]
    fn allow_and_block_exclude_each_other() {
        let mut alice = roster("alice");
        let limits = RosterLimits::default();
        apply(&alice.add_to_list(listed(List::Allow, &handle("bob")), &limits, NOW).unwrap(), &mut alice);
        let again = |list| alice.add_to_list(listed(list, &handle("bob")), &limits, NOW);
        assert_eq!(again(List::Allow), Err(ErrorCode::AlreadyThere));
        assert_eq!(again(List::Block), Err(ErrorCode::AlreadyInOppositeList));
        assert_eq!(again(List::Reverse), Err(ErrorCode::NotOnList));
    }

    #[test]
    fn full_lists_refuse_and_nobody_is_half_added() {
        let limits = RosterLimits { contacts: 1, reverse: 1, groups: 1, allowed_or_blocked: 1 };
        let (mut alice, mut bob) = (roster("alice"), roster("bob"));
        befriend(&mut alice, &mut bob);
        let full = Err(ErrorCode::ListFull);
        let add = |x: &Roster, y: &Roster| {
            x.add_contact(newcomer(y, 2), &limits, NOW)?;
            y.become_watched(&x.owner, &x.name, &limits, NOW)
        };
        assert_eq!(add(&alice, &roster("carol")), full);
        assert_eq!(add(&roster("dave"), &bob), full, "the other's reverse list is full");
        apply(&alice.add_group(new_group("one", 3), &limits, NOW).unwrap().0, &mut alice);
        assert_eq!(alice.add_group(new_group("two", 4), &limits, NOW), Err(ErrorCode::TooManyGroups));
    }

    #[test]
    fn a_removed_group_leaves_its_contacts_on_the_list() {
        let (mut alice, mut bob) = (roster("alice"), roster("bob"));
        befriend(&mut alice, &mut bob);
        let limits = RosterLimits::default();
        apply(&alice.add_group(new_group("friends", 7), &limits, NOW).unwrap().0, &mut alice);
        apply(&alice.add_to_group(&ContactRef::Guid(guid(1)), GroupRef::Guid(guid(7)), NOW).unwrap(), &mut alice);
        assert_eq!(
            alice.add_to_group(&ContactRef::Guid(guid(1)), GroupRef::Guid(guid(7)), NOW),
            Err(ErrorCode::AlreadyThere)
        );
        apply(&alice.remove_group(GroupRef::Guid(guid(7)), NOW).unwrap(), &mut alice);
        let (_, entry) = alice.contact(guid(1)).unwrap();
        assert!(entry.groups.is_empty() && alice.groups.is_empty());
    }

    #[test]
    fn out_of_the_last_group_with_a_number_is_off_the_list_for_who_names_groups_by_number() {
        let (mut alice, mut bob) = (roster("alice"), roster("bob"));
        befriend(&mut alice, &mut bob);
        for (number, place) in [(7, GroupNumber::new(1)), (8, None)] {
            let group = Group { name: format!("group {number}").into(), number: place };
            alice.apply(&Change::Group(guid(number), group));
            let contact = ContactRef::Guid(guid(1));
            apply(&alice.add_to_group(&contact, GroupRef::Guid(guid(number)), NOW).unwrap(), &mut alice);
        }
        let contact = ContactRef::Handle(bob.owner.clone());
        let one = GroupRef::Number(GroupNumber::new(1).unwrap());
        assert_eq!(alice.remove_from_group(&contact, one, NOW), Ok(GroupRemoval::LeavesForward));
    }

    #[test]
    fn a_change_moves_the_stamp_and_no_change_does_not() {
        let (mut alice, mut bob) = (roster("alice"), roster("bob"));
        befriend(&mut alice, &mut bob);
        let before = alice.stamps;
        apply(&alice.set_nickname(&ContactRef::Guid(guid(1)), DisplayName::new("Bobby"), NOW).unwrap(), &mut alice);
        assert!(alice.stamps.list > before.list && alice.stamps.settings == before.settings);
        assert_eq!(alice.stamps.version, before.version + 1);
        assert_eq!(alice.set_nickname(&ContactRef::Guid(guid(1)), DisplayName::new("Bobby"), NOW).unwrap(), Vec::new());
        assert_eq!(alice.set_settings(alice.settings.clone(), NOW), Vec::new());
    }

    #[test]
    fn the_name_that_group_0_has_is_no_change() {
        let mut alice = roster("alice");
        let zero = GroupRef::Number(GroupNumber::OTHER_CONTACTS);
        assert_eq!(alice.rename_group(zero, "Other Contacts", NOW), Ok(Vec::new()));
        apply(&alice.rename_group(zero, "Others", NOW).unwrap(), &mut alice);
        assert_eq!(alice.rename_group(zero, "Others", NOW), Ok(Vec::new()));
    }

    #[test]
    fn the_handle_as_a_nickname_is_no_change_for_who_has_none() {
        let (mut alice, mut bob) = (roster("alice"), roster("bob"));
        befriend(&mut alice, &mut bob);
        let handle = DisplayName::new(bob.owner.as_str());
        assert_eq!(alice.set_nickname(&ContactRef::Guid(guid(1)), handle, NOW), Ok(Vec::new()));
    }
}
