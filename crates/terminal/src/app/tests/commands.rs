//! Commands, and the effects that they ask for.

use crossterm::event::KeyCode;
use msnp::Status;
use msnp_client::machine::Edit;

use super::desk::{Desk, guid, handle};
use crate::app::command::COMMANDS;
use crate::app::{AppEvent, Effect, TalkId};

/// Types a line in the conversation with Bob. Returns the edits that the line causes.
fn edits(line: &str) -> Vec<Edit> {
    let mut desk = Desk::new();
    desk.open("bob");
    desk.effects();
    desk.app.handle_paste(line);
    desk.key(KeyCode::Enter);
    let edit = |effect| match effect {
        Effect::Edit { edit, .. } => Some(edit),
        _ => None,
    };
    desk.effects().into_iter().filter_map(edit).collect()
}

#[test]
fn every_command_listed_in_the_help_does_something() {
    for spec in COMMANDS {
        let mut desk = Desk::new();
        desk.open("bob");
        desk.app.handle_paste(spec.name);
        desk.key(KeyCode::Enter);
        desk.hides("does nothing yet");
    }
}

#[test]
fn commands_change_the_contact_lists() {
    for (line, expected) in [
        ("/add zoe@example.com", Edit::AddContact(handle("zoe"))),
        ("/remove carol", Edit::RemoveContact(handle("carol"))),
        ("/block", Edit::Block(handle("bob"))),
        ("/block Dave", Edit::Block(handle("dave"))),
        ("/unblock mallory@example.com", Edit::Unblock(handle("mallory"))),
        (
            "/nick bob@example.com Bobby Tables",
            Edit::Nickname(handle("bob"), msnp::DisplayName::new("Bobby Tables").unwrap()),
        ),
        ("/status brb", Edit::Status(Status::BeRightBack)),
        ("/status appear offline", Edit::Status(Status::Hidden)),
        ("/name Alice L.", Edit::Name(msnp::DisplayName::new("Alice L.").unwrap())),
        ("/message", Edit::PersonalMessage(None)),
        ("/accept frank@example.com", Edit::Accept(handle("frank"))),
        ("/accept", Edit::Accept(handle("frank"))),
        ("/decline", Edit::Block(handle("frank"))),
        ("/group new Old friends", Edit::AddGroup(msnp::Text::encode("Old friends"))),
        ("/group delete climbing", Edit::DeleteGroup(guid(2))),
        ("/group rename friends \"Best friends\"", Edit::RenameGroup(guid(1), msnp::Text::encode("Best friends"))),
        ("/group add dave Friends", Edit::AddToGroup(handle("dave"), guid(1))),
        ("/group remove bob friends", Edit::RemoveFromGroup(handle("bob"), guid(1))),
    ] {
        assert_eq!(edits(line).first(), Some(&expected), "{line}");
    }
}

#[test]
fn the_reason_is_shown_if_a_command_cannot_be_carried_out() {
    for (line, cause) in [
        ("/add zoe", "not an address"),
        ("/block zoe", "No contact has the name zoe."),
        ("/status sleepy", "A status is one of: online, busy"),
        ("/nick bob", "the new name"),
        ("/group delete Family", "There is no group \"Family\". Climbing, Friends"),
        ("/group rename Friends", "the old and the new name"),
        ("/invite", "Type an address"),
        ("/cancel", "no transfer"),
        ("/nonsense now", "Unknown command /nonsense; nothing was sent."),
        ("/bell maybe", "Type on or off."),
    ] {
        let mut desk = Desk::with_size(120, 24);
        desk.open("bob");
        desk.effects();
        desk.app.handle_paste(line);
        desk.key(KeyCode::Enter);
        assert_eq!(desk.effects(), [], "{line}");
        desk.shows(cause);
    }
}

#[test]
fn an_unknown_command_stays_in_the_input_line_and_a_doubled_slash_is_sent_as_one_slash() {
    let mut desk = Desk::new();
    desk.open("bob");
    desk.app.handle_paste("/nonsense");
    desk.key(KeyCode::Enter);
    assert_eq!(desk.app.tabs[1].input.text(), "/nonsense");
    desk.control('u');
    desk.effects();
    desk.enter("//text");
    let sent = desk.effects();
    assert!(sent.iter().any(|effect| matches!(effect, Effect::Send { text, .. } if text == "/text")), "{sent:?}");
}

#[test]
fn a_text_entered_in_the_home_tab_stays_in_the_input_line() {
    let mut desk = Desk::new();
    desk.key(KeyCode::Tab);
    desk.enter("hello");
    desk.shows("This tab has no conversation.");
    assert_eq!(desk.app.tabs[0].input.text(), "hello");
}

#[test]
fn conversation_commands_and_control_keys_have_the_expected_effects() {
    let mut desk = Desk::new();
    desk.open("bob");
    desk.effects();
    desk.enter("/invite carol");
    assert_eq!(desk.effects(), [Effect::Invite { talk: TalkId(1), handle: handle("carol") }]);
    desk.enter("/chat zoe@example.com");
    assert_eq!(desk.effects(), [Effect::Open(handle("zoe"))]);
    desk.enter("/close");
    assert_eq!(desk.effects(), [Effect::Leave(TalkId(1))]);
    desk.enter("/quit");
    assert_eq!(desk.effects(), [Effect::Quit]);
    desk.control('c');
    assert_eq!(desk.effects(), [Effect::Quit]);
    desk.control('r');
    assert_eq!(desk.effects(), [Effect::SignInAgain]);
}

#[test]
fn changed_settings_take_effect_immediately() {
    let mut desk = Desk::new();
    desk.open("bob");
    desk.says(1, "bob", "hi :)");
    desk.shows("hi 🙂");
    desk.enter("/emoji off");
    desk.shows("hi :)");
    desk.enter("/bell off");
    desk.effects();
    desk.says(1, "bob", "hi");
    assert_eq!(desk.effects(), []);
}

#[test]
fn the_result_of_an_edit_is_shown_and_a_failure_stays_visible() {
    let mut desk = Desk::new();
    desk.tell(AppEvent::Edited { about: "Add zoe".to_owned(), result: Ok(()) });
    desk.shows("Add zoe: done.");
    desk.tell(AppEvent::Edited { about: "Add zoe".to_owned(), result: Err("the list is full".to_owned()) });
    desk.wait(std::time::Duration::from_secs(60));
    desk.shows("Add zoe: the list is full.");
}
