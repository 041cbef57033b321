//! Tests that every answered change is on the disk. The tests kill the built program and restart it on the same data.

use std::path::Path;

use msnp::Handle;
use rusqlite::Connection;
use tempfile::TempDir;

use crate::support;
use crate::support::TestServer;
use crate::support::binary::{RunningBinary, account};
use crate::support::people::{self, Chat};
use crate::support::wire::Wire;

const PASSWORD: &str = "correct horse";
const ALICE: &str = "alice@example.com";
const BOB: &str = "bob@example.com";

/// Creates a data directory with accounts, and starts a server on it.
fn server_with(handles: &[&str]) -> (TempDir, RunningBinary) {
    let data = support::private_directory();
    handles.iter().for_each(|handle| add(data.path(), handle));
    let server = RunningBinary::start(data.path());
    (data, server)
}

fn add(data: &Path, handle: &str) {
    account(data, &["add", handle, "--password-stdin"], PASSWORD);
}

/// Returns the first line that begins with `start`. `burst` is the result of the function
/// [`burst`].
fn line<'a>(burst: &'a [String], start: &str) -> Option<&'a str> {
    burst.iter().map(String::as_str).find(|line| line.starts_with(start))
}

/// Signs in and sends SYN. Returns the lines with lists and settings that the server sends after
/// its answer to SYN (the burst).
async fn burst(server: &RunningBinary, handle: &str, ticket: &str) -> Vec<String> {
    let mut wire = people::sign_in(server.notification, handle, ticket).await;
    people::synchronize(&mut wire).await
}

/// Asserts that USR is answered with 911 and that the connection is closed.
async fn assert_refused(server: &RunningBinary, handle: &str, ticket: &str) {
    let mut wire = Wire::dial(server.notification).await;
    wire.send(people::sign_in_bytes(handle, ticket)).await;
    assert_eq!(wire.last_lines().await.last().unwrap(), "911 4");
}

/// Each round makes one edit, kills the server as soon as it has answered the edit, and looks for
/// the edit after a restart. After all rounds, the earlier edits still exist, and the ticket from
/// before the first round is still valid.
#[tokio::test]
async fn an_edit_that_was_answered_survives_kill_9() {
    let (data, mut server) = server_with(&[ALICE, BOB]);
    let ticket = server.ticket(ALICE, PASSWORD).await.unwrap();
    let mut guid = String::new();
    let mut group = String::new();
    // {guid} and {group} stand for the values that the server sent.
    let rounds = [
        ("ADC", "FL N=bob@example.com F=Bob", "LST N=bob@example.com F=Bob C={guid} 1 1"),
        ("ADC", "AL N=bob@example.com", "LST N=bob@example.com F=Bob C={guid} 3 1"),
        ("ADG", "New%20friends", "LSG New%20friends {group}"),
        ("ADC", "FL C={guid} {group}", "LST N=bob@example.com F=Bob C={guid} 3 1 {group}"),
        ("REG", "{group} Old%20friends", "LSG Old%20friends {group}"),
        ("SBP", "{guid} MFN Bobby", "LST N=bob@example.com F=Bobby C={guid} 3 1 {group}"),
        ("PRP", "MFN Alice%20A%25", "PRP MFN Alice%20A%25"),
        ("PRP", "PHH 555%200001", "PRP PHH 555%200001"),
        ("BLP", "BL", "BLP BL"),
        ("GTC", "N", "GTC N"),
        ("REM", "AL bob@example.com", "LST N=bob@example.com F=Bobby C={guid} 1 1 {group}"),
        ("ADC", "BL N=bob@example.com", "LST N=bob@example.com F=Bobby C={guid} 5 1 {group}"),
        ("REM", "FL {guid} {group}", "LST N=bob@example.com F=Bobby C={guid} 5 1"),
    ];
    for (verb, words, expected) in rounds {
        let mut alice = server.sign_in(ALICE, &ticket).await;
        let filled = words.replace("{guid}", &guid).replace("{group}", &group);
        let answer = alice.done(verb, &filled).await;
        server.kill();
        match (verb, answer.line.split_once("C=")) {
            ("ADC", Some((_, given))) if guid.is_empty() => guid = given.to_owned(),
            ("ADG", _) => group = answer.word(3).to_owned(),
            _ => {}
        }
        server = RunningBinary::start(data.path());
        let burst = burst(&server, ALICE, &ticket).await;
        let expected = expected.replace("{guid}", &guid).replace("{group}", &group);
        assert!(burst.contains(&expected), "{verb} {filled}: no {expected:?} in {burst:?}");
    }
    // The first round also changed Bob's lists.
    let bobs = server.ticket(BOB, PASSWORD).await.unwrap();
    let burst = burst(&server, BOB, &bobs).await;
    assert_eq!(line(&burst, "LST "), Some("LST N=alice@example.com F=alice 16 1"));
}

#[tokio::test]
async fn every_answered_edit_of_a_large_write_survives_kill_9() {
    let handles: Vec<_> = (0..40).map(|number| format!("friend{number}@example.com")).collect();
    let mut all: Vec<_> = handles.iter().map(String::as_str).collect();
    all.push(ALICE);
    let data = support::private_directory();
    let hash = support::password_hash(PASSWORD);
    let rows: String = all.iter().map(|handle| format!("{handle},\"{hash}\"\n")).collect();
    let file = data.path().join("people.csv");
    std::fs::write(&file, rows).unwrap();
    account(data.path(), &["import", file.to_str().unwrap()], "");
    let server = RunningBinary::start(data.path());
    let ticket = server.ticket(ALICE, PASSWORD).await.unwrap();
    let mut alice = server.sign_in(ALICE, &ticket).await;
    let command = |(number, handle): (usize, &String)| format!("ADC {} FL N={handle} F={handle}\r\n", number + 1);
    alice.send(handles.iter().enumerate().map(command).collect::<String>()).await;
    // The server has certainly answered the first 20 edits. It may also have answered some of the
    // other edits.
    alice.expect("ADC 20 FL ").await;
    server.kill();
    let answered = alice.until_closed().await;
    let answered = 20 + answered.iter().filter(|frame| frame.word(1).parse::<usize>().is_ok_and(|id| id > 20)).count();

    let server = RunningBinary::start(data.path());
    let burst = burst(&server, ALICE, &ticket).await;
    for handle in &handles[..answered] {
        assert!(line(&burst, &format!("LST N={handle} ")).is_some(), "{handle} in {burst:?}");
    }
}

#[tokio::test]
async fn accounts_that_are_created_while_the_server_runs_can_sign_in() {
    let (data, server) = server_with(&[ALICE]);
    assert!(server.ticket(BOB, PASSWORD).await.is_err());
    add(data.path(), BOB);
    let ticket = server.ticket(BOB, PASSWORD).await.unwrap();
    server.online(BOB, &ticket).await;

    let file = data.path().join("more.csv");
    std::fs::write(&file, format!("carol@example.com,{PASSWORD},Carol C\n")).unwrap();
    account(data.path(), &["import", file.to_str().unwrap()], "");
    let ticket = server.ticket("carol@example.com", PASSWORD).await.unwrap();
    let burst = burst(&server, "carol@example.com", &ticket).await;
    assert_eq!(line(&burst, "PRP MFN"), Some("PRP MFN Carol%20C"));
    server.assert_quiet_log();
}

#[tokio::test]
async fn a_password_change_or_an_account_removal_invalidates_older_tickets() {
    let (data, server) = server_with(&[ALICE]);
    let old = server.ticket(ALICE, PASSWORD).await.unwrap();
    server.sign_in(ALICE, &old).await;
    account(data.path(), &["password", ALICE, "--password-stdin"], "another one");
    assert_refused(&server, ALICE, &old).await;
    assert!(server.ticket(ALICE, PASSWORD).await.is_err());
    let new = server.ticket(ALICE, "another one").await.unwrap();
    server.sign_in(ALICE, &new).await;

    account(data.path(), &["remove", ALICE, "--yes"], "");
    assert_refused(&server, ALICE, &new).await;
    assert!(server.ticket(ALICE, "another one").await.is_err());
    // Tickets of the removed account are not valid for a new account with the same address.
    add(data.path(), ALICE);
    assert_refused(&server, ALICE, &new).await;
}

/// A client may still be signed in to an account when that account is removed and a new account
/// with the same address is created.
#[tokio::test]
async fn an_account_that_is_removed_and_created_again_gets_new_lists_and_keeps_changes_to_them() {
    let (data, server) = server_with(&[ALICE, BOB]);
    let old = server.ticket(ALICE, PASSWORD).await.unwrap();
    let mut before = server.online(ALICE, &old).await;
    before.done("ADC", "FL N=bob@example.com F=Old").await;
    account(data.path(), &["remove", ALICE, "--yes"], "");
    add(data.path(), ALICE);

    let new = server.ticket(ALICE, PASSWORD).await.unwrap();
    let mut after = people::sign_in(server.notification, ALICE, &new).await;
    let lists = people::synchronize(&mut after).await;
    assert_eq!(line(&lists, "LST "), None, "these are the lists of the old account");
    assert_eq!(before.last_lines().await.last().unwrap(), "OUT");
    after.done("ADC", "AL N=bob@example.com").await;
    server.kill();
    let server = RunningBinary::start(data.path());
    let burst = burst(&server, ALICE, &new).await;
    assert_eq!(line(&burst, "LST "), Some("LST N=bob@example.com F=bob@example.com 2 1"));
}

/// While the database cannot be written, the server refuses edits, and the refused edits change
/// nothing. Sign-ins, presence and chats continue. When the database can be written again, the
/// server accepts edits again.
#[tokio::test]
async fn only_edits_fail_while_the_database_cannot_be_written() {
    let server = TestServer::start().await;
    let [alice, bob] = server.accounts(["alice", "bob"]).await;
    let (mut alices, mut bobs) = server.friends("alice", "bob").await;
    let mut chat = Chat::open((&alice, &mut alices), (&bob, &mut bobs)).await;
    server.account("carol").await;
    let intruder = Connection::open(server.data().join("swallowtail.db")).unwrap();
    intruder.execute_batch("begin immediate").unwrap();

    alices.line("ADC 1 AL N=carol@example.com\r\nPRP 2 MFN Other\r\nPNG").await;
    chat.exchange("during").await;
    bobs.done("CHG", "BSY 0").await;
    let carol = server.online("carol").await;
    chat.exchange("still").await;
    assert_eq!(alices.expect("603 1").await.line, "603 1");
    assert_eq!(alices.expect("603 2").await.line, "603 2");
    alices.expect("QNG").await;
    let received = bobs.before_pong().await;
    assert!(received.is_empty(), "a name that did not change is not announced: {received:?}");

    intruder.execute_batch("rollback").unwrap();
    alices.done("ADC", "AL N=carol@example.com").await;
    alices.done("PRP", "MFN Other").await;
    bobs.expect("NLN NLN alice@example.com Other").await;
    drop(carol);
}

/// The server refuses a forged ticket immediately, even while the account is busy, which means that
/// another operation on the account has not ended yet.
#[tokio::test]
async fn a_forged_ticket_is_refused_immediately_even_while_the_account_is_busy() {
    let server = TestServer::start().await;
    let alice = server.account("alice").await;
    let directory = server.server().service().directory.clone();
    let _turn = directory.turn(&Handle::parse(&alice).unwrap()).await;
    let mut wire = Wire::dial(server.notification()).await;
    wire.send(people::sign_in_bytes(&alice, "t=forged&p=")).await;
    assert_eq!(wire.last_lines().await.last().unwrap(), "911 4");
}

#[tokio::test]
async fn a_ticket_that_was_changed_or_that_belongs_to_another_account_is_refused() {
    let server = TestServer::start().await;
    let [alice, _bob] = server.accounts(["alice", "bob"]).await;
    let own = server.ticket("alice").await;
    let mut mixed = own.clone();
    // This ticket is Alice's ticket with the signature of Bob's ticket.
    mixed.replace_range(60..94, &server.ticket("bob").await[60..94]);
    let cut = format!("{}&p=", &own[..own.len() - 4]);
    for ticket in [server.ticket("bob").await, mixed, cut, own.to_uppercase(), "t=&p=".to_owned()] {
        let mut wire = Wire::dial(server.notification()).await;
        wire.send(people::sign_in_bytes(&alice, &ticket)).await;
        assert_eq!(wire.last_lines().await.last().unwrap(), "911 4", "{ticket}");
    }
    server.sign_in("alice").await;
}
