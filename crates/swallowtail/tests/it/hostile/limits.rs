//! Tests clients that use too much: connections of one address, and queued bytes of a client that does not read.

use std::net::SocketAddr;

use tokio::net::TcpSocket;
use tokio::time::timeout;

use crate::support::people::{self, open_board, text_message};
use crate::support::time::PATIENCE;
use crate::support::wire::Wire;
use crate::support::{TestServer, address};

/// Connects and sends a ping. Returns `None` if the server does not accept the connection.
async fn connect(listener: SocketAddr) -> Option<Wire> {
    let mut wire = Wire::dial(listener).await;
    wire.line("PNG").await;
    wire.next().await.map(|_| wire)
}

#[tokio::test]
async fn an_address_can_have_twenty_connections_that_are_not_signed_in() {
    let server = TestServer::start_limited().await;
    let alice = server.account("alice").await;
    let mut open = Vec::new();
    for _ in 0..20 {
        open.push(connect(server.notification()).await.unwrap());
    }
    assert!(connect(server.notification()).await.is_none());
    let mut board = Wire::dial(server.switchboard()).await;
    assert_eq!(board.last_lines().await, [""; 0], "both listeners count together");

    // Signing in frees a place.
    let mut wire = open.pop().unwrap();
    wire.send(people::sign_in_bytes(&alice, &server.ticket("alice").await)).await;
    wire.expect("USR 4 OK").await;
    open.push(connect(server.notification()).await.unwrap());
    // So does disconnecting.
    let mut leaver = open.pop().unwrap();
    leaver.line("OUT").await;
    leaver.until_closed().await;
    drop(leaver);
    connect_soon(server.notification()).await;
    assert!(wire.before_pong().await.iter().all(|frame| frame.word(0) != "OUT"));
}

#[tokio::test]
async fn an_address_can_have_sixty_four_connections() {
    let server = TestServer::start_limited().await;
    let mut open = Vec::new();
    for number in 0..64 {
        let name = format!("user{number}");
        server.account(&name).await;
        open.push(server.sign_in(&name).await);
    }
    assert!(connect(server.notification()).await.is_none());
    let mut leaver = open.pop().unwrap();
    leaver.line("OUT").await;
    leaver.until_closed().await;
    drop(leaver);
    connect_soon(server.notification()).await;
    for wire in &mut open {
        assert_eq!(wire.before_pong().await, []);
    }
}

/// Connects as soon as a place is free. The server notices the end of an old connection a moment after its client.
async fn connect_soon(listener: SocketAddr) -> Wire {
    let soon = timeout(PATIENCE, async {
        loop {
            if let Some(wire) = connect(listener).await {
                return wire;
            }
        }
    });
    soon.await.unwrap()
}

/// Too many commands at the same time are not an error: the server reads them more slowly.
#[tokio::test]
async fn a_burst_of_commands_is_answered_completely_and_in_order() {
    let server = TestServer::start_limited().await;
    server.account("alice").await;
    let mut alice = server.sign_in("alice").await;
    let burst: String = (1000..1240).map(|trid| format!("GTC {trid} A\r\n")).collect();
    alice.send(burst).await;
    for trid in 1000..1240 {
        assert_eq!(alice.next().await.unwrap().line, format!("GTC {trid} A"));
    }
}

/// Bob stops reading in a conversation of three. Alice receives NAK and BYE; Carol misses nothing.
#[tokio::test]
async fn a_member_that_does_not_read_is_closed_and_the_others_miss_nothing() {
    let server = TestServer::start().await;
    let mut bystanders = server.bystanders().await;
    let [alice, bob, carol] = server.accounts(["alice", "bob", "carol"]).await;
    let mut notification = server.online("alice").await;
    let (mut bobs, mut carols) = (server.online("bob").await, server.online("carol").await);
    let mut board = open_board(&alice, &mut notification).await;

    board.done("CAL", &bob).await;
    let ring = bobs.expect("RNG ").await;
    let socket = TcpSocket::new_v4().unwrap();
    // The smaller the buffer in the kernel, the sooner the server notices.
    socket.set_recv_buffer_size(4096).unwrap();
    let mut silent = Wire::over(socket.connect(server.switchboard()).await.unwrap());
    silent.ask("ANS", format!("{bob} {} {}", ring.word(4), ring.word(1))).await;
    board.expect("JOI bob@example.com ").await;
    let silent = silent.into_stream();
    let mut reader = people::join_board(&mut board, &carol, &mut carols).await;

    let payload = text_message(&"x".repeat(1500));
    let mut sent = 0;
    loop {
        let answer = board.message(&payload).await;
        sent += 1;
        assert_eq!(reader.expect("MSG ").await.payload, payload);
        if answer.word(0) == "NAK" {
            break;
        }
        assert!(sent < 20_000, "30 MB are queued for a member that does not read");
    }
    assert_eq!(board.expect("BYE").await.line, "BYE bob@example.com");
    assert_eq!(reader.next().await.unwrap().line, "BYE bob@example.com");
    assert_eq!(board.message(&payload).await.word(0), "ACK", "two are left");
    bystanders.are_untouched().await;
    drop(silent);
}

/// A client that does not read the lines on its notification connection is closed, and appears offline.
#[tokio::test]
async fn a_client_that_does_not_read_is_closed_and_appears_offline() {
    let server = TestServer::start().await;
    server.accounts(["alice", "bob"]).await;
    let (mut alice, bob) = server.friends("alice", "bob").await;
    let silent = bob.into_stream();
    socket2::SockRef::from(&silent).set_recv_buffer_size(4096).unwrap();
    let text = "x".repeat(1000);
    let mut gone = false;
    for _ in 0..40_000 {
        server.server().service().announce(&text);
        let received = alice.before_pong().await;
        if received.iter().any(|frame| frame.line == format!("FLN {}", address("bob"))) {
            gone = true;
            break;
        }
    }
    assert!(gone, "the queue of one client has no limit");
    drop(silent);
}

/// Alice changes her presence until megabytes of lines are sent to Bob, who does not read.
#[tokio::test]
async fn a_contact_that_floods_presence_cannot_close_a_client_that_does_not_read() {
    let server = TestServer::start().await;
    server.accounts(["alice", "bob"]).await;
    let (mut alice, bob) = server.friends("alice", "bob").await;
    let silent = bob.into_stream();
    socket2::SockRef::from(&silent).set_recv_buffer_size(4096).unwrap();
    let long = "x".repeat(4000);
    for round in 1000..1400 {
        let payload = format!("<Data><PSM>{round}{long}</PSM></Data>");
        let status = ["NLN", "BSY"][round % 2];
        alice.send(format!("UUX {round} {}\r\n{payload}CHG {round} {status} 0 {long}\r\n", payload.len())).await;
        alice.expect(&format!("CHG {round} ")).await;
    }
    alice.send("UUX 1400 28\r\n<Data><PSM>last</PSM></Data>".to_owned()).await;
    alice.done("CHG", "AWY 7").await;
    let mut bob = Wire::over(silent);
    let received = bob.before_pong().await;
    let last = |verb| received.iter().rfind(|frame| frame.word(0) == verb).unwrap();
    assert_eq!(last("NLN").line, "NLN AWY alice@example.com alice 7");
    assert_eq!(last("UBX").payload, b"<Data><PSM>last</PSM></Data>");
    assert!(received.len() < 400, "lines that are out of date are not sent");
    assert!(alice.before_pong().await.iter().all(|frame| frame.word(0) == "UUX"), "Bob stayed online");
}
