//! Display pictures.

use std::path::PathBuf;

use crossterm::event::KeyCode;

use super::desk::{Desk, handle, roster};
use crate::app::{AppEvent, Colors, Effect, TalkEvent};
use crate::picture::Picture;

/// Returns a [`Desk`] with a roster in which Bob has a picture.
fn desk(columns: u16, rows: u16) -> Desk {
    let mut desk = Desk::with_size(columns, rows);
    let mut changed = roster();
    changed.contacts[0].picture = Some("one".to_owned());
    desk.tell(AppEvent::Roster(Box::new(changed)));
    desk.open("bob");
    desk.effects();
    desk
}

fn joins(desk: &mut Desk) {
    desk.talk(1, &["bob"], TalkEvent::Joined(handle("bob")));
}

fn fetched() -> AppEvent {
    let rows = vec![vec![[255, 0, 0]; 24]; 24];
    AppEvent::Picture { handle: handle("bob"), result: Ok(Picture { rows, ..Picture::default() }) }
}

#[test]
fn a_picture_is_fetched_only_once_and_only_while_the_contact_is_online() {
    let mut desk = desk(120, 40);
    assert_eq!(desk.effects(), []);
    joins(&mut desk);
    joins(&mut desk);
    assert_eq!(desk.effects(), [Effect::FetchPicture(handle("bob"))]);
    desk.hides("▀▀▀▀");
    desk.tell(fetched());
    desk.shows("▀▀▀▀");
    desk.alt(KeyCode::Char('1'));
    desk.hides("▀▀▀▀");
    // The app requests a picture again if it could not be fetched.
    let result = Err("the contact left".to_owned());
    desk.tell(AppEvent::Picture { handle: handle("bob"), result });
    joins(&mut desk);
    assert_eq!(desk.effects(), [Effect::FetchPicture(handle("bob"))]);
}

#[test]
fn on_a_small_terminal_the_picture_command_shows_the_picture_over_the_text() {
    let mut desk = desk(80, 24);
    joins(&mut desk);
    desk.tell(fetched());
    desk.hides("▀▀▀▀");
    desk.type_text("/picture");
    desk.key(KeyCode::Enter);
    desk.shows("▀▀▀▀");
    desk.key(KeyCode::Char('x'));
    desk.hides("▀▀▀▀");
    desk.effects();
    desk.enter("/picture /tmp/me.png");
    assert_eq!(desk.effects(), [Effect::SetPicture(PathBuf::from("/tmp/me.png"))]);
}

#[test]
fn pictures_are_not_fetched_on_a_terminal_without_colours() {
    let mut desk = desk(120, 40);
    desk.app.settings.colors = Colors::None;
    joins(&mut desk);
    desk.enter("/picture");
    assert_eq!(desk.effects(), []);
    desk.shows("Pictures need colours.");
}
