//! Tests of the answers that clients of a switchboard receive, without sockets or a database.

use std::sync::atomic::Ordering;
use std::time::Duration;

use msnp::{List, Status};
use swallowtail_config::{Limits, Rate, RateLimits};
use swallowtail_store::roster::Entry;
use tokio::time::advance;

use super::Right;
use super::cookies::COOKIE_LIFE;
use super::testing::{World, handle, unread};
use crate::presence::{AccountState, Endpoint};

fn world() -> World {
    World::new(&Limits::default())
}

#[tokio::test]
async fn the_flag_of_a_message_decides_whether_its_sender_receives_ack_or_nak() {
    let table = [
        ("U", "", ""),
        ("N", "", "NAK 2\r\n"),
        ("A", "ACK 2\r\n", "NAK 2\r\n"),
        ("D", "ACK 2\r\n", "NAK 2\r\n"),
        ("S", "ACK 2\r\n", ""),
    ];
    for (flag, delivered, lost) in table {
        let world = world();
        let mut alone = world.open("alice");
        assert_eq!(alone.writes(flag, "hello"), lost, "{flag}, without recipients");

        let mut alice = world.open("alice");
        let bob = world.join("bob", alice.board());
        alice.reads();
        assert_eq!(alice.writes(flag, "hello"), delivered, "{flag}");
        assert!(bob.reads().ends_with("MSG alice@example.com alice 5\r\nhello"));

        let mut alice = world.open("alice");
        let full = world.join_with_room("bob", alice.board(), 10);
        alice.reads();
        assert_eq!(alice.writes(flag, "hello"), lost, "{flag}, to a member that does not read");
        assert!(full.is_closed());
    }
}

#[tokio::test]
async fn bye_announces_each_departure_and_the_session_ends_when_the_last_member_leaves() {
    let world = world();
    let mut alice = world.open("alice");
    let board = alice.board();
    let mut bob = world.join("bob", board);
    alice.reads();
    assert_eq!(bob.says("OUT"), "");
    assert!(bob.is_closed());
    bob.hangs_up();
    assert_eq!(alice.reads(), "BYE bob@example.com\r\n");
    assert_eq!(world.switchboard.len(), 1, "one member is left");
    alice.hangs_up();
    assert!(world.switchboard.is_empty());
    let cookie = world.cookie("carol", Right::Join(board)).0;
    let mut carol = world.connect();
    assert_eq!(carol.says(&format!("ANS {{}} carol@example.com {cookie} {board}")), "911 1\r\n");
    assert!(carol.is_closed());
}

#[tokio::test]
async fn a_call_rings_the_callee_and_the_cookie_in_the_ring_lets_the_callee_join() {
    let world = world();
    let notification = world.sign_in("bob", |_, _| {}).await;
    let mut alice = world.open("alice");
    let board = alice.board();
    assert_eq!(alice.says("CAL {} bob@example.com"), format!("CAL 2 RINGING {board}\r\n"));
    let ring = unread(&notification.client.outbox);
    let words: Vec<&str> = ring.split_whitespace().collect();
    let [rng, session, address, cki, cookie, caller, name] = words[..] else { panic!("{ring}") };
    let head = (rng, session, address, cki);
    assert_eq!(head, ("RNG", board.to_string().as_str(), "192.0.2.1:1864", "CKI"));
    assert_eq!((caller, name), ("alice@example.com", "alice"));
    let mut bob = world.connect();
    let roster = "IRO 1 1 1 alice@example.com alice 4\r\nANS 1 OK\r\n";
    assert_eq!(bob.says(&format!("ANS {{}} bob@example.com {cookie} {board}")), roster);
    assert_eq!(alice.reads(), "JOI bob@example.com bob 4\r\n");
}

#[tokio::test]
async fn a_call_to_an_unreachable_callee_gets_217_whatever_the_reason() {
    type Change = fn(&mut AccountState, &Endpoint);
    let table: [(&str, Change); 7] = [
        ("online", |_, _| {}),
        ("hidden", |state, _| state.presence.status = Some(Status::Hidden)),
        ("before its first CHG", |state, _| state.presence.status = None),
        ("accepts no calls", |_, endpoint| endpoint.takes_calls.store(false, Ordering::Release)),
        ("blocks the caller", |state, _| {
            let entry = Entry { lists: List::Block.into(), ..Entry::default() };
            state.roster.entries.insert(&handle("alice"), entry);
        }),
        ("allows only accounts on AL", |state, _| state.roster.settings.privacy = msnp::notification::Privacy::Block),
        ("has a closed connection", |_, endpoint| endpoint.client.outbox.close()),
    ];
    for (what, change) in table {
        let world = world();
        let notification = world.sign_in("bob", change).await;
        let mut alice = world.open("alice");
        let ringing = format!("CAL 2 RINGING {}\r\n", alice.board());
        let expected = if what == "online" { &ringing } else { "217 2\r\n" };
        assert_eq!(alice.says("CAL {} bob@example.com"), expected, "{what}");
        assert_eq!(unread(&notification.client.outbox).starts_with("RNG"), what == "online", "{what}");
    }
    let mut alice = world().open("alice");
    assert_eq!(alice.says("CAL {} nobody@example.com"), "217 2\r\n");
    assert_eq!(alice.says("CAL {} nobody@example.com"), "217 3\r\n", "a ring that was not sent is not pending");
}

#[tokio::test]
async fn a_call_to_a_member_of_the_session_or_to_an_account_that_is_being_rung_gets_215() {
    let world = world();
    world.sign_in("carol", |_, _| {}).await;
    let mut alice = world.open("alice");
    let mut bob = world.join("bob", alice.board());
    alice.reads();
    assert_eq!(alice.says("CAL {} bob@example.com"), "215 2\r\n");
    assert_eq!(alice.says("CAL {} alice@example.com"), "215 3\r\n");
    assert!(alice.says("CAL {} carol@example.com").starts_with("CAL 4 RINGING "));
    assert_eq!(bob.says("CAL {} carol@example.com"), "215 2\r\n", "from another caller too");
    assert_eq!(alice.says("CAL {} carol"), "208 5\r\n");
}

#[tokio::test]
async fn a_ring_ends_when_the_callee_signs_out_or_hides() {
    type Leave = fn(&World, &Endpoint);
    let ways: [(&str, Leave); 2] = [
        ("signs out", |world, bob| world.sign_out("bob", bob)),
        ("hides", |world, bob| world.set_status("bob", bob, Status::Hidden)),
    ];
    for (what, leave) in ways {
        let world = world();
        let bob = world.sign_in("bob", |_, _| {}).await;
        let mut alice = world.open("alice");
        let ringing = format!("RINGING {}\r\n", alice.board());
        assert!(alice.says("CAL {} bob@example.com").ends_with(&ringing));
        assert_eq!(alice.says("CAL {} bob@example.com"), "215 3\r\n", "bob may still answer");
        leave(&world, &bob);
        assert_eq!(alice.says("CAL {} bob@example.com"), "217 4\r\n", "{what}");
        let back = world.sign_in("bob", |_, _| {}).await;
        assert!(alice.says("CAL {} bob@example.com").ends_with(&ringing), "{what}");
        assert!(unread(&back.client.outbox).starts_with("RNG"), "{what}");
    }
}

#[tokio::test]
async fn a_ring_to_an_account_that_has_signed_in_elsewhere_goes_to_its_new_client() {
    let world = world();
    let _first = world.sign_in("bob", |_, _| {}).await;
    let mut alice = world.open("alice");
    assert!(alice.says("CAL {} bob@example.com").starts_with("CAL 2 RINGING "));
    let second = world.sign_in("bob", |_, _| {}).await;
    assert!(alice.says("CAL {} bob@example.com").starts_with("CAL 3 RINGING "));
    assert!(unread(&second.client.outbox).starts_with("RNG"));
}

#[tokio::test]
async fn a_blocked_caller_cannot_find_out_that_another_member_is_ringing_the_callee() {
    let world = world();
    world
        .sign_in("carol", |state, _| {
            let entry = Entry { lists: List::Block.into(), ..Entry::default() };
            state.roster.entries.insert(&handle("bob"), entry);
        })
        .await;
    let mut alice = world.open("alice");
    let mut bob = world.join("bob", alice.board());
    alice.reads();
    assert!(alice.says("CAL {} carol@example.com").starts_with("CAL 2 RINGING "));
    assert_eq!(bob.says("CAL {} carol@example.com"), "217 2\r\n");
    assert_eq!(alice.says("CAL {} carol@example.com"), "215 3\r\n", "the ring to carol continues");
}

#[tokio::test]
async fn a_call_into_a_full_session_gets_713() {
    let world = World::new(&Limits { switchboard_members: 3, ..Limits::default() });
    for name in ["carol", "dave"] {
        world.sign_in(name, |_, _| {}).await;
    }
    let mut alice = world.open("alice");
    let mut bob = world.join("bob", alice.board());
    alice.reads();
    assert!(alice.says("CAL {} carol@example.com").starts_with("CAL 2 RINGING "));
    assert_eq!(alice.says("CAL {} dave@example.com"), "713 3\r\n");
    bob.hangs_up();
    alice.reads();
    assert!(alice.says("CAL {} dave@example.com").starts_with("CAL 4 RINGING "), "there is room again");
}

#[tokio::test]
async fn calls_over_a_rate_limit_get_713_unless_the_caller_is_exempt() {
    let rate = |most| Rate { most, span: Duration::from_secs(10) };
    for (limited, rings, calls, third) in
        [(true, 2, 9, "713 4\r\n"), (true, 9, 2, "713 4\r\n"), (false, 2, 2, "215 4\r\n")]
    {
        let rates = RateLimits { rings: rate(rings), calls: rate(calls), ..RateLimits::default() };
        let world = World::with_rates(&Limits::default(), rates, limited);
        world.sign_in("bob", |_, _| {}).await;
        let mut alice = world.open("alice");
        assert!(alice.says("CAL {} bob@example.com").starts_with("CAL 2 RINGING "));
        assert_eq!(alice.says("CAL {} bob@example.com"), "215 3\r\n");
        assert_eq!(alice.says("CAL {} bob@example.com"), third, "{limited} {rings} {calls}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_unsuitable_cookie_gets_911_and_closes_the_connection() {
    let world = world();
    let alice = world.open("alice");
    let board = alice.board();
    let (open, join) = (Right::Open, Right::Join(board));
    let table = [
        ("USR {} bob@example.com COOKIE", open, "USR 1 OK bob@example.com bob\r\n"),
        ("USR {} carol@example.com COOKIE", open, "911 1\r\n"),
        ("USR {} bob COOKIE", open, "911 1\r\n"),
        ("USR {} bob@example.com COOKIE", join, "911 1\r\n"),
        ("ANS {} bob@example.com COOKIE BOARD", open, "911 1\r\n"),
        ("ANS {} bob@example.com COOKIE BOARD", Right::Join(board ^ 1), "911 1\r\n"),
        ("ANS {} bob@example.com COOKIE x", join, "911 1\r\n"),
    ];
    for (line, right, answer) in table {
        let cookie = world.cookie("bob", right).0;
        let line = line.replace("COOKIE", &cookie).replace("BOARD", &board.to_string());
        let mut bob = world.connect();
        assert_eq!(bob.says(&line), answer, "{line} {right:?}");
        assert_eq!(bob.is_closed(), answer.starts_with("911"));
        for again in [line.as_str(), &format!("USR {{}} bob@example.com {cookie}")] {
            assert_eq!(world.connect().says(again), "911 1\r\n", "{line}: the cookie is used up");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_cookie_is_valid_for_two_minutes() {
    let world = world();
    for (age, answer) in
        [(COOKIE_LIFE - Duration::from_secs(1), "USR 1 OK bob@example.com bob\r\n"), (COOKIE_LIFE, "911 1\r\n")]
    {
        let cookie = world.cookie("bob", Right::Open).0;
        advance(age).await;
        assert_eq!(world.connect().says(&format!("USR {{}} bob@example.com {cookie}")), answer, "{age:?}");
    }
}

#[tokio::test]
async fn a_connection_cannot_sign_in_twice_and_an_account_cannot_join_a_session_twice() {
    let world = world();
    let alice = world.open("alice");
    let board = alice.board();
    let mut again = world.connect();
    let cookie = world.cookie("alice", Right::Join(board)).0;
    assert_eq!(again.says(&format!("ANS {{}} alice@example.com {cookie} {board}")), "911 1\r\n");
    let mut bob = world.join("bob", board);
    alice.reads();
    let cookie = world.cookie("bob", Right::Open).0;
    assert_eq!(bob.says(&format!("USR {{}} bob@example.com {cookie}")), "911 2\r\n");
    assert_eq!(alice.reads(), "BYE bob@example.com\r\n");
}

#[tokio::test]
async fn an_expelled_account_loses_its_connections_and_its_cookies() {
    let world = world();
    let (first, second) = (world.open("alice"), world.open("alice"));
    let mut bob = world.join("bob", first.board());
    let cookie = world.cookie("alice", Right::Open).0;
    let bobs = world.cookie("bob", Right::Open).0;
    assert_eq!(world.switchboard.connections_of(&handle("alice")), 2);
    world.switchboard.expel(&handle("alice"));
    assert!(first.is_closed() && second.is_closed() && !bob.is_closed());
    assert_eq!(world.connect().says(&format!("USR {{}} alice@example.com {cookie}")), "911 1\r\n");
    assert_eq!(world.connect().says(&format!("USR {{}} bob@example.com {bobs}")), "USR 1 OK bob@example.com bob\r\n");
    for mut alice in [first, second] {
        alice.hangs_up();
    }
    assert_eq!(world.switchboard.connections_of(&handle("alice")), 0);
    bob.hangs_up();
}

#[tokio::test(start_paused = true)]
async fn an_idle_session_is_closed_and_removed() {
    let world = World::new(&Limits { switchboard_idle: 300, ..Limits::default() });
    let mut alice = world.open("alice");
    let mut bob = world.join("bob", alice.board());
    let cookie = world.cookie("carol", Right::Join(alice.board())).0;
    advance(Duration::from_secs(299)).await;
    assert_eq!(alice.writes("U", "still here"), "JOI bob@example.com bob 4\r\n");
    advance(Duration::from_secs(299)).await;
    alice.ticks();
    assert!(!alice.is_closed());
    bob.reads();
    advance(Duration::from_secs(2)).await;
    let session = alice.board();
    alice.ticks();
    assert!(alice.is_closed() && bob.is_closed());
    assert_eq!(bob.reads(), "BYE alice@example.com 1\r\n");
    assert!(world.switchboard.is_empty());
    bob.ticks();
    alice.hangs_up();
    assert_eq!(bob.reads(), "", "no second BYE");
    let late = world.connect().says(&format!("ANS {{}} carol@example.com {cookie} {session}"));
    assert_eq!(late, "911 1\r\n");
    assert_eq!(format!("{:?}", world.switchboard.cookies), "Cookies(0)");
}

#[tokio::test(start_paused = true)]
async fn without_an_idle_timeout_a_session_stays_open() {
    let world = World::new(&Limits { switchboard_idle: 0, ..Limits::default() });
    let mut alice = world.open("alice");
    advance(Duration::from_secs(1_000_000)).await;
    alice.ticks();
    assert!(!alice.is_closed());
    assert_eq!(world.switchboard.len(), 1);
}
