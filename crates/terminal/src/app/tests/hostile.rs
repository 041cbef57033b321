//! Texts from other users that try to harm the terminal, and keys in any order.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use proptest::prelude::*;

use super::desk::{Desk, handle, roster};
use crate::app::{AppEvent, Contact, Request, TalkEvent};
use msnp::text::is_unsafe_to_show;

/// Texts with escapes, characters that reverse the direction of text, wide letters and marks, in
/// any order.
fn hostile() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("\u{1b}[2J".to_owned()),
        Just("\u{9b}31m".to_owned()),
        Just("\u{202e}".to_owned()),
        Just("\u{2066}".to_owned()),
        Just("\r\n".to_owned()),
        Just("\u{7}\u{0}\u{7f}".to_owned()),
        Just("猫👩\u{200d}🚀".to_owned()),
        Just("\u{301}".repeat(50)),
        Just(":) (L) http://example.com/:P".to_owned()),
        any::<String>(),
    ];
    prop::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

fn assert_safe(screen: &str) -> Result<(), TestCaseError> {
    for character in screen.chars().filter(|character| *character != '\n') {
        prop_assert!(!is_unsafe_to_show(character), "{character:?} is drawn");
    }
    Ok(())
}

/// The keys that a test presses.
fn keys() -> impl Strategy<Value = Vec<(KeyCode, KeyModifiers)>> {
    let code = prop_oneof![
        proptest::char::range(' ', '~').prop_map(KeyCode::Char),
        Just(KeyCode::Char('/')),
        Just(KeyCode::Char('猫')),
        Just(KeyCode::Enter),
        Just(KeyCode::Tab),
        Just(KeyCode::Esc),
        Just(KeyCode::Up),
        Just(KeyCode::Down),
        Just(KeyCode::Left),
        Just(KeyCode::Right),
        Just(KeyCode::PageUp),
        Just(KeyCode::PageDown),
        Just(KeyCode::Home),
        Just(KeyCode::End),
        Just(KeyCode::Backspace),
        Just(KeyCode::Delete),
        Just(KeyCode::F(1)),
    ];
    let modifiers = prop_oneof![
        4 => Just(KeyModifiers::NONE),
        1 => Just(KeyModifiers::CONTROL),
        1 => Just(KeyModifiers::ALT),
    ];
    prop::collection::vec((code, modifiers), 0..60)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn unsafe_characters_in_text_from_others_never_reach_the_terminal(
        name in hostile(),
        text in hostile(),
        reason in hostile(),
    ) {
        let mut desk = Desk::new();
        desk.open("bob");
        let mut changed = roster();
        // When the app copies the roster of the client, it makes each text safe with the same
        // function.
        let safe = crate::text::clean_line;
        changed.contacts.push(Contact { name: safe(&name), message: safe(&text), ..changed.contacts[0].clone() });
        changed.requests.push(Request { handle: handle("x"), name: safe(&name) });
        desk.tell(AppEvent::Roster(Box::new(changed)));
        let from = handle("stranger");
        desk.talk(1, &["bob", "stranger"], TalkEvent::Joined(from.clone()));
        desk.talk(1, &["bob", "stranger"], TalkEvent::Text { from: from.clone(), text: text.clone() });
        desk.talk(1, &["bob", "stranger"], TalkEvent::Typing(from.clone()));
        desk.talk(1, &["bob", "stranger"], TalkEvent::FileOffered { from, id: crate::app::FileId(1), name, size: 3 });
        desk.tell(AppEvent::Announcement(text.clone()));
        assert_safe(&desk.screen())?;
        desk.tell(AppEvent::Edited { about: text, result: Err(reason.clone()) });
        assert_safe(&desk.screen())?;
        desk.wait(std::time::Duration::from_secs(10));
        desk.tell(AppEvent::SignedOut { reason, retry: None });
        assert_safe(&desk.screen())?;
        desk.key(KeyCode::Char('/'));
        assert_safe(&desk.screen())?;
        desk.alt(KeyCode::Char('1'));
        assert_safe(&desk.screen())?;
    }

    #[test]
    fn keys_and_clicks_in_any_order_and_at_any_screen_size_do_no_harm(
        keys in keys(), columns in 0u16..130, rows in 0u16..45, clicks in prop::collection::vec((0u16..130, 0u16..45), 60),
    ) {
        let mut desk = Desk::with_size(columns, rows);
        desk.open("bob");
        desk.says(2, "carol", "hello");
        for ((code, modifiers), (column, row)) in keys.into_iter().zip(clicks) {
            desk.app.handle_key(KeyEvent::new(code, modifiers));
            for kind in [MouseEventKind::Down(MouseButton::Left), MouseEventKind::ScrollUp] {
                if (column + row) % 3 == 0 {
                    desk.app.handle_mouse(MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE });
                }
            }
            desk.effects();
        }
        desk.screen();
        prop_assert!(desk.app.current < desk.app.tabs.len());
    }
}
