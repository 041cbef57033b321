//! Words that carry text: nothing in them may become a line of somebody else's, and what passes arrives as it was
//! meant.

use crate::support::people::open_board;
use crate::support::wire::{Frame, Wire};
use crate::support::{TestServer, address};

/// What cannot be a text: the code for a name, or a close.
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

/// What is a text: as it is sent, and as others read it.
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

/// The lines that somebody got, which must all begin with one of these words.
fn only(frames: &[Frame], verbs: &[&str]) {
    for frame in frames {
        assert!(verbs.contains(&frame.word(0)), "{frame} came in");
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
async fn a_name_that_could_end_a_line_is_refused_and_reaches_no_one() {
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
        let told = alice.before_pong().await;
        let lines: Vec<_> = told.iter().map(|frame| frame.line.as_str()).collect();
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
async fn the_longest_names_are_accepted_and_longer_ones_close() {
    let server = TestServer::start().await;
    server.account("mallory").await;
    for (head, most) in [("PRP 9 MFN ", 387), ("PRP 9 PHH ", 95)] {
        let mut mallory = server.online("mallory").await;
        let answer = send_words(&mut mallory, head, "x".repeat(most).as_bytes(), "").await;
        assert_eq!(answer.word(0), "PRP");
        // 4 bytes each, so the last one is cut by the limit.
        let wide = "😀".repeat(most / 4);
        let answer = send_words(&mut mallory, head, wide.as_bytes(), "").await;
        assert_eq!(answer.word(0), "PRP");
        mallory.line(format!("{head}{}", "x".repeat(most + 1))).await;
        assert_eq!(mallory.last_lines().await, [""; 0], "{head}");
    }
    let mut mallory = server.online("mallory").await;
    for (length, code) in [(61, "ADG"), (62, "229"), (127, "229")] {
        let answer = send_words(&mut mallory, "ADG 9 ", "x".repeat(length).as_bytes(), "").await;
        assert_eq!(answer.word(0), code, "{length}");
    }
    mallory.line(format!("ADG 9 {}", "x".repeat(128))).await;
    assert_eq!(mallory.last_lines().await, [""; 0]);
}

/// The address in CAL and ADC is not percent-decoded into anything that others read.
#[tokio::test]
async fn an_encoded_address_is_not_an_account() {
    let server = TestServer::start().await;
    let mut bystanders = server.bystanders().await;
    server.accounts(["alice", "mallory"]).await;
    let (mut alice, mut mallory) = server.friends("alice", "mallory").await;
    let mut board = open_board(&address("mallory"), &mut mallory).await;
    for word in ["alice@example.com%0D%0AOUT", "%61lice@example.com", "alice%00@example.com", "alice%40example.com"] {
        let called = board.ask("CAL", word).await;
        assert!(["208", "217"].contains(&called.word(0)), "{word}: {called}");
        let added = mallory.ask("ADC", format!("AL N={word}")).await;
        assert!(["201", "208"].contains(&added.word(0)), "{word}: {added}");
    }
    assert_eq!(alice.before_pong().await, []);
    bystanders.are_untouched().await;
}

/// Personal messages are XML that others parse: what is not well-formed closes, and the rest passes byte for byte.
#[tokio::test]
async fn malformed_xml_reaches_no_one() {
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
    only(&alice.before_pong().await, &["NLN", "FLN"]);
    let deep = format!("<Data>{}{}</Data>", "<a>".repeat(500), "</a>".repeat(500));
    let mut mallory = server.online("mallory").await;
    mallory.send(format!("UUX 9 {}\r\n{deep}OUT\r\n", deep.len())).await;
    mallory.last_lines().await;
    only(&alice.before_pong().await, &["NLN", "FLN", "UBX"]);
    bystanders.are_untouched().await;
}
