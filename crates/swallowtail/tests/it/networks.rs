//! Tests the addresses to which clients connect and the addresses that they receive. Covers several
//! networks, one port for both services, and TLS.

use std::net::SocketAddr;

use swallowtail_config::{Advertise, Config, Listen, Network};

use crate::support;
use crate::support::people::{self, text_message};
use crate::support::tls::TestCertificate;
use crate::support::wire::Wire;
use crate::support::{TestServer, address, is_closed};

fn any() -> Option<SocketAddr> {
    Some("127.0.0.1:0".parse().unwrap())
}

/// Adds the network "internet" to the settings. To the clients of this network, the server
/// advertises a host name instead of its IP address.
fn two_networks(config: &mut Config) {
    let listen = Listen { notification: any(), dispatch: any(), ..Listen::default() };
    let advertise = Advertise {
        notification: Some("chat.example.com:1863".to_owned()),
        switchboard: Some("chat.example.com:1864".to_owned()),
        ..Advertise::default()
    };
    config.network.insert("internet".to_owned(), Network { listen, advertise });
}

#[tokio::test]
async fn each_client_receives_the_server_addresses_for_its_own_network() {
    let server = TestServer::start_with(two_networks).await;
    server.accounts(["alice", "bob"]).await;
    let addresses = server.server().addresses().clone();
    let internet = addresses.of("internet", "notification").unwrap();
    let ticket = server.ticket("alice").await;
    let mut alice = people::sign_in(internet, &address("alice"), &ticket).await;
    people::synchronize(&mut alice).await;
    people::come_online(&mut alice).await;
    let mut bob = server.online("bob").await;

    // Alice and Bob are in the same conversation. In XFR and RNG, Alice receives the advertised
    // name of the server, and Bob receives its IP address.
    let mut board = people::open_board(&address("bob"), &mut bob).await;
    board.done("CAL", address("alice")).await;
    assert_eq!(alice.expect("RNG ").await.word(2), "chat.example.com:1864");
    assert_eq!(alice.done("XFR", "SB").await.word(3), "chat.example.com:1864");
    assert_eq!(bob.done("XFR", "SB").await.word(3), addresses.switchboard.to_string());

    let mut dispatched = Wire::dial(addresses.of("internet", "dispatch").unwrap()).await;
    dispatched
        .send("VER 1 MSNP12\r\nCVR 2 0x0409 winnt 5.1 i386 MSNMSGR 7.5.0324 MSMSGS a@b.c\r\nUSR 3 TWN I a@b.c\r\n")
        .await;
    let transfer = dispatched.expect("XFR 3 NS").await;
    assert_eq!(transfer.word(3), "chat.example.com:1863");
    assert!(addresses.main("dispatch").is_none());
}

#[tokio::test]
async fn one_port_serves_notification_and_switchboard_and_the_first_command_decides_which() {
    let server = TestServer::start_with(|config| config.listen.one_port = true).await;
    assert_eq!(server.notification(), server.switchboard());
    server.accounts(["alice", "bob"]).await;
    let (mut alice, mut bob) = server.friends("alice", "bob").await;
    let mut chat = people::Chat::open((&address("alice"), &mut alice), (&address("bob"), &mut bob)).await;
    chat.exchange("through one port").await;
    // The first three bytes may arrive one by one. The server reads each byte before the client
    // sends the next one.
    let mut slow = Wire::dial(server.notification()).await;
    for part in ["V", "E", "R 1 MSNP12\r\n"] {
        slow.send(part).await;
        alice.before_pong().await;
    }
    assert_eq!(slow.next().await.unwrap().line, "VER 1 MSNP12");
    let mut nobody = Wire::dial(server.notification()).await;
    nobody.send("USR 1 alice@example.com 0123456789abcdef\r\n").await;
    assert_eq!(nobody.last_lines().await, ["911 1"], "an invalid cookie");
    let mut garbage = Wire::dial(server.notification()).await;
    garbage.send("GET / HTTP/1.1\r\n\r\n").await;
    assert_eq!(garbage.last_lines().await, [""; 0]);
    // A connection that sends nothing does not delay the stop of the server.
    let silent = Wire::dial(server.notification()).await;
    alice.before_pong().await;
    server.stop().await;
    assert!(is_closed(silent.into_stream()), "the stop waited until its timeout");
}

#[tokio::test]
async fn a_client_that_connects_over_tls_can_chat_over_tls() {
    let files = support::private_directory();
    let certificate = TestCertificate::write(files.path(), "own", &["chat.example.com"]);
    let server = TestServer::start_with(|config| {
        config.tls.certificate.push(certificate.files.clone());
        config.listen.notification_tls = any();
        config.listen.switchboard_tls = any();
    })
    .await;
    server.accounts(["alice", "bob"]).await;
    let addresses = server.server().addresses().clone();
    let dial = |key| certificate.dial(addresses.main(key).unwrap(), "chat.example.com");
    let ticket = server.ticket("alice").await;
    let stream = dial("notification_tls").await.unwrap();
    let mut alice = people::enter(Wire::over(stream), &address("alice"), &ticket).await;
    alice.done("SYN", "0 0").await;
    alice.done("CHG", "NLN 0").await;
    let mut bob = server.online("bob").await;

    let transfer = alice.done("XFR", "SB").await;
    assert_eq!(transfer.word(3), addresses.main("switchboard_tls").unwrap().to_string());
    let mut board = Wire::over(dial("switchboard_tls").await.unwrap());
    board.done("USR", format!("{} {}", address("alice"), transfer.word(5))).await;
    board.done("CAL", address("bob")).await;
    let ring = bob.expect("RNG ").await;
    assert_eq!(ring.word(2), addresses.switchboard.to_string(), "Bob connected without TLS");
    let mut joined = Wire::dial(addresses.switchboard).await;
    joined.ask("ANS", format!("{} {} {}", address("bob"), ring.word(4), ring.word(1))).await;
    board.expect("JOI").await;
    let payload = text_message("half of it encrypted");
    assert_eq!(board.message(&payload).await.word(0), "ACK");
    assert_eq!(joined.expect("MSG").await.payload, payload);
}
