//! The command palette.

use crossterm::event::KeyCode;
use msnp_client::machine::Edit;

use super::desk::{Desk, handle};
use crate::app::{Effect, TalkId};

#[test]
fn a_slash_opens_the_palette_and_deleting_the_slash_closes_it() {
    let mut desk = Desk::new();
    desk.open("bob");
    desk.type_text("/");
    assert!(desk.app.palette.is_some());
    desk.key(KeyCode::Backspace);
    assert!(desk.app.palette.is_none());
    desk.type_text("either/");
    assert!(desk.app.palette.is_none(), "a slash within a text is a letter");
}

#[test]
fn the_palette_completes_commands_and_their_arguments() {
    let mut desk = Desk::new();
    desk.open("bob");
    desk.effects();
    // Tab completes the command. Then the palette lists the statuses that can follow the command.
    desk.type_text("/stat");
    desk.key(KeyCode::Tab);
    desk.shows("out to lunch");
    desk.type_text("lu");
    desk.key(KeyCode::Enter);
    assert!(matches!(&desk.effects()[..], [Effect::Edit { edit: Edit::Status(msnp::Status::OutToLunch), .. }]));
    assert!(desk.app.palette.is_none());
    // A part of a name is enough to list the contacts that match. An arrow key chooses one of them.
    desk.type_text("/block a");
    desk.shows("carol@example.com");
    desk.key(KeyCode::Down);
    desk.key(KeyCode::Down);
    desk.key(KeyCode::Enter);
    let effects = desk.effects();
    assert!(
        matches!(&effects[..], [Effect::Edit { edit: Edit::Block(who), .. }] if *who == handle("dave")),
        "{effects:?}"
    );
    // If a command works without further text, a second Enter runs it.
    desk.type_text("/mess");
    desk.key(KeyCode::Enter);
    desk.key(KeyCode::Enter);
    assert!(matches!(&desk.effects()[..], [Effect::Edit { edit: Edit::PersonalMessage(None), .. }]));
    // The command `/nick` needs a contact and then a text. Tab completes only the contact.
    desk.type_text("/nick bo");
    desk.key(KeyCode::Tab);
    desk.type_text("Bobby");
    desk.key(KeyCode::Enter);
    let effects = desk.effects();
    assert!(
        matches!(&effects[..], [Effect::Edit { edit: Edit::Nickname(who, _), .. }] if *who == handle("bob")),
        "{effects:?}"
    );
}

#[test]
fn the_palette_finds_tabs_and_contacts_and_commands_and_keeps_the_typed_line() {
    let mut desk = Desk::new();
    desk.open("bob");
    desk.type_text("half");
    desk.effects();
    desk.control('p');
    desk.type_text("dav");
    desk.key(KeyCode::Enter);
    assert_eq!(desk.effects(), [Effect::Open(handle("dave"))]);
    desk.control('p');
    desk.type_text("home");
    desk.key(KeyCode::Enter);
    assert_eq!(desk.app.current, 0);
    desk.alt(KeyCode::Char('2'));
    desk.control('p');
    desk.type_text("nudge");
    desk.key(KeyCode::Enter);
    assert!(matches!(desk.effects()[..], [Effect::Nudge { talk: TalkId(1), .. }]));
    assert_eq!(desk.app.tabs[1].input.text(), "half");
}

#[test]
fn an_unknown_command_stays_in_the_palette() {
    let mut desk = Desk::new();
    desk.open("bob");
    desk.type_text("/nonsense");
    desk.key(KeyCode::Enter);
    assert_eq!(desk.app.palette.as_ref().map(|palette| palette.input.text()), Some("/nonsense"));
    desk.shows("Unknown command");
    desk.key(KeyCode::Esc);
    assert!(desk.app.palette.is_none());
}
