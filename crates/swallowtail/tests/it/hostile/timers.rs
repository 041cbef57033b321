//! Tests timeouts with a stopped clock that only the test advances. Before a test advances the
//! clock, it receives every answer that the server must have sent by then.

use std::time::Duration;

use crate::support::http::{Gateway, Http};
use crate::support::people::{Chat, open_board, sign_in_bytes};
use crate::support::time::{StoppedClock, eventually, pass};
use crate::support::wire::Wire;
use crate::support::{TestServer, address};

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

#[tokio::test]
async fn a_gateway_session_is_signed_out_after_a_minute_without_a_request() {
    let server = TestServer::start().await;
    server.accounts(["alice", "bob"]).await;
    let (alice, mut bob) = server.friends("alice", "bob").await;
    drop(alice);
    bob.expect("FLN alice@example.com").await;
    let bytes = sign_in_bytes(&address("alice"), &server.ticket("alice").await);
    let mut gateway = Gateway::open(server.server().addresses().http, "NS", &bytes).await;
    gateway.expect("USR 4 OK").await;
    gateway.send("SYN 5 0 0\r\nCHG 6 NLN 0\r\n").await;
    gateway.expect("CHG 6 NLN 0").await;
    bob.expect("NLN NLN alice@example.com").await;
    // Five polls keep the session alive for longer than the ping interval of a client over TCP.
    for _ in 0..5 {
        pass(seconds(50)).await;
        gateway.http = Http::dial(server.server().addresses().http).await;
        gateway.poll().await;
        assert!(!gateway.closed);
        assert!(bob.before_pong().await.iter().all(|frame| frame.word(0) != "FLN"));
    }
    pass(seconds(66)).await;
    bob.expect("FLN alice@example.com").await;
    gateway.http = Http::dial(server.server().addresses().http).await;
    let query = format!("Action=poll&SessionID={}", gateway.session);
    assert_eq!(gateway.raw(&query, b"").await.status, 400);
}

#[tokio::test]
async fn a_client_has_sixty_seconds_to_sign_in() {
    let server = TestServer::start().await;
    let clock = StoppedClock::new();
    let mut notification = Wire::dial(server.notification()).await;
    let mut board = Wire::dial(server.switchboard()).await;
    notification.send("VER 1 MSNP12 MSNP11\r\n").await;
    notification.expect("VER 1").await;
    eventually("both are connected", || server.server().connections() == 2).await;
    clock.pass(seconds(55)).await;
    notification.line("PNG").await;
    assert_eq!(notification.next().await.unwrap().line, "QNG 50", "the time limit has not passed yet");
    clock.pass(seconds(6)).await;
    assert_eq!(notification.last_lines().await, [""; 0]);
    assert_eq!(board.last_lines().await, [""; 0]);
}

#[tokio::test]
async fn an_incomplete_line_may_take_thirty_seconds_and_an_incomplete_payload_sixty() {
    let server = TestServer::start().await;
    server.account("mallory").await;
    for (begin, most, rest, answer) in [
        ("CHG 9 B", 30, "SY\r\n", "CHG 9 BSY"),
        ("UUX 9 7\r\n<Da", 60, "ta/>", "UUX 9 0"),
        ("UUX 9 7\r\n", 60, "<Data/>", "UUX 9 0"),
    ] {
        let mut wire = server.online("mallory").await;
        let clock = StoppedClock::new();
        begin_to_send(&mut wire, begin).await;
        clock.pass(seconds(most - 1)).await;
        wire.send(rest).await;
        assert_eq!(wire.next().await.unwrap().line, answer, "{begin:?}");
        begin_to_send(&mut wire, begin).await;
        clock.pass(seconds(most + 1)).await;
        assert_eq!(wire.last_lines().await, [""; 0], "{begin:?}");
    }
}

/// Sends a ping and a part of a command in one write. Waits for the answer to the ping, so that the
/// server has received both.
async fn begin_to_send(wire: &mut Wire, begin: &str) {
    wire.send(format!("PNG\r\n{begin}")).await;
    assert_eq!(wire.next().await.unwrap().word(0), "QNG");
}

/// If the bytes of a line arrive one by one, that does not extend the time limit of the line.
#[tokio::test]
async fn a_line_that_arrives_byte_by_byte_does_not_extend_the_deadline() {
    let server = TestServer::start().await;
    server.accounts(["mallory", "alice"]).await;
    let (mut wire, mut alice) = (server.online("mallory").await, server.online("alice").await);
    let clock = StoppedClock::new();
    begin_to_send(&mut wire, "A").await;
    for _ in 0..7 {
        clock.pass(seconds(5)).await;
        wire.send("A").await;
        // This ping is sent after the byte, so when the ping is answered, the server has read the
        // byte.
        alice.before_pong().await;
    }
    assert_eq!(wire.last_lines().await, [""; 0]);
}

#[tokio::test]
async fn a_session_ends_after_three_minutes_of_silence_unless_the_client_pings() {
    let server = TestServer::start().await;
    server.accounts(["alice", "bob"]).await;
    let (mut alice, mut bob) = server.friends("alice", "bob").await;
    let clock = StoppedClock::new();
    for _ in 0..3 {
        clock.pass(seconds(100)).await;
        alice.before_pong().await;
        bob.before_pong().await;
    }
    clock.pass(seconds(100)).await;
    alice.before_pong().await;
    clock.pass(seconds(81)).await;
    assert_eq!(bob.last_lines().await, [""; 0]);
    assert_eq!(alice.before_pong().await[0].line, "FLN bob@example.com");
}

#[tokio::test]
async fn a_cookie_expires_after_two_minutes_and_an_idle_session_after_five() {
    let server = TestServer::start().await;
    let [alice, bob] = server.accounts(["alice", "bob"]).await;
    let (mut alices, mut bobs) = server.friends("alice", "bob").await;
    let clock = StoppedClock::new();
    let mut chat = Chat::open((&alice, &mut alices), (&bob, &mut bobs)).await;
    let transfer = alices.done("XFR", "SB").await;
    clock.pass(seconds(121)).await;
    let mut late = Wire::dial(server.switchboard()).await;
    late.line(format!("USR 1 {alice} {}", transfer.word(5))).await;
    assert_eq!(late.last_lines().await, ["911 1"]);
    // This keeps the notification session alive.
    alices.before_pong().await;
    bobs.before_pong().await;
    chat.exchange("still here").await;
    clock.pass(seconds(170)).await;
    alices.before_pong().await;
    bobs.before_pong().await;
    chat.exchange("and here").await;
    clock.pass(seconds(170)).await;
    alices.before_pong().await;
    bobs.before_pong().await;
    clock.pass(seconds(135)).await;
    assert_eq!(chat.caller.last_lines().await, [format!("BYE {bob} 1")]);
    assert_eq!(chat.callee.last_lines().await, [format!("BYE {alice} 1")]);
    let mut board = open_board(&alice, &mut alices).await;
    assert_eq!(board.ask("CAL", "nobody@example.com").await.word(0), "217");
}
