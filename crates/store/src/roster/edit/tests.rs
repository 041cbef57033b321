use msnp::{ContactRef, DisplayName, ErrorCode, GroupNumber, GroupRef, Guid, Handle, List, Timestamp};
use swallowtail_config::RosterLimits;

use super::super::{Change, Entry, Group, Roster, Stamps};
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
    NewListEntry { list, handle: handle.clone(), nickname: None, overlap_allow_and_block: false }
}

fn new_group(name: &str, number: u8) -> NewGroup {
    NewGroup { name: name.into(), guid: guid(number), needs_number: false }
}

fn apply(changes: &[Change], roster: &mut Roster) {
    changes.iter().for_each(|change| roster.apply(change));
}

/// Adds the owner of `y` to the FL of `x`.
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
fn a_watcher_is_pending_unless_it_was_already_allowed_or_blocked() {
    let (mut alice, mut bob) = (roster("alice"), roster("bob"));
    befriend(&mut alice, &mut bob);
    assert_eq!((lists(&alice, "bob"), lists(&bob, "alice")), (1, 16));
    assert_eq!(bob.entries.get(&handle("alice")).unwrap().nickname, Some(alice.name.clone()));

    let (mut alice, mut bob) = (roster("alice"), roster("bob"));
    bob.entries.insert(&handle("alice"), Entry { lists: List::Block.into(), ..Entry::default() });
    befriend(&mut alice, &mut bob);
    assert_eq!(lists(&bob, "alice"), 12);
}

#[test]
fn the_steps_that_accept_a_watcher_have_the_same_result_in_every_order() {
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
fn removing_a_contact_also_removes_the_owner_from_the_reverse_list_of_the_contact() {
    let (mut alice, mut bob) = (roster("alice"), roster("bob"));
    befriend(&mut alice, &mut bob);
    apply(&alice.remove_contact(&ContactRef::Guid(guid(1)), NOW).unwrap(), &mut alice);
    apply(&bob.become_unwatched(&alice.owner, NOW), &mut bob);
    assert!(alice.entries.is_empty() && bob.entries.is_empty());
    assert_eq!(alice.remove_contact(&ContactRef::Guid(guid(1)), NOW), Err(ErrorCode::NotOnList));
}

#[test]
fn an_address_cannot_be_on_the_allow_list_and_the_block_list_at_the_same_time() {
    let mut alice = roster("alice");
    let limits = RosterLimits::default();
    apply(&alice.add_to_list(listed(List::Allow, &handle("bob")), &limits, NOW).unwrap(), &mut alice);
    let again = |list| alice.add_to_list(listed(list, &handle("bob")), &limits, NOW);
    assert_eq!(again(List::Allow), Err(ErrorCode::AlreadyThere));
    assert_eq!(again(List::Block), Err(ErrorCode::AlreadyInOppositeList));
    assert_eq!(again(List::Reverse), Err(ErrorCode::NotOnList));
}

#[test]
fn a_full_list_of_either_account_refuses_a_new_contact() {
    let limits = RosterLimits { contacts: 1, reverse: 1, groups: 1, allowed_or_blocked: 1 };
    let (mut alice, mut bob) = (roster("alice"), roster("bob"));
    befriend(&mut alice, &mut bob);
    let full = Err(ErrorCode::ListFull);
    let add = |x: &Roster, y: &Roster| {
        x.add_contact(newcomer(y, 2), &limits, NOW)?;
        y.become_watched(&x.owner, &x.name, &limits, NOW)
    };
    assert_eq!(add(&alice, &roster("carol")), full);
    assert_eq!(add(&roster("dave"), &bob), full, "bob's reverse list is full");
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
fn removal_from_the_last_group_also_removes_a_contact_from_fl_in_dialects_with_group_numbers() {
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
fn only_an_edit_that_changes_something_advances_the_stamp() {
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
fn renaming_group_0_to_its_current_name_changes_nothing() {
    let mut alice = roster("alice");
    let zero = GroupRef::Number(GroupNumber::OTHER_CONTACTS);
    assert_eq!(alice.rename_group(zero, "Other Contacts", NOW), Ok(Vec::new()));
    apply(&alice.rename_group(zero, "Others", NOW).unwrap(), &mut alice);
    assert_eq!(alice.rename_group(zero, "Others", NOW), Ok(Vec::new()));
}

#[test]
fn a_nickname_equal_to_the_handle_changes_nothing_for_a_contact_without_a_nickname() {
    let (mut alice, mut bob) = (roster("alice"), roster("bob"));
    befriend(&mut alice, &mut bob);
    let handle = DisplayName::new(bob.owner.as_str());
    assert_eq!(alice.set_nickname(&ContactRef::Guid(guid(1)), handle, NOW), Ok(Vec::new()));
}

#[test]
fn if_an_account_was_created_with_the_owner_on_its_fl_the_owner_gets_it_on_rl_and_not_on_pl() {
    let (mut alice, bob) = (roster("alice"), roster("bob"));
    let shown = |alice: &Roster, limits: &RosterLimits| alice.become_shown(&bob.owner, &bob.name, limits, NOW);
    let full = RosterLimits { reverse: 0, ..RosterLimits::default() };
    assert_eq!(shown(&alice, &full), Err(ErrorCode::ListFull));
    apply(&shown(&alice, &RosterLimits::default()).unwrap(), &mut alice);
    let expected = Entry { lists: List::Reverse.into(), nickname: Some(bob.name.clone()), ..Entry::default() };
    assert_eq!(*alice.entries.get(&bob.owner).unwrap(), expected);
    assert_eq!(shown(&alice, &full), Ok(Vec::new()), "nothing changes a second time");
}
