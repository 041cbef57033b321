//! Tests MSNP over HTTP: sessions through the gateway, also in conversations with sessions over
//! TCP.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{interval, timeout};

use crate::support::http::{Gateway, Http};
use crate::support::people::{sign_in_bytes, text_message};
use crate::support::time::{PATIENCE, StoppedClock};
use crate::support::wire::Wire;
use crate::support::{TestServer, address};

/// The time between two polls of a client that receives more slowly than the sender sends.
const POLLS: Duration = Duration::from_millis(100);
/// The number of sessions that a test runs at the same time.
const SESSIONS: usize = 12;

impl TestServer {
    fn http(&self) -> SocketAddr {
        self.server().addresses().http
    }

    /// Signs in and goes online through the gateway.
    async fn polling(&self, name: &str) -> Gateway {
        let bytes = sign_in_bytes(&address(name), &self.ticket(name).await);
        let mut gateway = Gateway::open(self.http(), "NS", &bytes).await;
        gateway.expect("USR 4 OK").await;
        gateway.send("SYN 5 0 0\r\nCHG 6 NLN 0\r\n").await;
        gateway.expect("CHG 6 NLN 0").await;
        gateway
    }
}

/// Opens a conversation between Alice, through the gateway, and Bob, over TCP. Returns both switchboard connections.
async fn conversation(server: &TestServer, alice: &mut Gateway, bob: &mut Wire, trid: u32) -> (Gateway, Wire) {
    let (_, cookie) = alice.transfer(trid).await;
    let mut board = Gateway::open(server.http(), "SB", &format!("USR 1 alice@example.com {cookie}\r\n")).await;
    board.expect("USR 1 OK alice@example.com").await;
    board.send("CAL 2 bob@example.com\r\n").await;
    let ring = bob.expect("RNG ").await;
    let mut joined = Wire::dial(ring.word(2).parse().unwrap()).await;
    joined.ask("ANS", format!("bob@example.com {} {}", ring.word(4), ring.word(1))).await;
    joined.expect("ANS").await;
    board.expect("JOI bob@example.com").await;
    (board, joined)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chat_works_with_request_bodies_split_at_every_offset() {
    let server = TestServer::start().await;
    server.accounts(["alice", "bob"]).await;
    let mut alice = server.polling("alice").await;
    let mut bob = server.online("bob").await;
    let payload = text_message("Hello, cut anywhere: \u{e9}\u{20ac}");
    let message = [format!("MSG 3 A {}\r\n", payload.len()).as_bytes(), payload.as_slice()].concat();
    let mut boards = Vec::new();
    for number in 0..SESSIONS {
        boards.push(conversation(&server, &mut alice, &mut bob, 10 + u32::try_from(number).unwrap()).await);
    }
    let mut all = JoinSet::new();
    for (number, (mut board, mut joined)) in boards.into_iter().enumerate() {
        let (message, payload) = (message.clone(), payload.clone());
        all.spawn(async move {
            for cut in (1..message.len()).skip(number).step_by(SESSIONS) {
                board.send(&message[..cut]).await;
                board.send(&message[cut..]).await;
                board.expect("ACK 3").await;
                let got = joined.expect("MSG alice@example.com").await;
                assert_eq!(got.payload, payload, "cut at {cut}");
                // The server queues Bob's reply until Alice polls.
                joined.message(&payload).await;
                let head = board.expect("MSG bob@example.com").await;
                assert!(head.ends_with(&format!(" {}\r\n", payload.len())), "{head}");
                assert_eq!(board.inbox.as_bytes(), payload, "cut at {cut}");
                board.inbox.clear();
            }
        });
    }
    all.join_all().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_works_with_request_bodies_split_at_every_offset() {
    let server = TestServer::start().await;
    let http = server.http();
    let mut all = JoinSet::new();
    for number in 0..SESSIONS {
        let name = format!("user{number}");
        server.account(&name).await;
        let bytes = sign_in_bytes(&address(&name), &server.ticket(&name).await);
        all.spawn(async move {
            for cut in (1..bytes.len()).skip(number).step_by(SESSIONS) {
                let mut gateway = Gateway::open(http, "NS", &bytes[..cut]).await;
                gateway.send(&bytes[cut..]).await;
                let lines = gateway.expect("USR 4 OK").await;
                let verbs: Vec<_> = lines.lines().filter_map(|line| line.get(..3)).collect();
                assert_eq!(verbs, ["VER", "CVR", "USR", "USR"], "cut at {cut}: {lines}");
                gateway.send("OUT\r\n").await;
                gateway.until_closed().await;
            }
        });
    }
    all.join_all().await;
}

#[tokio::test]
async fn the_answer_after_the_last_bytes_announces_that_the_server_has_ended_the_session() {
    let server = TestServer::start().await;
    server.accounts(["alice"]).await;
    let mut alice = server.polling("alice").await;
    alice.inbox.clear();
    let _elsewhere = server.online("alice").await;
    alice.poll().await;
    assert_eq!((alice.inbox.as_str(), alice.closed), ("OUT OTH\r\n", false));
    alice.poll().await;
    assert_eq!((alice.inbox.as_str(), alice.closed), ("OUT OTH\r\n", true));
    let id = alice.session.clone();
    assert_eq!(alice.raw(&format!("Action=poll&SessionID={id}"), b"").await.status, 400, "the id is invalid");

    let mut garbage = Gateway::open(server.http(), "NS", "VER 1 MSNP12\r\n\0\r\n").await;
    assert_eq!((garbage.inbox.as_str(), garbage.closed), ("VER 1 MSNP12\r\n", false));
    garbage.until_closed().await;
    let id = garbage.session.clone();
    assert_eq!(garbage.raw(&format!("SessionID={id}"), b"VER").await.status, 400);
}

#[tokio::test]
async fn the_command_out_closes_a_session_immediately_if_its_queue_is_empty() {
    let server = TestServer::start().await;
    server.accounts(["bob"]).await;
    let mut bob = server.polling("bob").await;
    bob.poll().await;
    bob.send("OUT\r\n").await;
    assert!(bob.closed);
    let mut board = Gateway::open(server.http(), "SB", "").await;
    board.send("OUT\r\n").await;
    board.until_closed().await;
}

#[tokio::test]
async fn a_repeated_request_is_answered_again_but_carried_out_only_once() {
    let server = TestServer::start().await;
    server.accounts(["alice", "bob"]).await;
    let (mut alice, mut bob) = (server.polling("alice").await, server.online("bob").await);
    let (mut board, mut joined) = conversation(&server, &mut alice, &mut bob, 9).await;
    board.poll().await;

    let (first, second) = (text_message("once"), text_message("the next one"));
    let command =
        |trid: u32, payload: &[u8]| [format!("MSG {trid} A {}\r\n", payload.len()).as_bytes(), payload].concat();
    let query = format!("SessionID={}", board.session);
    let answers = [board.raw(&query, &command(3, &first)).await, board.raw(&query, &command(3, &first)).await];
    for answer in &answers {
        assert_eq!((answer.status, answer.text()), (200, "ACK 3\r\n"));
        assert_eq!(answer.header("X-MSN-Messenger"), answers[0].header("X-MSN-Messenger"));
    }
    let id = answers[0].header("X-MSN-Messenger").unwrap().split(';').next().unwrap().to_owned();
    board.raw(&id, &command(4, &second)).await;
    for expected in [&first, &second] {
        assert_eq!(&joined.expect("MSG alice@example.com").await.payload, expected);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_reaches_a_polling_client_completely() {
    const CHUNKS: usize = 1000;
    let server = TestServer::start().await;
    server.accounts(["alice", "bob"]).await;
    let mut alice = server.polling("alice").await;
    let mut bob = server.online("bob").await;
    let (mut board, mut sender) = conversation(&server, &mut alice, &mut bob, 9).await;
    // Sends about 1.3 MB, as fast as the server accepts it. That is more than fits into all buffers
    // on the way.
    let sending = tokio::spawn(async move {
        for number in 0..CHUNKS {
            let payload = format!("Content-Type: application/x-msnmsgrp2p\r\n\r\n{number:08}{}", "x".repeat(1250));
            sender.send(format!("MSG {} D {}\r\n{payload}", number + 10, payload.len())).await;
        }
        for number in 0..CHUNKS {
            sender.expect(&format!("ACK {}", number + 10)).await;
        }
        sender
    });
    let mut got = String::new();
    let mut clock = interval(POLLS);
    while got.matches("x-msnmsgrp2p").count() < CHUNKS {
        assert!(!board.closed, "closed after {} bytes", got.len());
        clock.tick().await;
        board.poll().await;
        got.push_str(&std::mem::take(&mut board.inbox));
    }
    let numbers: Vec<usize> =
        got.split("x-msnmsgrp2p\r\n\r\n").skip(1).map(|rest| rest[..8].parse().unwrap()).collect();
    assert_eq!(numbers, (0..CHUNKS).collect::<Vec<_>>());
    sending.await.unwrap();
}

#[tokio::test]
async fn a_request_that_does_not_belong_to_a_session_gets_400() {
    let server = TestServer::start().await;
    let mut gateway = Gateway::open(server.http(), "NS", "").await;
    assert_eq!(gateway.inbox, "", "an empty opening has an empty answer");
    let id = gateway.session.clone();
    let (key, counter) = id.split_once('.').unwrap();
    for query in [
        "",
        "Action=poll",
        "Action=open",
        "Action=open&Server=XX&IP=a",
        "Action=close&SessionID=1.1",
        "Action=poll&SessionID=1132637400.1",
        "SessionID=1132637400.1",
        &format!("SessionID={key}"),
        &format!("SessionID={key}.{counter}.1"),
        &format!("SessionID={key}.99"),
        &format!("SessionID=0{id}"),
    ] {
        let answer = gateway.raw(query, b"").await;
        assert_eq!((answer.status, answer.header("Content-Length")), (400, Some("0")), "{query}");
    }
    gateway.send("VER 1 MSNP12\r\n").await;
    gateway.expect("VER 1 MSNP12").await;
}

#[tokio::test]
async fn one_of_two_simultaneous_requests_gets_400_but_no_data_is_lost() {
    let server = TestServer::start().await;
    let mut first = Gateway::open(server.http(), "NS", "").await;
    let mut second = Http::dial(server.http()).await;
    let mut third = Http::dial(server.http()).await;
    let head = format!("POST /gateway/gateway.dll?SessionID={} HTTP/1.1\r\nHost: x", first.session);
    // The body of the first request is an incomplete command, to which the session sends no reply.
    // The gateway waits a moment for such a reply before it answers the request. The clock is
    // stopped, so that this wait does not end before the second request arrives.
    let clock = StoppedClock::new();
    first.http.send(&head, b"VER 1 ").await;
    // When the server answers this third request, it has already read the first request.
    assert_eq!(third.ask("GET /proxy.pac HTTP/1.1\r\nHost: x", b"").await.status, 200);
    assert_eq!(second.ask(&head, b"OUT\r\n").await.status, 400);
    clock.pass(Duration::from_secs(1)).await;
    let answer = first.http.answer().await;
    assert_eq!((answer.status, answer.text()), (200, ""));
    drop(clock);
    first.send("MSNP12\r\n").await;
    first.expect("VER 1 MSNP12").await;
}

#[tokio::test]
async fn a_client_cannot_forge_the_host_in_an_answer() {
    let server = TestServer::start().await;
    let mut http = Http::dial(server.http()).await;
    for (host, ip) in [("a;Session=close", "x%0d%0aSet-Cookie: a"), ("a b", "x"), ("", "\"<>")] {
        let head = format!("POST /gateway/gateway.dll?Action=open&Server=NS&IP={ip} HTTP/1.1\r\nHost: {host}");
        let answer = http.ask(&head, b"").await;
        let Some(words) = answer.header("X-MSN-Messenger") else {
            assert_eq!(answer.status, 400, "{host}");
            http = Http::dial(server.http()).await;
            continue;
        };
        let gateway = words.split_once("GW-IP=").unwrap().1;
        assert_eq!(gateway, server.http().to_string(), "{host}");
        assert_eq!(answer.header("Set-Cookie"), None);
    }
}

#[tokio::test]
async fn a_body_that_is_too_long_is_refused_and_the_session_continues() {
    let server = TestServer::start().await;
    let mut gateway = Gateway::open(server.http(), "NS", "").await;
    let query = format!("SessionID={}", gateway.session);
    assert_eq!(gateway.raw(&query, &vec![b'x'; 16 * 1024 + 1]).await.status, 413);
    gateway.http = Http::dial(server.http()).await;
    gateway.send("VER 1 MSNP12\r\n").await;
    gateway.expect("VER 1 MSNP12").await;
}

#[tokio::test]
async fn the_number_of_sessions_from_one_address_is_limited() {
    let server = TestServer::start_with(|config| {
        config.limits.exempt.clear();
        config.limits.gateway_sessions_per_address = 2;
    })
    .await;
    server.accounts(["alice", "bob"]).await;
    let mut alice = server.polling("alice").await;
    let mut silent = Gateway::open(server.http(), "SB", "").await;
    let bob = server.polling("bob").await;
    // Bob's session has replaced this session, because this session was not signed in.
    assert_eq!(silent.raw(&format!("SessionID={}", silent.session), b"").await.status, 400);
    let mut http = Http::dial(server.http()).await;
    let open = "POST /gateway/gateway.dll?Action=open&Server=NS&IP=x HTTP/1.1\r\nHost: x";
    let answer = http.ask(open, b"").await;
    assert_eq!((answer.status, answer.header("Retry-After")), (503, Some("60")));
    alice.send("OUT\r\n").await;
    alice.until_closed().await;
    assert_eq!(http.ask(open, b"").await.status, 200);
    drop(bob);
}

#[tokio::test]
async fn a_stopping_server_waits_until_a_client_has_polled_the_last_bytes_and_the_end_of_its_session() {
    let server = TestServer::start().await;
    server.accounts(["alice"]).await;
    let mut alice = server.polling("alice").await;
    alice.inbox.clear();
    let stopping = tokio::spawn(server.stop());
    // If the server had already stopped HTTP, it would not answer this poll.
    let last = timeout(PATIENCE, async {
        while alice.inbox.is_empty() {
            alice.poll().await;
        }
    });
    last.await.unwrap();
    assert_eq!((alice.inbox.as_str(), alice.closed), ("OUT SSD\r\n", false));
    assert!(!stopping.is_finished());
    alice.poll().await;
    assert_eq!((alice.inbox.as_str(), alice.closed), ("OUT SSD\r\n", true));
    stopping.await.unwrap();
}
