//! Tests clients that use too much: too many connections from one address, and too many queued
//! bytes for a client that does not read.

use std::net::IpAddr;

use tokio::net::TcpSocket;

use crate::support::people::{self, Chat, open_board, text_message};
use crate::support::time::eventually;
use crate::support::wire::Wire;
use crate::support::{TestServer, address};

#[tokio::test]
async fn an_address_at_its_limit_loses_its_oldest_connection_that_is_not_signed_in() {
    let server = TestServer::start_with(|config| {
        config.limits.exempt.clear();
        config.limits.anonymous_per_address = 2;
    })
    .await;
    server.account("alice").await;
    let mut alice = server.sign_in("alice").await;
    let mut begun = Wire::dial(server.notification()).await;
    begun.line("VER 1 MSNP12").await;
    begun.expect("VER 1 MSNP12").await;
    // The limit applies to the connections of both listeners together. At the limit, a client that
    // has not sent a command yet is disconnected before a client that has sent one.
    let mut silent = Wire::dial(server.switchboard()).await;
    let mut next = Wire::dial(server.notification()).await;
    assert_eq!(silent.last_lines().await, [""; 0]);
    next.line("VER 1 MSNP12").await;
    next.expect("VER 1 MSNP12").await;
    let mut last = Wire::dial(server.notification()).await;
    assert_eq!(begun.last_lines().await, ["OUT"]);
    last.line("VER 1 MSNP12").await;
    last.expect("VER 1 MSNP12").await;
    assert_eq!(alice.before_pong().await, []);
    assert_eq!(server.server().connections(), 3);
}

#[tokio::test]
async fn a_new_connection_gets_the_busy_error_if_all_connections_of_its_address_are_signed_in() {
    let server = TestServer::start_with(|config| {
        config.limits.exempt.clear();
        config.limits.connections_per_address = 3;
    })
    .await;
    let [alice, _] = server.accounts(["alice", "bob"]).await;
    let (mut alices, mut bob) = (server.online("alice").await, server.online("bob").await);
    let mut board = open_board(&alice, &mut alices).await;
    assert_eq!(alices.ask("XFR", "SB").await.word(0), "500", "no connection to the switchboard is possible");
    for (listener, command, answer) in [
        (server.notification(), "VER 7 MSNP12", "600 7"),
        (server.switchboard(), "USR 8 alice@example.com 1.2", "600 8"),
    ] {
        let mut refused = Wire::dial(listener).await;
        refused.line(command).await;
        assert_eq!(refused.last_lines().await, [answer]);
    }
    board.line("OUT").await;
    board.until_closed().await;
    drop(board);
    eventually("the server notices that the connection is gone", || server.server().connections() == 2).await;
    open_board(&alice, &mut alices).await;
    assert_eq!(bob.before_pong().await, []);
}

/// A flood of connections from a whole network fills the table of chat connections and the table of
/// HTTP connections. Everybody who is signed in stays connected, and other users can still sign in.
#[tokio::test]
async fn a_flood_of_silent_connections_does_not_disconnect_users_or_prevent_sign_ins() {
    let server = TestServer::start_with_files(256, |config| config.limits.exempt.clear()).await;
    let http = server.server().addresses().http;
    server.account_with_password("alice", "secret").await;
    let mut bystanders = server.bystanders().await;
    let mut flood = Vec::new();
    for number in 0..400_u16 {
        let from = IpAddr::from([127, 0, 1, u8::try_from(number % 50).unwrap()]);
        for (listener, bytes) in [(server.notification(), ""), (http, "G")] {
            let socket = TcpSocket::new_v4().unwrap();
            socket.bind((from, 0).into()).unwrap();
            let mut wire = Wire::over(socket.connect(listener).await.unwrap());
            wire.send(bytes).await;
            flood.push(wire);
        }
    }
    eventually("the table is full", || server.server().connections() > 100).await;
    let ticket = people::fetch_ticket(http, &address("alice"), "secret").await.unwrap();
    let mut alice = people::sign_in(server.notification(), &address("alice"), &ticket).await;
    people::synchronize(&mut alice).await;
    people::come_online(&mut alice).await;
    open_board(&address("alice"), &mut alice).await;
    bystanders.are_untouched().await;
    drop(flood);
}

/// All users sign in at the same time and chat in pairs, and one client loads thirty pictures. The
/// limits have their default values.
#[tokio::test]
async fn forty_users_behind_one_router_sign_in_and_chat() {
    let server = TestServer::start_limited().await;
    let names: Vec<_> = (0..40).map(|number| format!("user{number}")).collect();
    let mut wires = Vec::new();
    for name in &names {
        let handle = server.account(name).await;
        let mut wire = Wire::dial(server.notification()).await;
        wire.line("VER 1 MSNP12").await;
        wires.push((handle, wire, server.ticket(name).await));
    }
    let mut online = Vec::new();
    for (handle, mut wire, ticket) in wires {
        wire.send(format!("USR 2 TWN I {handle}\r\nUSR 4 TWN S {ticket}\r\n")).await;
        wire.expect("USR 4 OK").await;
        people::synchronize(&mut wire).await;
        people::come_online(&mut wire).await;
        online.push((handle, wire));
    }
    let mut chats = Vec::new();
    for pair in online.chunks_exact_mut(2) {
        let [(caller, first), (callee, second)] = pair else { unreachable!() };
        chats.push(Chat::open((caller, first), (callee, second)).await);
    }
    let (handle, wire) = &mut online[0];
    let mut boards = Vec::new();
    for _ in 0..30 {
        let transfer = wire.done("XFR", "SB").await;
        let board = Wire::dial(transfer.word(3).parse().unwrap()).await;
        boards.push((board, transfer.word(5).to_owned()));
    }
    for (board, cookie) in &mut boards {
        board.done("USR", format!("{handle} {cookie}")).await;
    }
    for chat in &mut chats {
        chat.exchange("hello").await;
    }
}

/// It is not an error if a client sends too many commands at the same time. The server reads them
/// more slowly.
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

/// Bob stops reading in a conversation of three. Alice receives NAK and BYE. Carol receives every
/// message.
#[tokio::test]
async fn a_member_that_does_not_read_is_disconnected_and_the_other_members_receive_everything() {
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
    assert_eq!(board.message(&payload).await.word(0), "ACK", "two members are left");
    bystanders.are_untouched().await;
    drop(silent);
}

/// If a client does not read the lines on its notification connection, the server disconnects it,
/// and it appears offline.
#[tokio::test]
async fn a_client_that_does_not_read_is_disconnected_and_appears_offline() {
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

/// Alice changes her presence so often that the lines to Bob, who does not read, would be
/// megabytes.
#[tokio::test]
async fn a_client_that_does_not_read_stays_connected_while_a_contact_floods_it_with_presence() {
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
