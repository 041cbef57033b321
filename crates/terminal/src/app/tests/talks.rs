//! Conversations: tabs, unread counts, delivery, typing, nudges, scrolling.

use std::time::Duration;

use crossterm::event::{KeyCode, MouseEventKind};

use super::desk::{Desk, handle};
use crate::app::{AppEvent, Effect, LineId, NotDelivered, TalkEvent, TalkId};

#[test]
fn a_text_from_another_user_never_switches_the_tab_or_changes_a_half_typed_line() {
    let mut desk = Desk::new();
    desk.open("bob");
    desk.type_text("half");
    desk.says(2, "carol", "psst");
    desk.says(2, "carol", "hey");
    desk.tell(AppEvent::Request(handle("frank")));
    desk.tell(AppEvent::SignedOut { reason: "lost".to_owned(), retry: Some(Duration::from_secs(1)) });
    desk.tell(AppEvent::SignedIn);
    assert_eq!((desk.app.current, desk.app.tabs.len()), (1, 3));
    desk.shows("3 Carol (2)");
    desk.type_text(" line");
    assert_eq!(desk.app.tabs[1].input.text(), "half line");
    desk.alt(KeyCode::Char('3'));
    desk.shows("Carol: hey");
    desk.hides("(2)");
    assert_eq!(desk.app.tabs[1].input.text(), "half line");
}

#[test]
fn a_lost_connection_and_a_reconnection_are_reported() {
    let mut desk = Desk::new();
    desk.hides("Signed in again.");
    desk.tell(AppEvent::SignedOut { reason: "lost".to_owned(), retry: Some(Duration::from_secs(9)) });
    desk.shows("connecting again in 9 s");
    desk.shows("Signed out: lost.");
    desk.tell(AppEvent::SignedOut { reason: "still lost".to_owned(), retry: Some(Duration::from_secs(20)) });
    desk.tell(AppEvent::SignedIn);
    desk.shows("Signed in again.");
    // Failed attempts are not reported one by one.
    desk.hides("still lost");
    desk.tell(AppEvent::SignedOut { reason: "elsewhere".to_owned(), retry: None });
    desk.shows("not connected");
    desk.shows("Ctrl-R: sign in again");
}

#[test]
fn a_sent_text_is_marked_when_its_result_is_known() {
    let mut desk = Desk::new();
    desk.open("bob");
    desk.effects();
    desk.enter("one");
    let [Effect::Typing(_), Effect::Send { talk: TalkId(1), line: one, text }] = &desk.effects()[..] else { panic!() };
    assert_eq!(text, "one");
    desk.shows("… Alice 💗: one");
    desk.tell(AppEvent::Delivered(*one, Ok(())));
    desk.shows("✓ Alice 💗: one");
    desk.enter("two");
    desk.tell(AppEvent::Delivered(
        LineId(one.0 + 1),
        Err(NotDelivered::Refused("bob is \u{1b}[31moffline".to_owned())),
    ));
    desk.shows("✗ Alice 💗: two");
    desk.shows("Not delivered: bob is \\u{1b}[31moffline");
    desk.enter("three");
    desk.tell(AppEvent::Delivered(LineId(one.0 + 2), Err(NotDelivered::Unknown)));
    desk.shows("? Alice 💗: three");
    desk.shows("Perhaps not delivered: the");
    assert!(!desk.app.is_delivering());
}

#[test]
fn a_second_session_with_the_same_user_uses_the_same_tab() {
    let mut desk = Desk::new();
    desk.open("bob");
    desk.says(9, "bob", "from a new session");
    assert_eq!(desk.app.tabs.len(), 2);
    desk.effects();
    desk.enter("x");
    assert!(desk.effects().iter().any(|effect| matches!(effect, Effect::Send { talk: TalkId(9), .. })));
    // A conversation of several users does not use the tab of the conversation with one of them.
    desk.talk(9, &["bob", "carol"], TalkEvent::Joined(handle("carol")));
    desk.shows("2 Bob, Carol");
    desk.says(10, "bob", "only for you");
    assert_eq!(desk.app.tabs.len(), 3);
}

#[test]
fn a_new_conversation_with_several_users_gets_its_own_tab() {
    let mut desk = Desk::new();
    desk.open("bob");
    desk.talk(5, &["bob"], TalkEvent::Joined(handle("bob")));
    desk.talk(5, &["bob", "carol"], TalkEvent::Joined(handle("carol")));
    assert_eq!((desk.app.tabs.len(), desk.app.current), (3, 1));
    desk.shows("2 Bob │ 3 Bob, Carol");
    desk.effects();
    desk.enter("only for Bob");
    assert!(desk.effects().iter().any(|effect| matches!(effect, Effect::Send { talk: TalkId(1), .. })));
}

#[test]
fn users_are_not_shown_as_leaving_when_their_session_ends() {
    let mut desk = Desk::new();
    desk.open("bob");
    let both = ["bob", "carol"];
    desk.talk(1, &both, TalkEvent::Joined(handle("carol")));
    desk.talk(1, &both, TalkEvent::Left(handle("bob")));
    desk.talk(1, &both, TalkEvent::Left(handle("carol")));
    desk.shows("Carol left the conversation.");
    desk.talk(1, &both, TalkEvent::Quiet);
    desk.hides("left the conversation");
    desk.shows("The session ended.");
    // Carol leaves, and Bob stays.
    desk.talk(1, &["bob"], TalkEvent::Left(handle("carol")));
    desk.shows("Carol left the conversation.");
}

#[test]
fn typing_is_shown_for_ten_seconds_or_until_the_text_arrives() {
    let mut desk = Desk::new();
    desk.open("bob");
    desk.talk(1, &["bob"], TalkEvent::Typing(handle("bob")));
    desk.shows("Bob is typing…");
    desk.wait(Duration::from_secs(9));
    desk.shows("Bob is typing…");
    assert!(desk.app.next_change().is_some_and(|change| change <= Duration::from_secs(1)));
    desk.wait(Duration::from_secs(2));
    desk.hides("is typing");
    desk.talk(1, &["bob"], TalkEvent::Typing(handle("bob")));
    desk.says(1, "bob", "hi");
    desk.hides("is typing");
    // A user who is not in the conversation is not shown as typing in it.
    desk.talk(1, &["bob"], TalkEvent::Typing(handle("mallory")));
    desk.hides("is typing");
}

#[test]
fn the_app_announces_typing_every_five_seconds_but_not_while_the_user_types_a_command() {
    let mut desk = Desk::new();
    desk.open("bob");
    desk.effects();
    desk.type_text("abc");
    assert_eq!(desk.effects(), [Effect::Typing(TalkId(1))]);
    desk.wait(Duration::from_secs(6));
    desk.type_text("d");
    assert_eq!(desk.effects(), [Effect::Typing(TalkId(1))]);
    desk.control('u');
    desk.wait(Duration::from_secs(6));
    desk.type_text("/help");
    assert_eq!(desk.effects(), []);
}

#[test]
fn a_nudge_shakes_the_window_for_a_moment_and_rings_the_bell() {
    let mut desk = Desk::new();
    desk.open("bob");
    desk.effects();
    let still = desk.screen();
    desk.talk(1, &["bob"], TalkEvent::Nudge(handle("bob")));
    assert_eq!(desk.effects(), [Effect::Bell]);
    desk.shows("Bob sent you a nudge!");
    let mut offsets = Vec::new();
    while desk.app.is_shaking() {
        offsets.push(desk.app.shake());
        desk.screen();
        desk.wait(desk.app.next_change().unwrap());
    }
    assert_eq!(offsets.len(), 12);
    assert!(offsets.contains(&2) && offsets.contains(&-2));
    assert_eq!(desk.app.shake(), 0);
    assert_ne!(still, desk.screen());
    desk.control('g');
    assert!(matches!(desk.effects()[..], [Effect::Nudge { talk: TalkId(1), .. }]));
}

#[test]
fn older_lines_stay_in_view_while_new_ones_arrive() {
    let mut desk = Desk::new();
    desk.open("bob");
    for number in 0..100 {
        desk.says(1, "bob", &format!("line {number}."));
    }
    desk.shows("line 99.");
    desk.key(KeyCode::PageUp);
    desk.hides("line 99.");
    let before = desk.screen();
    desk.says(1, "bob", &"a long text ".repeat(20));
    let rows = |screen: &str| screen.lines().skip(2).take(15).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(rows(&before), rows(&desk.screen()));
    for _ in 0..50 {
        desk.key(KeyCode::PageUp);
    }
    desk.shows("line 0.");
    for _ in 0..50 {
        desk.mouse(MouseEventKind::ScrollDown, 60, 10);
    }
    desk.hides("more");
    desk.mouse(MouseEventKind::ScrollUp, 60, 10);
    desk.shows("↓ 3 more");
    desk.key(KeyCode::Esc);
    desk.hides("↓ 3 more");
}

#[test]
fn the_oldest_lines_and_tabs_are_dropped_at_a_limit() {
    let mut desk = Desk::new();
    desk.open("bob");
    for number in 0..2500 {
        desk.says(1, "bob", &format!("line {number}."));
    }
    assert_eq!(desk.app.tabs[1].lines.iter().count(), 2000);
    for number in 0..300 {
        desk.says(number + 10, &format!("user{number}"), "flood");
    }
    assert_eq!((desk.app.tabs.len(), desk.app.current), (100, 1));
    desk.shows("line 2499.");
}

#[test]
fn sent_lines_and_the_draft_can_be_recalled_with_the_arrow_keys() {
    let mut desk = Desk::new();
    desk.open("bob");
    desk.enter("one");
    desk.enter("two");
    desk.type_text("draft");
    for (key, expected) in [
        (KeyCode::Up, "two"),
        (KeyCode::Up, "one"),
        (KeyCode::Up, "one"),
        (KeyCode::Down, "two"),
        (KeyCode::Down, "draft"),
    ] {
        desk.key(key);
        assert_eq!(desk.app.tabs[1].input.text(), expected);
    }
}

#[test]
fn a_pasted_text_with_line_breaks_is_not_sent_automatically() {
    let mut desk = Desk::new();
    desk.open("bob");
    desk.effects();
    desk.app.handle_paste("/quit\nrm -rf\r\n");
    assert_eq!(desk.effects(), []);
    assert_eq!(desk.app.tabs[1].input.text(), "/quit\nrm -rf\n");
}

#[test]
fn tabs_are_switched_and_closed_with_keys_and_clicks() {
    let mut desk = Desk::new();
    desk.open("bob");
    desk.talk(2, &["carol"], TalkEvent::Opened);
    desk.alt(KeyCode::Left);
    assert_eq!(desk.app.current, 1);
    desk.alt(KeyCode::Left);
    desk.alt(KeyCode::Left);
    assert_eq!(desk.app.current, 2);
    // ╭ 1 Home │ 2 Bob │ begins after the contact list, which has 26 columns.
    desk.click(26 + 12, 1);
    assert_eq!(desk.app.current, 1);
    desk.effects();
    desk.control('d');
    assert_eq!(desk.effects(), [Effect::Leave(TalkId(1))]);
    assert_eq!((desk.app.tabs.len(), desk.app.current), (2, 0));
    desk.says(2, "carol", "unread");
    desk.control('n');
    assert_eq!(desk.app.current, 1);
}
