//! `swallowtail send` and `swallowtail listen`, as scripts use them.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Output, Stdio};
use std::sync::mpsc::{Receiver, channel};

use serde_json::Value;

use crate::support;
use crate::support::binary::{RunningBinary, account, swallowtail};
use crate::support::time::PATIENCE;

const PASSWORD: &str = "correct horse";
const ALICE: &str = "alice@example.com";
const BOB: &str = "bob@example.com";

/// Runs a command that signs in. The command gets `input` on standard input.
fn start(server: &RunningBinary, arguments: &[&str], input: &str) -> Child {
    let (notification, http) = (server.notification.to_string(), server.http.to_string());
    let mut child = swallowtail()
        .args(arguments)
        .args(["--password-stdin", "--notification", &notification, "--http", &http])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child
}

fn send(server: &RunningBinary, arguments: &[&str], input: &str) -> Output {
    start(server, &[&["send"], arguments].concat(), input).wait_with_output().unwrap()
}

/// A running `swallowtail listen`.
struct Listener {
    child: Child,
    lines: Receiver<String>,
}

impl Listener {
    fn start(server: &RunningBinary, arguments: &[&str]) -> Self {
        let mut child = start(server, &[&["listen"], arguments].concat(), &format!("{PASSWORD}\n"));
        let (sender, lines) = channel();
        let printed = BufReader::new(child.stdout.take().unwrap()).lines();
        std::thread::spawn(move || printed.map_while(Result::ok).try_for_each(|line| sender.send(line)));
        Self { child, lines }
    }

    /// Returns the next event of this kind. Fails if the sign-in is reported a second time.
    fn event(&self, kind: &str) -> Value {
        loop {
            let line = self.lines.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("no event {kind}"));
            let event: Value = serde_json::from_str(&line).unwrap();
            assert!(kind == "signed_in" || event["event"] != "signed_in", "{event}");
            if event["event"] == kind {
                return event;
            }
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn service() -> (tempfile::TempDir, RunningBinary) {
    let data = support::private_directory();
    for handle in [ALICE, BOB] {
        account(data.path(), &["add", handle, "--password-stdin"], PASSWORD);
    }
    let server = RunningBinary::start(data.path());
    (data, server)
}

#[test]
fn one_script_sends_a_message_and_another_reads_it() {
    let (_data, server) = service();
    let password = format!("{PASSWORD}\n");
    let offline = send(&server, &[ALICE, BOB, "Hello"], &password);
    let error = String::from_utf8(offline.stderr).unwrap();
    assert_eq!(offline.status.code(), Some(1), "{error}");
    assert!(error.contains("not delivered to bob@example.com: the other user is offline"), "{error}");

    let bob = Listener::start(&server, &[BOB, "--json"]);
    bob.event("signed_in");
    let sent = send(&server, &[ALICE, BOB, "Hello \u{1b}[31mB\u{f6}b"], &password);
    assert!(sent.status.success(), "{}", String::from_utf8_lossy(&sent.stderr));
    let message = bob.event("message");
    assert_eq!((&message["from"], &message["text"]), (&ALICE.into(), &"Hello \u{1b}[31mB\u{f6}b".into()));
    assert!(message["conversation"].is_u64() && message["time"].as_str().unwrap().ends_with('Z'), "{message}");
    // The text follows the password on standard input, with or without the argument `-`.
    for arguments in [&[ALICE, BOB, "-"][..], &[ALICE, BOB]] {
        let sent = send(&server, arguments, &format!("{PASSWORD}\none\ntwo\n"));
        assert!(sent.status.success(), "{}", String::from_utf8_lossy(&sent.stderr));
        assert_eq!(bob.event("message")["text"].as_str().unwrap().replace('\r', ""), "one\ntwo");
    }
}

#[test]
fn the_listener_prints_plain_text_if_json_is_not_requested() {
    let (_data, server) = service();
    let bob = Listener::start(&server, &[BOB]);
    let line = bob.lines.recv_timeout(PATIENCE).unwrap();
    assert!(line.ends_with("Z signed in"), "{line}");
    assert!(send(&server, &[ALICE, BOB, "a\u{1b}b"], &format!("{PASSWORD}\n")).status.success());
    let is_text = |line: &String| line.ends_with("alice@example.com: a\\u{1b}b");
    while !is_text(&bob.lines.recv_timeout(PATIENCE).unwrap()) {}
}

#[test]
fn the_error_for_a_message_that_cannot_be_sent_gives_the_reason() {
    let (_data, server) = service();
    for (arguments, input, cause) in [
        (&[ALICE, BOB, "Hello"][..], "wrong\n".to_owned(), "could not sign in as alice@example.com: wrong password"),
        (&[ALICE, BOB, " "][..], format!("{PASSWORD}\n"), "the text is empty"),
        (&[ALICE, BOB][..], format!("{PASSWORD}\n{}", "x".repeat(70_000)), "the text is longer than 65536 bytes"),
        (&[ALICE, "nobody@example.com", "Hello"][..], format!("{PASSWORD}\n"), "not delivered to nobody@example.com"),
    ] {
        let output = send(&server, arguments, &input);
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{error}");
        assert!(error.contains(cause), "{error}");
    }
}
