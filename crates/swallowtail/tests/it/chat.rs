//! `swallowtail chat`, with two users at two terminals.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Stdio};
use std::sync::mpsc::{Receiver, channel};

use crate::support;
use crate::support::binary::{RunningBinary, account, run, swallowtail};
use crate::support::time::PATIENCE;

const PASSWORD: &str = "correct horse";
const ALICE: &str = "alice@example.com";
const BOB: &str = "bob@example.com";
const CAROL: &str = "carol@example.com";

/// A running `swallowtail chat`, and the lines that it shows.
struct Terminal {
    child: Child,
    keys: ChildStdin,
    lines: Receiver<String>,
}

impl Terminal {
    fn open(server: &RunningBinary, me: &str, other: &str) -> Self {
        let mut child = swallowtail()
            .args(["chat", me, other, "--password-stdin", "--notification", &server.notification.to_string()])
            .args(["--http", &server.http.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (sender, lines) = channel();
        let shown = BufReader::new(child.stdout.take().unwrap()).lines();
        std::thread::spawn(move || shown.map_while(Result::ok).try_for_each(|line| sender.send(line)));
        let mut terminal = Self { keys: child.stdin.take().unwrap(), child, lines };
        terminal.type_line(PASSWORD);
        terminal.shows("You are signed in as");
        terminal
    }

    fn type_line(&mut self, line: &str) {
        writeln!(self.keys, "{line}").unwrap();
    }

    fn shows(&self, wanted: &str) -> String {
        loop {
            let line = self.lines.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("{wanted} is not shown"));
            if line.contains(wanted) {
                return line;
            }
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn two_users_chat_from_two_terminals() {
    let data = support::private_directory();
    for handle in [ALICE, BOB, CAROL] {
        account(data.path(), &["add", handle, "--password-stdin"], PASSWORD);
    }
    let server = RunningBinary::start(data.path());
    let mut alice = Terminal::open(&server, ALICE, BOB);
    alice.type_line("Is anybody there?");
    alice.shows("Not sent: bob@example.com is offline");
    let mut bob = Terminal::open(&server, BOB, ALICE);
    alice.shows("bob@example.com is online.");
    alice.type_line("Hello B\u{f6}b");
    bob.shows("alice@example.com: Hello B\u{f6}b");
    bob.type_line("Hello \u{1b}[31mAlice");
    let line = alice.shows("bob@example.com: Hello");
    assert!(line.ends_with("Hello \\u{1b}[31mAlice"), "{line:?}");
    bob.type_line("/help");
    bob.shows("//text");
    // A third user cannot join the chat.
    let carol = Terminal::open(&server, CAROL, ALICE);
    alice.shows("carol@example.com has added you");
    drop(carol);
    alice.type_line(&"long ".repeat(600));
    assert_eq!(bob.shows("alice@example.com: long").matches("long").count(), 280, "a first piece of 1400 bytes");
    bob.shows("alice@example.com: long");
    // The end of the input signs Bob out. Alice sees that Bob is offline, and that her next line was not sent.
    drop(bob);
    alice.shows("bob@example.com is offline.");
    alice.type_line("Still there?");
    alice.shows("Not sent");
}

#[test]
fn a_chat_that_cannot_start_says_why() {
    let data = support::private_directory();
    account(data.path(), &["add", ALICE, "--password-stdin"], PASSWORD);
    let server = RunningBinary::start(data.path());
    let (notification, http) = (server.notification.to_string(), server.http.to_string());
    let servers = ["--notification", &notification, "--http", &http, "--password-stdin"];
    for (me, other, password, cause) in [
        (ALICE, BOB, PASSWORD, "the account bob@example.com does not exist"),
        (ALICE, BOB, "wrong", "wrong password, or the account alice@example.com does not exist"),
        (ALICE, ALICE, PASSWORD, "cannot chat with itself"),
    ] {
        let mut child = swallowtail()
            .args(["chat", me, other])
            .args(servers)
            .stdin(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(format!("{password}\n").as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && error.contains(cause), "{error}");
    }
    let output = run(&["chat", ALICE, BOB, "--notification", "127.0.0.1:1", "--http", "127.0.0.1:1"]);
    assert!(!output.status.success());
}
