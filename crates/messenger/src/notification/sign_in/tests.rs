use std::sync::atomic::Ordering;
use std::time::Duration;

use swallowtail_config::{Quirk, QuirkMode};

use super::super::testing::{CLOSED, Client, Server, handle};
use super::*;

const CVR: &str = "CVR 2 0x0407 winnt 5.1 i386 MSNMSGR 7.5.0324 MSMSGS alice@example.com";

fn dispatch(server: &Server) -> Client {
    let role = Role::Dispatch { notification: "192.0.2.2:1863".to_owned(), dispatch: "192.0.2.3:1863".to_owned() };
    server.connect_to(role, |_| {})
}

#[tokio::test]
async fn ver_chooses_the_highest_dialect_that_both_sides_support() {
    let server = Server::new();
    for (offer, answer) in [
        ("MSNP8 CVR0", "VER 1 MSNP8"),
        ("MSNP9 MSNP12 MSNP10 CVR0", "VER 1 MSNP12"),
        ("MSNP15 MSNP11 CVR0", "VER 1 MSNP11"),
        ("MSNP15 CVR0", "VER 1 CVR0"),
        ("MSNP15", "VER 1 0\n(closed)"),
    ] {
        assert_eq!(server.connect().say(&format!("VER 1 {offer}")).await.join("\n"), answer, "{offer}");
    }
}

#[tokio::test]
async fn cvr0_is_echoed_to_amsn_unless_that_quirk_is_disabled() {
    let server = Server::new();
    server.connect().expect(&[("VER 1 MSNP12 CVR0", "VER 1 MSNP12 CVR0")]).await;
    let server = Server::with(|config| {
        config.quirks.insert(Quirk::Amsn, QuirkMode::Never);
    });
    server.connect().expect(&[("VER 1 MSNP12 CVR0", "VER 1 MSNP12")]).await;
}

#[tokio::test]
async fn a_command_at_the_wrong_stage_of_the_sign_in_is_refused_or_closes_the_connection() {
    let server = Server::new();
    let usr = "USR 9 TWN I alice@example.com";
    let (fresh, query): (&[&str], &[&str]) = (&[], &["VER 1 CVR0"]);
    let (negotiated, named): (&[&str], &[&str]) = (&["VER 1 MSNP12"], &["VER 1 MSNP12", usr]);
    for (before, command, answer) in [
        (fresh, CVR, CLOSED),
        (fresh, usr, CLOSED),
        (fresh, "SYN 9 0 0", CLOSED),
        (fresh, "PNG", "QNG"),
        (fresh, "OUT", "OUT\n(closed)"),
        (query, "VER 9 MSNP12", CLOSED),
        (query, CVR, CLOSED),
        (query, usr, CLOSED),
        (negotiated, "VER 9 MSNP12", "715 9\n(closed)"),
        (negotiated, "CVQ 9 0x0409 winnt 5.1 i386 MSNMSGR 7.5 MSMSGS", CLOSED),
        (negotiated, "SYN 9 0 0", "302 9\n(closed)"),
        (negotiated, "CHG 9 NLN 0", "302 9\n(closed)"),
        (negotiated, "XFR 9 SB", "302 9\n(closed)"),
        (negotiated, "USR 9 TWN S t=ticket", "911 9\n(closed)"),
        (negotiated, "PNG", "QNG 50"),
        (negotiated, "OUT", "OUT\n(closed)"),
        (named, "SYN 9 0 0", "302 9\n(closed)"),
        (named, "CVQ 9 0x0409 winnt 5.1 i386 MSNMSGR 7.5 MSMSGS", CLOSED),
    ] {
        let mut client = server.connect();
        for step in before {
            client.say(step).await;
        }
        assert_eq!(client.say(command).await.join("\n"), answer, "{before:?} {command}");
    }
}

#[tokio::test]
async fn a_signed_in_client_cannot_sign_in_again() {
    let server = Server::new();
    let mut alice = server.online("alice", "MSNP12").await;
    let page = &server.service.config.sign_in.page;
    let versions = "7.5.0324 7.5.0324 7.5.0324";
    alice
        .expect(&[
            ("USR 6 TWN I bob@example.com", "207 6"),
            ("USR 7 any words at", "207 7"),
            (CVR, &format!("CVR 2 {versions} {page} {page}")),
            ("VER 8 MSNP8", "715 8\n(closed)"),
        ])
        .await;
}

#[tokio::test]
async fn a_version_query_is_answered_and_then_the_connection_closes() {
    let server = Server::new();
    let mut client = server.connect();
    client.say("VER 1 MSNP15 CVR0").await;
    let answer = client.say("CVQ 2 0x0409 winnt 5.1 i386 MSNMSGR 7.5.0324 MSMSGS").await;
    assert!(answer[0].starts_with("CVQ 2 7.5.0324 7.5.0324 7.5.0324 http"), "{answer:?}");
    assert_eq!(answer[1..], [CLOSED]);
}

#[tokio::test]
async fn a_sign_in_is_answered_with_ok_and_then_with_the_subscription_and_the_profile() {
    let server = Server::new();
    for (dialect, ok, subscribed) in [
        ("MSNP8", "USR 4 OK alice@example.com alice 1 0", false),
        ("MSNP9", "USR 4 OK alice@example.com alice 1 0", false),
        ("MSNP10", "USR 4 OK alice@example.com 1 0", false),
        ("MSNP11", "USR 4 OK alice@example.com 1 0", true),
        ("MSNP12", "USR 4 OK alice@example.com 1 0", true),
    ] {
        let mut client = server.connect();
        client.say(&format!("VER 1 {dialect}")).await;
        client.say(CVR).await;
        let policy = client.say("USR 3 TWN I alice@example.com").await;
        assert!(policy[0].starts_with("USR 3 TWN S "), "{policy:?}");
        let mut welcome = client.say(&format!("USR 4 TWN S {}", server.ticket("alice").await)).await.into_iter();
        assert_eq!(welcome.next().unwrap(), ok);
        if subscribed {
            assert_eq!(welcome.next().unwrap(), "SBS 0 null");
        }
        let profile = welcome.next().unwrap();
        assert!(profile.contains("lang_preference: 1031\r\n"), "the locale of CVR: {profile}");
        assert_eq!(welcome.next(), None);
    }
}

#[tokio::test]
async fn a_dispatch_server_redirects_every_client_and_accepts_no_ticket() {
    let server = Server::new();
    let mut client = dispatch(&server);
    client
        .expect(&[
            ("VER 1 MSNP12", "VER 1 MSNP12"),
            ("USR 2 TWN I alice@example.com", "XFR 2 NS 192.0.2.2:1863 0 192.0.2.3:1863"),
            ("USR 3 TWN I nobody@example.com", "XFR 3 NS 192.0.2.2:1863 0 192.0.2.3:1863"),
        ])
        .await;
    let ticket = format!("USR 4 TWN S {}", server.ticket("alice").await);
    client.expect(&[(&ticket, CLOSED)]).await;
}

#[tokio::test]
async fn a_sign_in_needs_a_valid_ticket_for_the_named_account() {
    let server = Server::new();
    let (alice, bob) = (server.ticket("alice").await, server.ticket("bob").await);
    let removed = server.ticket("dave").await;
    server.store.remove(&handle("dave"));
    for (name, ticket) in [
        ("alice", "t=forged&p="),
        ("alice", bob.as_str()),
        ("nobody", alice.as_str()),
        ("dave", removed.as_str()),
        ("bob", &alice[1..]),
    ] {
        let mut client = server.before_ticket(name, "MSNP12").await;
        assert_eq!(client.say(&format!("USR 3 TWN S {ticket}")).await, ["911 3", CLOSED], "{name}");
    }
    server.sign_in("alice", "MSNP12").await;
}

#[tokio::test(start_paused = true)]
async fn answers_to_an_address_that_keeps_sending_invalid_tickets_are_delayed() {
    let server = Server::with(|config| config.limits.failed_sign_ins = 1);
    for pause in [0, 1, 1] {
        let mut client = server.before_ticket("alice", "MSNP12").await;
        let sent = Instant::now();
        assert_eq!(client.say("USR 3 TWN S t=forged").await, ["911 3", CLOSED]);
        assert_eq!(sent.elapsed().as_secs(), pause);
    }
    server.sign_in("alice", "MSNP12").await;
}

#[tokio::test(start_paused = true)]
async fn the_eleventh_sign_in_with_a_valid_ticket_within_ten_seconds_waits() {
    let server = Server::new();
    for _ in 0..20 {
        let mut stranger = server.before_ticket("alice", "MSNP12").await;
        stranger.say("USR 3 TWN S t=forged").await;
    }
    let start = Instant::now();
    for _ in 0..10 {
        server.sign_in("alice", "MSNP12").await;
    }
    assert_eq!(start.elapsed(), Duration::ZERO);
    server.sign_in("bob", "MSNP12").await;
    server.sign_in_from("alice", "MSNP12", |connection| connection.limited = false).await;
    assert_eq!(start.elapsed(), Duration::ZERO, "an exempt address does not wait");
    server.sign_in("alice", "MSNP12").await;
    assert_eq!(start.elapsed(), Duration::from_secs(10));
}

#[tokio::test(start_paused = true)]
async fn an_account_that_is_removed_while_its_sign_in_waits_is_not_signed_in() {
    let server = Server::with(|config| config.limits.failed_sign_ins = 100);
    for _ in 0..10 {
        server.sign_in("alice", "MSNP12").await;
    }
    let mut client = server.before_ticket("alice", "MSNP12").await;
    let ticket = format!("USR 3 TWN S {}", server.ticket("alice").await);
    client.send(&ticket);
    server.store.remove(&handle("alice"));
    client.wait().await;
    assert_eq!(client.received(), ["911 3", CLOSED]);
}

#[tokio::test]
async fn a_stopping_server_completes_no_sign_in() {
    let server = Server::new();
    let mut client = server.before_ticket("alice", "MSNP12").await;
    let ticket = format!("USR 3 TWN S {}", server.ticket("alice").await);
    let hold = server.store.reads.hold().await;
    client.send(&ticket);
    server.service.draining.store(true, Ordering::Release);
    drop(hold);
    client.wait().await;
    assert_eq!(client.received(), ["601 3", CLOSED]);
    assert!(server.service.directory.endpoints().is_empty());
    let mut late = server.connect();
    late.expect(&[("VER 1 MSNP12", "VER 1 MSNP12"), ("USR 2 TWN I alice@example.com", "601 2\n(closed)")]).await;
}

#[tokio::test]
async fn a_sign_in_gets_600_while_the_store_fails() {
    let server = Server::new();
    let mut client = server.before_ticket("alice", "MSNP12").await;
    let ticket = format!("USR 3 TWN S {}", server.ticket("alice").await);
    server.store.reads.set_broken(true);
    client.expect(&[(&ticket, "600 3\n(closed)")]).await;
    server.store.reads.set_broken(false);
    server.sign_in("alice", "MSNP12").await;
}

#[tokio::test(start_paused = true)]
async fn a_sign_in_gets_600_if_the_store_does_not_answer_in_time() {
    let server = Server::new();
    let ticket = format!("USR 3 TWN S {}", server.ticket("alice").await);
    let refused = async || {
        let mut client = server.before_ticket("alice", "MSNP12").await;
        timeout(Duration::from_secs(10), client.expect(&[(&ticket, "600 3\n(closed)")])).await.unwrap();
    };
    let hold = server.store.reads.hold().await;
    refused().await;
    drop(hold);
    // A sign-in also waits until no edit of the account is running. Here the test holds the
    // account's turn, as an edit does.
    let turn = server.service.directory.turn(&handle("alice")).await;
    refused().await;
    drop(turn);
    server.sign_in("alice", "MSNP12").await;
}

#[tokio::test]
async fn a_second_sign_in_of_an_account_ends_its_first_session() {
    let server = Server::new();
    let mut first = server.online("alice", "MSNP12").await;
    let mut second = server.sign_in("alice", "MSNP9").await;
    assert_eq!(first.received(), ["OUT OTH", CLOSED]);
    second.expect(&[("PNG", "QNG 50")]).await;
    assert_eq!(
        server.service.directory.endpoints().len(),
        1,
        "the end of the first session does not sign out the second"
    );
}

#[tokio::test(start_paused = true)]
async fn a_client_must_sign_in_before_a_deadline() {
    use crate::net::Session;

    let server = Server::with(|config| config.limits.sign_in_seconds = 5);
    let opened = Instant::now();
    let deadline = |client: &Client| client.session.idle_deadline(opened, opened + Duration::from_secs(2));
    let sign_in = Some(opened + Duration::from_secs(5));
    assert_eq!(deadline(&server.connect()), sign_in);
    assert_eq!(deadline(&server.before_ticket("alice", "MSNP12").await), sign_in);
    assert_eq!(deadline(&server.sign_in("alice", "MSNP8").await), None, "MSNP8 has no pings");
    assert_eq!(deadline(&server.sign_in("alice", "MSNP9").await), Some(opened + Duration::from_secs(182)));
}

#[tokio::test]
async fn a_sign_in_is_refused_if_all_free_places_are_reserved_for_conversations() {
    let server = Server::with_places(4);
    let mut alice = server.online("alice", "MSNP12").await;
    let (_bob, _carol) = (server.sign_in("bob", "MSNP12").await, server.sign_in("carol", "MSNP12").await);
    let mut dave = server.before_ticket("dave", "MSNP12").await;
    let ticket = server.ticket("dave").await;
    assert_eq!(dave.say(&format!("USR 3 TWN S {ticket}")).await, ["600 3", CLOSED]);
    assert!(alice.say("XFR 9 SB").await[0].starts_with("XFR 9 SB"), "Dave's connection makes room");
}
