//! Tests the commands of an operator to a running server, with the built program. Also tests the
//! shields that clients receive.

use std::path::Path;

use swallowtail_config::Config;
use tempfile::TempDir;

use crate::support;
use crate::support::binary::{RunningBinary, account, run};
use crate::support::people::{Chat, sign_in_bytes, synchronize};
use crate::support::wire::Wire;
use crate::support::{TestServer, address};

const PASSWORD: &str = "correct horse";
const ALICE: &str = "alice@example.com";
const BOB: &str = "bob@example.com";

/// Starts a server with two online users, who are contacts of each other.
async fn friends() -> (TempDir, RunningBinary, Wire, Wire) {
    let data = support::private_directory();
    for handle in [ALICE, BOB] {
        account(data.path(), &["add", handle, "--password-stdin"], PASSWORD);
    }
    let server = RunningBinary::start(data.path());
    let mut wires = Vec::new();
    for handle in [ALICE, BOB] {
        let ticket = server.ticket(handle, PASSWORD).await.unwrap();
        wires.push(server.online(handle, &ticket).await);
    }
    let (mut bob, mut alice) = (wires.pop().unwrap(), wires.pop().unwrap());
    for (wire, contact) in [(&mut alice, BOB), (&mut bob, ALICE)] {
        wire.done("ADC", format!("AL N={contact}")).await;
        wire.done("ADC", format!("FL N={contact} F={contact}")).await;
    }
    for wire in [&mut alice, &mut bob] {
        wire.before_pong().await;
    }
    (data, server, alice, bob)
}

/// Runs a command, which must succeed, and returns its output.
fn tell(data: &Path, words: &[&str]) -> String {
    let mut arguments = words.to_vec();
    let data = data.display().to_string();
    arguments.extend(["--data", &data]);
    let output = run(&arguments);
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test]
async fn an_announcement_reaches_all_online_clients_as_an_alert() {
    let (data, server, mut alice, mut bob) = friends().await;
    let report = tell(data.path(), &["announce", "\u{1b}Down for <cleaning>\u{8}at 5\u{fffe}"]);
    assert_eq!(report, "Sent to 2 clients.\n");
    for wire in [&mut alice, &mut bob] {
        let alert = wire.expect("NOT").await;
        let text = String::from_utf8(alert.payload).unwrap();
        assert!(text.contains("<TEXT>Down for &lt;cleaning&gt; at 5</TEXT>"), "{text}");
    }
    let log = server.log();
    let line = log.lines().find(|line| line.contains("carried out a command of the operator")).unwrap();
    let user = format!("user={}", rustix::process::getuid().as_raw());
    assert!(line.contains("announce") && line.contains(&user) && line.contains("process="), "{line}");
}

#[tokio::test]
async fn all_clients_are_warned_of_a_planned_stop_and_a_signal_stops_the_server_before_the_planned_time() {
    let (data, mut server, mut alice, _bob) = friends().await;
    tell(data.path(), &["stop", "--in", "5"]);
    let warning = alice.expect("MSG Hotmail Hotmail 88").await;
    assert!(warning.payload.ends_with(b"Type: 1\r\nArg1: 5\r\n"));
    assert_eq!(alice.before_pong().await, [], "the server keeps running");
    server.signal(rustix::process::Signal::INT);
    let mut lines = alice.last_lines().await;
    assert_eq!(lines.pop().as_deref(), Some("OUT SSD"));
    // The server may sign Bob out before Alice. In that case, it tells Alice that Bob is offline.
    assert!(lines.iter().all(|line| line == "FLN bob@example.com"), "{lines:?}");
    assert!(server.wait().success());
    let output = run(&["stop", "--data", &data.path().display().to_string()]);
    assert!(String::from_utf8_lossy(&output.stderr).contains("no server runs"), "{output:?}");
}

#[tokio::test]
async fn all_clients_can_be_moved_to_another_server() {
    let (data, server, mut alice, _bob) = friends().await;
    tell(data.path(), &["move", "10.0.0.5:1863"]);
    let line = alice.expect("XFR 0 NS").await.line;
    assert_eq!(line, format!("XFR 0 NS 10.0.0.5:1863 0 {}", server.notification));
}

#[tokio::test]
async fn a_new_password_ends_the_sessions_and_conversations_of_the_account() {
    let (data, server, mut alice, mut bob) = friends().await;
    let mut chat = Chat::open((ALICE, &mut alice), (BOB, &mut bob)).await;
    let cookie = alice.ask("XFR", "SB").await.word(5).to_owned();
    account(data.path(), &["password", ALICE, "--password-stdin"], "another one");
    assert_eq!(alice.last_lines().await.last().unwrap(), "OUT");
    assert_eq!(chat.caller.last_lines().await, [""; 0]);
    chat.callee.expect("BYE alice@example.com").await;
    bob.expect("FLN alice@example.com").await;
    let mut board = Wire::dial(server.switchboard).await;
    board.line(format!("USR 1 {ALICE} {cookie}")).await;
    assert_eq!(board.last_lines().await, ["911 1"], "the account's cookies are invalid");
}

#[tokio::test]
async fn the_reverse_lists_of_others_lose_a_removed_account_immediately() {
    let (data, _server, mut alice, mut bob) = friends().await;
    account(data.path(), &["remove", ALICE, "--yes"], "");
    assert_eq!(alice.last_lines().await.last().unwrap(), "OUT");
    bob.expect("FLN alice@example.com").await;
    bob.expect("REM 0 RL alice@example.com").await;
}

#[tokio::test]
async fn the_reverse_lists_of_others_also_lose_an_account_that_is_removed_while_it_is_offline() {
    let (data, _server, mut alice, mut bob) = friends().await;
    alice.line("OUT").await;
    bob.expect("FLN alice@example.com").await;
    alice.until_closed().await;
    account(data.path(), &["remove", ALICE, "--yes"], "");
    bob.expect("REM 0 RL alice@example.com").await;
}

#[tokio::test]
async fn operator_commands_work_during_the_countdown_to_a_stop() {
    let (data, mut server, mut alice, mut bob) = friends().await;
    tell(data.path(), &["stop", "--in", "1000"]);
    alice.expect("MSG Hotmail Hotmail 91").await;
    bob.expect("MSG Hotmail Hotmail 91").await;
    tell(data.path(), &["announce", "Not yet"]);
    bob.expect("NOT").await;
    account(data.path(), &["remove", ALICE, "--yes"], "");
    assert_eq!(alice.last_lines().await.last().unwrap(), "OUT");
    tell(data.path(), &["stop"]);
    assert_eq!(bob.last_lines().await.last().unwrap(), "OUT SSD");
    assert!(server.wait().success());
}

#[tokio::test]
async fn each_client_receives_the_configured_shields_in_its_dialect() {
    let text = "[shields]\nblock_texts = ['example\\.invalid']\n[[shields.client]]\nmajor = 7\nminor = 5\nmax_build = 310\n\
                deny = [\"voiceim\", \"winks\"]";
    let server = TestServer::start_with(|config| config.shields = Config::parse(text).unwrap().shields).await;
    server.accounts(["alice", "bob"]).await;
    let mut alice = server.sign_in("alice").await;
    let document = alice.ask("GCF", "Shields.xml").await;
    assert!(document.line.ends_with(" Shields.xml 216"), "{}", document.line);

    let ticket = server.ticket("bob").await;
    let mut older = Wire::dial(server.notification()).await;
    older.send(sign_in_bytes(&address("bob"), &ticket).replace("MSNP12 MSNP11", "MSNP11 MSNP10")).await;
    older.expect("USR 4 OK").await;
    synchronize(&mut older).await;
    let document = older.ask("GCF", "Shields.xml").await;
    let text = String::from_utf8(document.payload).unwrap();
    assert!(text.ends_with("deny=\"voiceim winks\" /></shield><block></block></config>"), "{text}");
}
