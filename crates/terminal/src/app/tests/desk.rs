//! An app with keys to press and a screen to look at.

use std::time::Duration;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use msnp::{Guid, Handle, Status};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;

use crate::app::{
    App, AppEvent, Colors, Contact, Effect, Request, Roster, Settings, Start, Talk, TalkEvent, TalkId, Time,
};
use crate::view;

pub(super) fn handle(name: &str) -> Handle {
    Handle::parse(&format!("{name}@example.com")).unwrap()
}

pub(super) fn guid(number: u8) -> Guid {
    Guid::from_bytes([number; 16])
}

fn contact(name: &str, shown: &str, status: Option<Status>, message: &str, groups: &[u8]) -> Contact {
    Contact {
        handle: handle(name),
        name: shown.to_owned(),
        status,
        message: message.to_owned(),
        is_blocked: false,
        groups: groups.iter().map(|group| guid(*group)).collect(),
        picture: None,
    }
}

/// Returns Alice's roster. It has two groups and a request. Some contacts are in no group, some in
/// one, and some in both.
pub(super) fn roster() -> Roster {
    let mut mallory = contact("mallory", "Mallory", Some(Status::Away), "", &[]);
    mallory.is_blocked = true;
    Roster {
        name: Some("Alice (L)".to_owned()),
        status: Some(Status::Online),
        contacts: vec![
            contact("bob", "Bob", Some(Status::Online), "at work :)", &[1]),
            contact("carol", "Carol", Some(Status::Busy), "", &[1, 2]),
            contact("dave", "Dave", None, "", &[2]),
            contact("erin", "Erin 猫", Some(Status::OutToLunch), "back at 2 pm, or later if it rains", &[]),
            mallory,
        ],
        requests: vec![Request { handle: handle("frank"), name: "Frank".to_owned() }],
        groups: vec![(guid(2), "Climbing".to_owned()), (guid(1), "Friends".to_owned())],
    }
}

/// Alice at her terminal. The time is 12:03 at first, and only the test advances it.
pub(super) struct Desk {
    pub(super) app: App,
    since_start: Duration,
    size: (u16, u16),
}

impl Desk {
    pub(super) fn new() -> Self {
        Self::with_size(80, 24)
    }

    pub(super) fn with_size(columns: u16, rows: u16) -> Self {
        let settings = Settings { bell: true, emoji: true, colors: Colors::True };
        let app = App::new(Start { me: handle("alice"), size: (columns, rows), settings });
        let mut desk = Self { app, since_start: Duration::ZERO, size: (columns, rows) };
        desk.wait(Duration::from_secs(60));
        desk.tell(AppEvent::Roster(Box::new(roster())));
        desk
    }

    /// Lets time pass.
    pub(super) fn wait(&mut self, time: Duration) {
        self.since_start += time;
        let minutes = 12 * 60 + 2 + self.since_start.as_secs() / 60;
        let clock = format!("{:02}:{:02}", minutes / 60, minutes % 60);
        self.app.tick(Time { since_start: self.since_start, clock });
    }

    pub(super) fn tell(&mut self, event: AppEvent) {
        self.app.handle_event(event);
    }

    pub(super) fn key(&mut self, code: KeyCode) {
        self.key_with(code, KeyModifiers::NONE);
    }

    pub(super) fn control(&mut self, letter: char) {
        self.key_with(KeyCode::Char(letter), KeyModifiers::CONTROL);
    }

    pub(super) fn alt(&mut self, code: KeyCode) {
        self.key_with(code, KeyModifiers::ALT);
    }

    fn key_with(&mut self, code: KeyCode, modifiers: KeyModifiers) {
        self.app.handle_key(KeyEvent::new(code, modifiers));
    }

    /// Presses a key for each letter.
    pub(super) fn type_text(&mut self, text: &str) {
        text.chars().for_each(|letter| self.key(KeyCode::Char(letter)));
    }

    /// Types a line and presses Enter.
    pub(super) fn enter(&mut self, text: &str) {
        self.type_text(text);
        self.key(KeyCode::Enter);
    }

    pub(super) fn mouse(&mut self, kind: MouseEventKind, column: u16, row: u16) {
        self.app.handle_mouse(MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE });
    }

    pub(super) fn click(&mut self, column: u16, row: u16) {
        self.mouse(MouseEventKind::Down(MouseButton::Left), column, row);
    }

    pub(super) fn effects(&mut self) -> Vec<Effect> {
        self.app.take_effects()
    }

    /// Reports an event in the conversation with this number and these users.
    pub(super) fn talk(&mut self, number: u64, users: &[&str], event: TalkEvent) {
        let users = users.iter().map(|name| handle(name)).collect();
        self.tell(AppEvent::Talk(Talk { id: TalkId(number), users }, event));
    }

    /// Opens the conversation with one user. The conversation has the number 1.
    pub(super) fn open(&mut self, name: &str) {
        self.talk(1, &[name], TalkEvent::Opened);
    }

    /// Tells the app that the user `name` has sent a text in the conversation `number`. The
    /// conversation has no other users.
    pub(super) fn says(&mut self, number: u64, name: &str, text: &str) {
        self.talk(number, &[name], TalkEvent::Text { from: handle(name), text: text.to_owned() });
    }

    /// Draws the screen.
    pub(super) fn buffer(&self) -> Buffer {
        let mut terminal = Terminal::new(TestBackend::new(self.size.0, self.size.1)).unwrap();
        terminal.draw(|frame| view::draw(&self.app, frame)).unwrap();
        terminal.backend().buffer().clone()
    }

    /// Draws the screen, and returns its rows.
    pub(super) fn screen(&self) -> String {
        let buffer = self.buffer();
        let mut text = String::new();
        for row in buffer.content.chunks(usize::from(self.size.0).max(1)) {
            let mut line = String::new();
            let mut covered = 0;
            for cell in row {
                // The second column of a wide letter is a cell of its own, without a text.
                if covered == 0 {
                    line.push_str(cell.symbol());
                    covered = crate::text::width(cell.symbol()).max(1);
                }
                covered -= 1;
            }
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text
    }

    /// Asserts that the screen shows a text.
    pub(super) fn shows(&self, text: &str) {
        let screen = self.screen();
        assert!(screen.contains(text), "{text:?} is not shown:\n{screen}");
    }

    /// Asserts that the screen does not show a text.
    pub(super) fn hides(&self, text: &str) {
        let screen = self.screen();
        assert!(!screen.contains(text), "{text:?} is shown:\n{screen}");
    }
}
