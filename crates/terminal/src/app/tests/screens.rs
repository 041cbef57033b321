//! Whole screens, as they are kept in `tests/screens`. `UPDATE_SCREENS=1 cargo test -p swallowtail-terminal` writes
//! them again.

use std::path::Path;
use std::time::Duration;

use crossterm::event::KeyCode;

use super::desk::{Desk, handle};
use crate::app::{AppEvent, FileId, LineId, NotDelivered, TalkEvent};

/// Compares the screen with the file of this name.
fn check(desk: &Desk, name: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/screens").join(format!("{name}.txt"));
    let screen = desk.screen();
    if std::env::var_os("UPDATE_SCREENS").is_some() {
        return std::fs::write(path, screen).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == screen, "{name} is drawn differently (UPDATE_SCREENS=1 accepts it):\n{screen}");
}

const SIZES: [(u16, u16); 2] = [(80, 24), (120, 40)];

fn in_sizes(name: &str, play: impl Fn(&mut Desk)) {
    for (columns, rows) in SIZES {
        let mut desk = Desk::with_size(columns, rows);
        play(&mut desk);
        check(&desk, &format!("{name}-{columns}x{rows}"));
    }
}

#[test]
fn the_first_screen_matches_its_expected_file() {
    in_sizes("first", |_| {});
}

#[test]
fn the_screen_of_a_conversation_with_every_kind_of_line_matches_its_expected_file() {
    in_sizes("conversation", |desk| {
        desk.open("bob");
        desk.says(
            1,
            "bob",
            "Hi Alice :) (L)\nA second line, and then a long one that has to be broken into several rows.",
        );
        desk.enter("Hello B\u{f6}b");
        desk.tell(AppEvent::Delivered(LineId(1), Ok(())));
        desk.wait(Duration::from_secs(60));
        desk.enter("Are you still there?");
        desk.tell(AppEvent::Delivered(LineId(2), Err(NotDelivered::Refused("the other user is offline".to_owned()))));
        desk.talk(1, &["bob"], TalkEvent::Nudge(handle("bob")));
        desk.wait(Duration::from_secs(2));
        desk.enter("On its way");
        desk.says(2, "carol", "psst");
        desk.talk(1, &["bob"], TalkEvent::Typing(handle("bob")));
        desk.type_text("a half-typed li");
    });
}

#[test]
fn the_screen_of_a_conversation_with_several_users_and_a_file_transfer_matches_its_expected_file() {
    in_sizes("crowd", |desk| {
        desk.open("bob");
        let carol = handle("carol");
        desk.talk(1, &["bob", "carol"], TalkEvent::Joined(carol.clone()));
        desk.talk(1, &["bob", "carol"], TalkEvent::Text { from: carol, text: "Hello both of you".to_owned() });
        let offer = TalkEvent::FileOffered {
            from: handle("bob"),
            id: FileId(7),
            name: "holiday.jpg".to_owned(),
            size: 2_345_678,
        };
        desk.talk(1, &["bob", "carol"], offer);
        desk.enter("/accept");
        desk.tell(AppEvent::FileProgress { id: FileId(7), done: 1_000_000, total: 2_345_678 });
    });
}

#[test]
fn the_screens_of_the_palette_and_of_the_help_match_their_expected_files() {
    in_sizes("palette", |desk| {
        desk.open("bob");
        desk.type_text("/st");
    });
    in_sizes("help", |desk| desk.key(KeyCode::F(1)));
}

#[test]
fn the_screen_of_a_search_matches_its_expected_file() {
    in_sizes("search", |desk| {
        desk.open("bob");
        for number in 0..60 {
            desk.says(1, "bob", &format!("line {number}"));
        }
        desk.control('f');
        desk.type_text("LINE 3");
        desk.key(KeyCode::Enter);
    });
}

#[test]
fn the_screen_of_a_lost_connection_matches_its_expected_file() {
    in_sizes("offline", |desk| {
        desk.open("bob");
        let retry = Some(Duration::from_secs(5));
        desk.tell(AppEvent::SignedOut { reason: "the server is shutting down".to_owned(), retry });
        desk.wait(Duration::from_secs(2));
    });
}

#[test]
fn a_small_terminal_shows_either_the_contact_list_or_the_conversation() {
    let mut desk = Desk::with_size(40, 12);
    check(&desk, "small-list-40x12");
    desk.open("bob");
    desk.says(1, "bob", "This is a text for a small terminal");
    check(&desk, "small-talk-40x12");
}
