//! Tests the rate limits of an account. The settings exempt no network, so the limits also apply to
//! loopback.

use std::time::Duration;

use crate::support::TestServer;
use crate::support::people::{Chat, open_board, sign_in_bytes};
use crate::support::time::StoppedClock;
use crate::support::wire::Wire;

#[tokio::test]
async fn the_sixth_name_change_in_ten_seconds_is_refused_but_the_connection_stays_open() {
    let server = TestServer::start_limited().await;
    server.account("alice").await;
    let mut alice = server.online("alice").await;
    for name in 1..=5 {
        assert_eq!(alice.ask("PRP", format!("MFN Name{name}")).await.word(0), "PRP");
    }
    assert_eq!(alice.ask("PRP", "MFN Name6").await.word(0), "800");
    assert_eq!(alice.ask("PRP", "PHH 555").await.word(0), "PRP", "a telephone number is not a name");
}

#[tokio::test]
async fn friends_can_still_be_added_and_blocked_after_an_old_contact_list_was_imported() {
    let server = TestServer::start_limited().await;
    server.accounts(["alice", "bob", "carol"]).await;
    let mut alice = server.online("alice").await;
    for number in 0..150 {
        let answer = alice.ask("ADC", format!("FL N=ghost{number}@example.com F=g")).await;
        assert_eq!(answer.word(0), "208", "{number}");
    }
    assert_eq!(alice.ask("ADC", "FL N=bob@example.com F=b").await.word(0), "ADC");
    assert_eq!(alice.ask("ADC", "BL N=carol@example.com").await.word(0), "ADC");
}

#[tokio::test]
async fn address_harvesting_is_stopped_after_two_hundred_addresses_even_on_a_new_connection() {
    let server = TestServer::start_limited().await;
    server.accounts(["alice", "bob"]).await;
    let mut alice = server.online("alice").await;
    for number in 0..200 {
        let answer = alice.ask("ADC", format!("FL N=ghost{number}@example.com F=g")).await;
        assert_eq!(answer.word(0), "208", "{number}");
    }
    let mut again = server.online("alice").await;
    for command in ["FL N=ghost@example.com F=g", "FL N=bob@example.com F=b"] {
        assert_eq!(again.ask("ADC", command).await.word(0), "800", "{command}");
    }
    for command in ["AL N=ghost@example.com", "AL N=bob@example.com"] {
        assert_eq!(again.ask("ADC", command).await.word(0), "ADC", "{command}");
    }
}

/// The limit allows a client to load thirty pictures at sign-in, and still to open thirty chats.
#[tokio::test]
async fn the_sixty_first_switchboard_request_of_an_account_is_refused() {
    let server = TestServer::start_limited().await;
    server.account("alice").await;
    let mut alice = server.online("alice").await;
    for number in 0..60 {
        assert_eq!(alice.ask("XFR", "SB").await.word(0), "XFR", "{number}");
    }
    assert_eq!(alice.ask("XFR", "SB").await.word(0), "800");
}

#[tokio::test]
async fn an_account_can_be_in_at_most_fifty_conversations_even_on_an_exempt_network() {
    let server = TestServer::start().await;
    let handle = server.account("alice").await;
    let mut alice = server.online("alice").await;
    let mut boards = Vec::new();
    for _ in 0..50 {
        boards.push(open_board(&handle, &mut alice).await);
    }
    assert_eq!(alice.ask("XFR", "SB").await.word(0), "800");
    let mut board = boards.pop().unwrap();
    board.line("OUT").await;
    board.until_closed().await;
    assert_eq!(alice.ask("XFR", "SB").await.word(0), "XFR");
}

#[tokio::test]
async fn an_account_can_call_another_account_only_ten_times_in_ten_seconds() {
    let server = TestServer::start_limited().await;
    let handle = server.account("alice").await;
    server.account("bob").await;
    let (mut alice, mut bob) = (server.online("alice").await, server.online("bob").await);
    let mut boards = Vec::new();
    for number in 0..11 {
        let mut board = open_board(&handle, &mut alice).await;
        let expected = if number < 10 { "CAL" } else { "713" };
        assert_eq!(board.ask("CAL", "bob@example.com").await.word(0), expected, "{number}");
        boards.push(board);
    }
    let rings = bob.before_pong().await.iter().filter(|frame| frame.word(0) == "RNG").count();
    assert_eq!(rings, 10);
}

#[tokio::test]
async fn only_sign_ins_from_an_address_that_sent_invalid_tickets_are_delayed() {
    let server = TestServer::start_limited().await;
    let alice = server.account("alice").await;
    let denied = async |server: &TestServer| {
        let start = std::time::Instant::now();
        let mut wire = Wire::dial(server.notification()).await;
        wire.send(sign_in_bytes(&alice, "t=wrong&p=")).await;
        assert_eq!(wire.last_lines().await.last().unwrap(), "911 4");
        start.elapsed()
    };
    for _ in 0..5 {
        denied(&server).await;
    }
    assert!(denied(&server).await >= Duration::from_secs(1));
    server.sign_in("alice").await;
}

/// Messages above the configured rate arrive later, and no message is lost.
#[tokio::test]
async fn messages_over_the_rate_limit_are_delayed_but_file_data_is_not_counted() {
    let server = TestServer::start_with(|config| {
        config.limits.exempt.clear();
        config.limits.messages_at_once = 3;
        config.limits.messages_per_second = 2;
        config.limits.message_bytes_per_second = 1_000_000;
    })
    .await;
    let [alice, bob] = server.accounts(["alice", "bob"]).await;
    let (mut alices, mut bobs) = (server.online("alice").await, server.online("bob").await);
    let mut chat = Chat::open((&alice, &mut alices), (&bob, &mut bobs)).await;
    let clock = StoppedClock::new();
    chat.caller.send("MSG 1 D 4\r\ndata".repeat(120)).await;
    for _ in 0..120 {
        chat.callee.expect("MSG ").await;
    }
    // The first three messages pass immediately. Each later message waits another half second.
    chat.caller.send("MSG 1 U 4\r\nchat".repeat(6)).await;
    for _ in 0..4 {
        chat.callee.expect("MSG ").await;
    }
    for _ in 0..2 {
        clock.pass(Duration::from_millis(480)).await;
        bobs.before_pong().await;
        tokio::select! {
            biased;
            frame = chat.callee.next() => panic!("too soon: {frame:?}"),
            () = std::future::ready(()) => {}
        }
        clock.pass(Duration::from_millis(30)).await;
        chat.callee.expect("MSG ").await;
    }
}
