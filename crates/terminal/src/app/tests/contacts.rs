//! The contact list.

use std::time::Duration;

use crossterm::event::KeyCode;
use msnp::Status;
use msnp_client::machine::Edit;

use super::desk::{Desk, handle, roster};
use crate::app::{AppEvent, ContactRow, Effect, Focus};

fn names(desk: &Desk) -> Vec<String> {
    let name = |row: &ContactRow| match row {
        ContactRow::Heading { name, online, total, .. } => format!("{name} {online}/{total}"),
        ContactRow::Request { handle } => format!("? {handle}"),
        ContactRow::Contact { handle, .. } => desk.app.name_of(handle),
    };
    desk.app.contacts.rows().iter().map(name).collect()
}

#[test]
fn contacts_are_listed_in_their_groups_with_online_contacts_first() {
    let desk = Desk::new();
    let expected = [
        "Requests 0/1",
        "? frank@example.com",
        "Climbing 1/2",
        "Carol",
        "Dave",
        "Friends 2/2",
        "Bob",
        "Carol",
        "Other contacts 2/2",
        "Erin 猫",
        "Mallory",
    ];
    assert_eq!(names(&desk), expected);
}

#[test]
fn the_selected_contact_stays_selected_when_the_list_changes() {
    let mut desk = Desk::new();
    for _ in 0..6 {
        desk.key(KeyCode::Down);
    }
    let mut changed = roster();
    changed.requests.clear();
    changed.contacts[2].status = Some(Status::Online);
    desk.tell(AppEvent::Roster(Box::new(changed)));
    desk.effects();
    desk.key(KeyCode::Enter);
    assert_eq!(desk.effects(), [Effect::Open(handle("bob"))]);
}

#[test]
fn a_folded_group_hides_its_contacts() {
    let mut desk = Desk::new();
    for _ in 0..3 {
        desk.key(KeyCode::Down);
    }
    desk.key(KeyCode::Left);
    desk.hides("Dave");
    desk.shows("▸ Climbing 1/2");
    desk.key(KeyCode::Enter);
    desk.shows("Dave");
}

#[test]
fn typing_letters_finds_a_contact() {
    let mut desk = Desk::new();
    desk.key(KeyCode::Down);
    desk.key(KeyCode::Down);
    desk.type_text("ma");
    assert_eq!(names(&desk), ["Mallory"]);
    desk.shows("Find: ma");
    desk.key(KeyCode::Backspace);
    desk.type_text("zz");
    desk.shows("Nobody");
    desk.key(KeyCode::Esc);
    assert_eq!(names(&desk).len(), 11);
    desk.type_text("ca");
    desk.effects();
    desk.key(KeyCode::Enter);
    assert_eq!(desk.effects(), [Effect::Open(handle("carol"))]);
}

#[test]
fn a_contact_request_can_be_accepted_or_refused_with_a_key() {
    let mut desk = Desk::new();
    desk.key(KeyCode::Down);
    desk.effects();
    desk.key(KeyCode::Char('a'));
    let edits: Vec<_> = desk.effects();
    let is = |effect: &Effect, wanted: &Edit| matches!(effect, Effect::Edit { edit, .. } if edit == wanted);
    assert!(is(&edits[0], &Edit::Accept(handle("frank"))), "{edits:?}");
    assert!(is(&edits[1], &Edit::AddContact(handle("frank"))), "{edits:?}");
    desk.key(KeyCode::Char('b'));
    assert!(is(&desk.effects()[0], &Edit::Block(handle("frank"))));
}

#[test]
fn clicking_a_contact_opens_it_and_clicking_a_group_folds_it() {
    let mut desk = Desk::new();
    desk.effects();
    // The frame begins in the second row, so the first contact of Climbing is in the sixth row.
    desk.click(6, 5);
    assert_eq!(desk.effects(), [Effect::Open(handle("carol"))]);
    desk.click(6, 4);
    desk.hides("Dave");
    desk.click(50, 22);
    assert_eq!(desk.app.focus, Focus::Input);
    desk.click(3, 0);
    desk.shows("/status");
}

#[test]
fn status_changes_of_contacts_are_not_announced_during_the_first_seconds_after_a_sign_in() {
    let mut desk = Desk::new();
    let event = |now| AppEvent::Presence { handle: handle("dave"), before: None, now };
    desk.open("dave");
    desk.tell(event(Some(Status::Online)));
    desk.shows("Dave is online.");
    desk.wait(Duration::from_secs(7));
    desk.tell(AppEvent::SignedOut { reason: "lost".to_owned(), retry: Some(Duration::ZERO) });
    desk.tell(AppEvent::SignedIn);
    desk.wait(Duration::from_secs(1));
    desk.tell(event(Some(Status::Busy)));
    desk.hides("Dave is busy.");
    desk.wait(Duration::from_secs(10));
    desk.tell(event(Some(Status::Busy)));
    desk.shows("Dave is busy.");
}

#[test]
fn a_list_longer_than_the_screen_scrolls_with_the_selection() {
    let mut desk = Desk::with_size(80, 10);
    desk.key(KeyCode::End);
    desk.shows("Mallory");
    desk.hides("Requests");
    desk.key(KeyCode::Home);
    desk.shows("Requests");
    desk.app.resize(80, 6);
    desk.key(KeyCode::End);
    assert!(desk.app.contacts.offset() > 0);
}
