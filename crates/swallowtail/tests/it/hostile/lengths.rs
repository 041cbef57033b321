//! Tests false payload lengths, and payloads that look like commands.

use crate::support::people::{Chat, open_board};
use crate::support::wire::Wire;
use crate::support::{Bystanders, TestServer};

/// Payload lengths that are not numbers or are too large.
const LYING: &[&str] = &[
    "-1",
    "+5",
    "0x10",
    "1e3",
    "",
    "5.0",
    "５",
    "x",
    "2147483648",
    "4294967295",
    "4294967296",
    "9223372036854775808",
    "18446744073709551616",
    "9999999999999999999999999999999999999999",
];

/// Commands with a payload. For each command, the maximum length of its payload in bytes.
const COMMANDS: &[(&str, usize)] = &[
    ("UUX 9", 4096),
    ("PGD 9 walter@example.com 1", 1664),
    ("SDC 9 walter@example.com 0x0409 MSMSGS MSMSGS X X Mallory", 1664),
];

struct Scene {
    server: TestServer,
    bystanders: Bystanders,
    mallory: String,
}

impl Scene {
    async fn set() -> Self {
        let server = TestServer::start().await;
        let bystanders = server.bystanders().await;
        let mallory = server.account("mallory").await;
        Self { server, bystanders, mallory }
    }

    /// Opens a switchboard session of mallory and wendy. Returns the session, and the notification
    /// connections of both.
    async fn chat(&self) -> (Chat, [Wire; 2]) {
        let mut mallory = self.server.online("mallory").await;
        let mut wendy = self.server.online("wendy").await;
        let chat = Chat::open((&self.mallory, &mut mallory), ("wendy@example.com", &mut wendy)).await;
        (chat, [mallory, wendy])
    }
}

#[tokio::test]
async fn a_false_payload_length_closes_the_connection() {
    let mut scene = Scene::set().await;
    for (command, most) in COMMANDS {
        let over = [(most + 1).to_string(), "65536".to_owned()];
        for length in LYING.iter().map(|word| (*word).to_owned()).chain(over) {
            let mut wire = scene.server.online("mallory").await;
            wire.line(format!("{command} {length}")).await;
            // Without a length, SDC has one word too few, so the server refuses it with an error.
            let expected = if length.is_empty() && command.starts_with("SDC") { vec!["503 9"] } else { Vec::new() };
            assert_eq!(wire.last_lines().await, expected, "{command} {length:?}");
        }
    }
    for length in LYING.iter().copied().filter(|word| !word.is_empty()).chain(["0", "31", "33", "4096"]) {
        let mut wire = scene.server.online("mallory").await;
        wire.line(format!("QRY 9 PROD0090YUAUV{{2B {length}")).await;
        assert_eq!(wire.last_lines().await, ["540 9"], "QRY {length:?}");
    }
    scene.bystanders.are_untouched().await;
}

#[tokio::test]
async fn the_sender_of_a_false_message_length_is_disconnected_and_the_other_member_receives_bye() {
    let mut scene = Scene::set().await;
    scene.server.account("wendy").await;
    for length in LYING.iter().copied().chain(["1665", "65536", "0000000005", "1000000000"]) {
        let (mut chat, _people) = scene.chat().await;
        chat.caller.line(format!("MSG 9 A {length}")).await;
        assert_eq!(chat.caller.last_lines().await, [""; 0], "{length:?}");
        assert_eq!(chat.callee.next().await.unwrap().line, "BYE mallory@example.com", "{length:?}");
    }
    scene.bystanders.are_untouched().await;
}

#[tokio::test]
async fn payloads_up_to_the_limit_are_delivered() {
    let mut scene = Scene::set().await;
    scene.server.account("wendy").await;
    let (mut chat, _people) = scene.chat().await;
    for length in [0, 1, 1663, 1664] {
        let payload: Vec<u8> = (0..length).map(|index| u8::try_from(index % 256).unwrap()).collect();
        assert_eq!(chat.caller.message(&payload).await.word(0), "ACK");
        let heard = chat.callee.next().await.unwrap();
        assert_eq!(heard.payload, payload);
        assert_eq!(heard.line, format!("MSG mallory@example.com mallory {length}"));
    }
    let mut wire = scene.server.online("mallory").await;
    let fill = "x".repeat(4096 - "<Data><PSM></PSM></Data>".len());
    wire.send(format!("UUX 9 4096\r\n<Data><PSM>{fill}</PSM></Data>PNG\r\n")).await;
    wire.expect("UUX 9 0").await;
    wire.expect("QNG").await;
    scene.bystanders.are_untouched().await;
}

/// The text of a message is never read as a command, wherever the network splits it.
#[tokio::test]
async fn a_message_that_looks_like_commands_arrives_unchanged_wherever_it_is_split() {
    let mut scene = Scene::set().await;
    scene.server.account("wendy").await;
    let (mut chat, _people) = scene.chat().await;
    let payload =
        b"MIME-Version: 1.0\r\n\r\nOUT\r\nMSG 1 A 5\r\nBYE walter@example.com\r\n\r\n\0\xFF\xC0\x80\r\nOUT\r\n";
    let whole = [format!("MSG 9 A {}\r\n", payload.len()).as_bytes(), payload].concat();
    for cut in 0..=whole.len() {
        chat.caller.send(&whole[..cut]).await;
        // This sends the parts in separate segments.
        tokio::task::yield_now().await;
        chat.caller.send(&whole[cut..]).await;
        assert_eq!(chat.callee.next().await.unwrap().payload, payload, "cut at {cut}");
        assert_eq!(chat.caller.next().await.unwrap().line, "ACK 9", "cut at {cut}");
    }
    scene.bystanders.are_untouched().await;
}

/// The server does not carry out an incomplete command. It only ends the session.
#[tokio::test]
async fn an_incomplete_command_at_the_end_of_a_connection_is_not_carried_out() {
    let mut scene = Scene::set().await;
    for half in ["C", "CHG 9 BSY", "CHG 9 BSY\r", "UUX 9 100\r\n<Data>", "UUX 9 100\r\n", "OUT"] {
        let mut wire = scene.server.online("mallory").await;
        wire.send(half).await;
        drop(wire);
    }
    let mut notification = scene.server.online("mallory").await;
    for half in ["M", "MSG 9 A 100", "MSG 9 A 100\r\nhel", "CAL 9 wal"] {
        let mut wire = open_board(&scene.mallory, &mut notification).await;
        wire.send(half).await;
        drop(wire);
    }
    assert_eq!(notification.before_pong().await, []);
    scene.bystanders.are_untouched().await;
}
