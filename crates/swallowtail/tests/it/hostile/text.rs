//! Tests words of commands that contain text. No part of a text can become a line for another
//! client, and accepted texts arrive with the same meaning.

use crate::support::people::open_board;
use crate::support::wire::{Frame, Wire};
use crate::support::{TestServer, address};

/// Invalid texts. The server refuses them with an error code or closes the connection.
const REFUSED: &[&[u8]] = &[
    b"evil%0D%0AFLN%20walter@example.com",
    b"evil%0d%0aOUT%20OTH",
    b"evil%0A",
    b"evil%0D",
    b"evil%00",
    b"%FF",
    b"%C0%AF",
    b"%ED%A0%80",
    b"%F4%90%80%80",
    b"\xFF\xFE",
    b"\xC0\xAF",
    b"half\xE2\x82",
];

/// Valid texts. For each text: the word that the client sends, and the word that other clients
/// receive.
const ACCEPTED: &[(&str, &str)] = &[
    ("100%", "100%25"),
    ("100%zz", "100%25zz"),
    ("%4", "%254"),
    ("%41", "A"),
    ("%250D%250A", "%250D%250A"),
    ("a+b", "a+b"),
    ("%20a%20", "%20a%20"),
    ("%09tab", "%09tab"),
    ("%1B[31mred%07", "%1B[31mred%07"),
    ("%7F", "%7F"),
    ("%E2%80%AE", "\u{202e}"),
    ("%F0%9F%98%80", "😀"),
    ("\u{feff}bom", "\u{feff}bom"),
    ("%E2%80%A8line", "\u{2028}line"),
    ("<script>&\"'", "<script>&\"'"),
];

/// Asserts that every received line begins with one of these words.
fn assert_only(frames: &[Frame], verbs: &[&str]) {
    for frame in frames {
        assert!(verbs.contains(&frame.word(0)), "{frame} was received");
    }
}

async fn send_words(wire: &mut Wire, head: &str, word: &[u8], tail: &str) -> Frame {
    wire.send([head.as_bytes(), word, tail.as_bytes(), b"\r\n"].concat()).await;
    let trid = head.split(' ').nth(1).unwrap();
    loop {
        let frame = wire.next().await.unwrap();
        if frame.word(1) == trid {
            return frame;
        }
    }
}

#[tokio::test]
async fn the_server_refuses_a_name_that_could_end_a_line_and_never_sends_it_to_clients() {
    let server = TestServer::start().await;
    let mut bystanders = server.bystanders().await;
    server.accounts(["alice", "mallory"]).await;
    let (mut alice, mut mallory) = server.friends("alice", "mallory").await;
    let added = mallory.done("ADG", "friends").await;
    let group = added.word(3).to_owned();
    let contact = {
        mallory.done("SYN", "0 0").await;
        let listed = mallory.expect("LST N=alice@example.com").await;
        listed.line.split_once("C=").unwrap().1.split(' ').next().unwrap().to_owned()
    };
    mallory.before_pong().await;
    for word in REFUSED {
        let shown = word.escape_ascii();
        for (head, tail, code) in [
            ("PRP 9 MFN ", "", "209 9"),
            ("PRP 9 PHH ", "", "201 9"),
            ("ADG 9 ", "", "201 9"),
            (&format!("REG 9 {group} "), "", "201 9"),
            (&format!("SBP 9 {contact} MFN "), "", "201 9"),
            ("ADC 9 FL N=walter@example.com F=", "", "201 9"),
        ] {
            let answer = send_words(&mut mallory, head, word, tail).await;
            assert_eq!(answer.line, code, "{head}{shown}");
        }
    }
    assert_eq!(alice.before_pong().await, []);
    bystanders.are_untouched().await;
}

#[tokio::test]
async fn unusual_names_reach_others_as_one_word_with_the_same_meaning() {
    let server = TestServer::start().await;
    let mut bystanders = server.bystanders().await;
    server.accounts(["alice", "mallory"]).await;
    let (mut alice, mut mallory) = server.friends("alice", "mallory").await;
    for (word, shown) in ACCEPTED {
        let answer = send_words(&mut mallory, "PRP 9 MFN ", word.as_bytes(), "").await;
        assert_eq!(answer.line, format!("PRP 9 MFN {word}"), "the answer repeats the word");
        let received = alice.before_pong().await;
        let lines: Vec<_> = received.iter().map(|frame| frame.line.as_str()).collect();
        assert_eq!(lines, [format!("NLN NLN mallory@example.com {shown} 0")], "{word}");
        let mut board = open_board(&address("mallory"), &mut mallory).await;
        board.done("CAL", "alice@example.com").await;
        let ring = alice.expect("RNG ").await;
        assert_eq!((ring.word(6), ring.line.split(' ').count()), (*shown, 7), "{word}");
        mallory.before_pong().await;
        alice.before_pong().await;
    }
    bystanders.are_untouched().await;
}

#[tokio::test]
async fn a_name_that_is_too_long_is_refused_and_the_longest_names_are_accepted_both_plain_and_escaped() {
    let server = TestServer::start().await;
    server.account("mallory").await;
    let mut mallory = server.online("mallory").await;
    for letter in ["x", "%78"] {
        for (head, length, expected) in
            [("PRP 9 MFN ", 387, "PRP"), ("PRP 9 MFN ", 388, "209"), ("ADG 9 ", 61, "ADG"), ("ADG 9 ", 62, "229")]
        {
            let answer = send_words(&mut mallory, head, letter.repeat(length).as_bytes(), "").await;
            assert_eq!(answer.word(0), expected, "{head}{length} times {letter}");
            if expected == "ADG" {
                mallory.done("RMG", answer.word(3)).await;
            }
        }
    }
    // A text of 387 bytes, which is the limit, would end within a 4-byte character. So the longest
    // text of 4-byte characters has 384 bytes.
    let answer = send_words(&mut mallory, "PRP 9 MFN ", "😀".repeat(387 / 4).as_bytes(), "").await;
    assert_eq!(answer.word(0), "PRP");
    let answer = send_words(&mut mallory, "PRP 9 PHH ", "x".repeat(95).as_bytes(), "").await;
    assert_eq!(answer.word(0), "PRP");
    mallory.line(format!("PRP 9 PHH {}", "x".repeat(96))).await;
    assert_eq!(mallory.last_lines().await, [""; 0]);
}

#[tokio::test]
async fn only_an_address_without_an_at_sign_is_decoded_and_an_encoded_line_end_never_reaches_a_client() {
    let server = TestServer::start().await;
    let mut bystanders = server.bystanders().await;
    server.accounts(["alice", "mallory"]).await;
    let (mut alice, mut mallory) = server.friends("alice", "mallory").await;
    let mut board = open_board(&address("mallory"), &mut mallory).await;
    for word in ["alice@example.com%0D%0AOUT", "alice%00@example.com", "%61lice@example.com"] {
        let called = board.ask("CAL", word).await;
        assert!(["208", "217"].contains(&called.word(0)), "{word}: {called}");
        let added = mallory.ask("ADC", format!("AL N={word}")).await;
        assert!(["201", "208"].contains(&added.word(0)), "{word}: {added}");
    }
    assert_eq!(alice.before_pong().await, []);
    // Only a word without an @ is decoded.
    for word in ["%61lice%40example.com", "alice%40example.com"] {
        let mut board = open_board(&address("mallory"), &mut mallory).await;
        board.done("CAL", word).await;
        alice.expect("RNG ").await;
        let added = mallory.ask("ADC", format!("AL N={word}")).await;
        assert_eq!(added.word(0), "215", "alice is already on the list: {added}");
    }
    board.line("CAL 9 alice%40example.com%0D%0AOUT").await;
    assert_eq!(board.last_lines().await, [""; 0]);
    assert_eq!(alice.before_pong().await, []);
    bystanders.are_untouched().await;
}

/// Other clients parse personal messages as XML. If a message is malformed, the server closes the
/// connection of the sender. Well-formed messages pass unchanged.
#[tokio::test]
async fn malformed_xml_is_not_passed_on_to_clients() {
    let server = TestServer::start().await;
    let mut bystanders = server.bystanders().await;
    server.accounts(["alice", "mallory"]).await;
    let (mut alice, first) = server.friends("alice", "mallory").await;
    drop(first);
    alice.expect("FLN mallory@example.com").await;
    let broken: &[&[u8]] = &[
        b"<Data>",
        b"<Data></PSM>",
        b"<Other/>",
        b"<Data/><Data/>",
        b"text",
        b"<Data>&undefined;</Data>",
        b"<!DOCTYPE Data [<!ENTITY a \"b\">]><Data>&a;</Data>",
        b"<Data>\xFF</Data>",
        b"<Data>\0</Data>",
        b"<Data a=\"1\" a=\"2\"/>",
        b"<Data><![CDATA[</Data>",
        b"<Data>&#0;</Data>",
    ];
    for payload in broken {
        let mut mallory = server.sign_in("mallory").await;
        mallory.send([format!("UUX 9 {}\r\n", payload.len()).as_bytes(), payload].concat()).await;
        mallory.line("OUT").await;
        assert_eq!(mallory.last_lines().await, [""; 0], "{}", payload.escape_ascii());
    }
    assert_only(&alice.before_pong().await, &["NLN", "FLN"]);
    let deep = format!("<Data>{}{}</Data>", "<a>".repeat(500), "</a>".repeat(500));
    let mut mallory = server.online("mallory").await;
    mallory.send(format!("UUX 9 {}\r\n{deep}OUT\r\n", deep.len())).await;
    mallory.last_lines().await;
    assert_only(&alice.before_pong().await, &["NLN", "FLN", "UBX"]);
    bystanders.are_untouched().await;
}
