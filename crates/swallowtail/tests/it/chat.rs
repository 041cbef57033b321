//! `swallowtail chat`, with users at terminals.

use std::path::Path;

use tempfile::TempDir;

use crate::support;
use crate::support::binary::{RunningBinary, account, run};
use crate::support::forwarder::Forwarder;
use crate::support::terminal::Terminal;

const PASSWORD: &str = "correct horse";
const ALICE: &str = "alice@example.com";
const BOB: &str = "bob@example.com";
const CAROL: &str = "carol@example.com";

/// Alt and a digit.
const TAB_2: &str = "\u{1b}2";
const TAB_3: &str = "\u{1b}3";
const CTRL_C: &str = "\u{3}";
const CTRL_G: &str = "\u{7}";
const CTRL_R: &str = "\u{12}";
const CTRL_U: &str = "\u{15}";
const DOWN: &str = "\u{1b}[B";

/// A server with accounts. Its addresses stay the same after a restart.
struct Service {
    data: TempDir,
    server: Option<RunningBinary>,
    notification: Forwarder,
    http: Forwarder,
}

impl Service {
    fn start() -> Self {
        let data = support::private_directory();
        for handle in [ALICE, BOB, CAROL] {
            account(data.path(), &["add", handle, "--password-stdin"], PASSWORD);
        }
        let server = RunningBinary::start(data.path());
        let (notification, http) = (Forwarder::to(server.notification), Forwarder::to(server.http));
        Self { data, server: Some(server), notification, http }
    }

    /// Kills the server.
    fn lose(&mut self) {
        self.server.take().unwrap().kill();
    }

    fn start_again(&mut self) {
        let server = RunningBinary::start(self.data.path());
        self.notification.move_to(server.notification);
        self.http.move_to(server.http);
        self.server = Some(server);
    }

    /// Opens a terminal, and types the password.
    fn chat(&self, users: &[&str]) -> Terminal {
        let (notification, http) = (self.notification.address.to_string(), self.http.address.to_string());
        let servers = ["--notification", &notification, "--http", &http];
        let arguments = [&["chat"][..], users, &servers].concat();
        let mut terminal = Terminal::run(self.data.path(), &arguments);
        terminal.asks_for_password();
        terminal.enter(PASSWORD);
        terminal
    }
}

#[test]
fn three_users_can_meet_and_talk_and_come_back_after_the_server_was_down() {
    let mut service = Service::start();
    let mut alice = service.chat(&[ALICE]);
    alice.shows("/add someone@example.com");
    alice.shows("Ctrl-C: quit");
    assert_eq!(alice.screen().lines().count(), 24);

    // Alice presses a key to accept Bob's request.
    let mut bob = service.chat(&[BOB, ALICE]);
    bob.shows("2 alice");
    alice.shows("? bob@example.com");
    alice.press(DOWN);
    alice.press("a");
    alice.shows("● bob");
    bob.shows("● alice");

    // Alice and Bob talk. A message does not change a half-typed line.
    bob.enter("Hello \u{41}lice :)");
    alice.shows("2 bob (1)");
    alice.press(TAB_2);
    alice.shows("bob: Hello Alice 🙂");
    alice.enter("Hello B\u{f6}b");
    alice.shows("✓ alice: Hello B\u{f6}b");
    bob.shows("alice: Hello B\u{f6}b");
    alice.press("half-typed");
    bob.shows("alice is typing");

    // A second conversation at the same time.
    let mut carol = service.chat(&[CAROL, ALICE]);
    carol.shows("2 alice");
    carol.enter("psst");
    alice.shows("3 carol@example.com (1)");
    alice.shows("half-typed");
    alice.press(TAB_3);
    alice.shows("carol@example.com: psst");
    alice.enter("What is it?");
    carol.shows("alice: What is it?");
    bob.enter("Still there?");
    alice.shows("2 bob (1)");
    alice.press(TAB_2);
    alice.shows("bob: Still there?");
    alice.shows("half-typed");

    // All three in one conversation.
    alice.press(CTRL_U);
    alice.enter("/invite carol@example.com");
    bob.shows("carol@example.com joined the conversation.");
    carol.shows("3 alice, bob@");
    carol.press(TAB_3);
    carol.enter("Hello everyone");
    bob.shows("carol@example.com: Hello everyone");
    carol.enter("/close");
    bob.shows("carol@example.com left the conversation.");

    // Bob sends a file. The received file does not replace an existing file.
    std::fs::write(service.data.path().join("note.txt"), "from Bob").unwrap();
    bob.enter("/send note.txt");
    alice.shows("wants to send you note.txt (8 bytes)");
    alice.press(CTRL_U);
    alice.enter("/accept");
    alice.shows("was saved as");
    bob.shows("The file was sent.");
    let saved = std::fs::read_to_string(service.data.path().join("note (2).txt")).unwrap();
    assert_eq!(saved, "from Bob");

    // A display picture.
    std::fs::write(service.data.path().join("bob.png"), include_bytes!("../../src/helper/picture.png")).unwrap();
    bob.enter("/picture bob.png");
    bob.shows("Picture: done.");
    // Alice's client learns of the picture from Bob's presence, at the latest with his next status.
    bob.enter("/status busy");
    alice.shows("⊝ bob");
    bob.enter("/status online");
    alice.shows("● bob");
    alice.enter("/picture");
    alice.shows("▀▀▀▀");
    alice.press("x");

    // A nudge, a status, and a larger terminal.
    bob.press(CTRL_G);
    alice.shows("bob sent you a nudge!");
    alice.enter("/status busy");
    bob.shows("⊝ alice");
    alice.resize(100, 30);
    alice.press("\u{c}");
    alice.shows("sent you a nudge!");

    // The server is gone, and comes back.
    service.lose();
    alice.shows("Signed out:");
    bob.shows("Signed out:");
    alice.enter("Lost?");
    alice.shows("✗ alice: Lost?");
    alice.press("half-typed");
    service.start_again();
    alice.press(CTRL_R);
    bob.press(CTRL_R);
    bob.shows("⊝ alice");
    alice.shows("● bob");
    alice.shows("half-typed");
    bob.enter("Here again");
    bob.shows("✓ bob: Here again");
    alice.shows("bob: Here again");

    // Signing out restores the terminal.
    alice.press(CTRL_C);
    let (succeeded, written) = alice.end();
    assert!(succeeded);
    let restored = ["\u{1b}[?1049l", "\u{1b}[?2004l", "\u{1b}[?1006l", "\u{1b}[?25h"];
    assert!(restored.iter().all(|sequence| written.contains(sequence)), "the terminal is not restored");
    bob.shows("○ alice");
    bob.enter("/quit");
    assert!(bob.end().0);
}

#[test]
fn a_signal_signs_the_user_out_and_restores_the_terminal() {
    let service = Service::start();
    let alice = service.chat(&[ALICE]);
    alice.shows("Ctrl-C: quit");
    alice.terminate();
    let (succeeded, written) = alice.end();
    assert!(succeeded && written.contains("\u{1b}[?1049l"), "{written}");
}

#[test]
fn a_chat_that_cannot_start_gives_the_reason() {
    let service = Service::start();
    for (users, password, cause) in [
        (&[ALICE, "nobody@example.com"][..], PASSWORD, "could not add nobody@example.com: the account does not exist"),
        (&[ALICE][..], "wrong", "wrong password, or the account does not exist"),
    ] {
        let (notification, http) = (service.notification.address.to_string(), service.http.address.to_string());
        let arguments = [&["chat", "--notification", &notification, "--http", &http][..], users].concat();
        let mut terminal = Terminal::run(Path::new("."), &arguments);
        terminal.asks_for_password();
        terminal.enter(password);
        let (succeeded, written) = terminal.end();
        assert!(!succeeded && written.contains(cause), "{written}");
        assert!(!written.contains("\u{1b}[?1049h"), "an error is an ordinary line: {written:?}");
    }
    for (arguments, cause) in [
        (&["chat", ALICE, ALICE][..], "cannot chat with itself"),
        (&["chat", ALICE, "--notification", "127.0.0.1:1", "--http", "127.0.0.1:1"][..], "could not connect to"),
    ] {
        let (succeeded, written) = Terminal::run(Path::new("."), arguments).end();
        assert!(!succeeded && written.contains(cause), "{written}");
    }
}

#[test]
fn the_chat_command_recommends_send_and_listen_if_there_is_no_terminal() {
    let output = run(&["chat", ALICE]);
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success(), "{error}");
    assert!(error.contains("`swallowtail send`") && error.contains("`swallowtail listen`"), "{error}");
}
