//! Texts of every kind as names, groups, phone numbers, personal messages and messages.
//!
//! The server must accept a valid text (framing.md section 5) and keep its meaning. It must refuse
//! any other text with an error code. It must pass on the bytes of a message unchanged.

use anyhow::{Context, Result, ensure};

use super::stage::{last_lines, signed_in};
use super::words::{ask_bytes, meaning};
use crate::bed::Bed;
use crate::client::{MARK, Person, SignIn, befriend, chat};
use crate::measured::Measured;
use crate::scenario::Scenario;
use crate::server::Setup;

pub(super) const SCENARIO: Scenario = Scenario::runs(
    "F07",
    "Names and messages contain invalid UTF-8, control characters and four-byte characters",
    |bed| Box::pin(run(bed)),
)
.accounts(2)
.setup(|| Setup { settings: "[limits]\nname_changes = 10000\n".into(), ..Setup::default() });

/// The length of the longest display name, in bytes (framing.md section 6).
const NAME: usize = 387;
/// The length of the longest name of a group, in bytes (framing.md section 6).
const GROUP: usize = 61;
/// The number of messages of random bytes.
const MESSAGES: usize = 200;
/// The length of the longest message, in bytes (sb.md section 6).
const LONGEST: usize = 1664;

/// The texts that are sent as words, in names, groups and phone numbers. No text contains a byte
/// that would end the line in which the client sends it.
const WORDS: &[&[u8]] = &[
    b"plain",
    "\u{feff}bom".as_bytes(),
    "\u{202e}override".as_bytes(),
    "\u{2028}line".as_bytes(),
    "😀😀".as_bytes(),
    "e\u{301}\u{302}".as_bytes(),
    b"%1B[31m%07",
    b"%7F%09%0B",
    b"\xFF\xFE",
    b"\xC0\xAF",
    b"\xE0\x80\xAF",
    b"\xED\xA0\x80",
    b"\xF4\x90\x80\x80",
    b"half\xE2\x82",
    b"\x80",
    b"%FF",
    b"%C0%AF",
    b"%ED%A0%80",
    b"%00",
    b"%0D",
    b"%0A",
    b"a%0D%0Ab",
];

/// Pieces of the bodies of messages. A body contains these pieces and random bytes.
const BODIES: &[&[u8]] = &[
    b"\0",
    b"\r",
    b"\n",
    b"\r\n\r\n",
    b"\xEF\xBB\xBF",
    b"\xFF\xFE\x00\xD8",
    b"\xC0\xAF",
    b"\xED\xA0\x80",
    "\u{202e}".as_bytes(),
    "😀".as_bytes(),
    b"OUT\r\nMSG 1 A 5\r\n",
    b"%0D%0A",
    b"\x7F\x1B[2J",
];

async fn run(bed: &mut Bed) -> Result<Measured> {
    let [mut one, mut other] = [bed.person(0).await?, bed.person(1).await?];
    befriend(&mut one, &mut other).await?;
    other.notification.before_pong().await?;
    let mut accepted = 0;
    for word in WORDS {
        let shown = String::from_utf8_lossy(word).into_owned();
        accepted += usize::from(name(&mut one, &mut other, word).await.with_context(|| shown.clone())?);
        for head in ["ADG", "PRP PHH"] {
            setting(&mut one, head, word).await.with_context(|| format!("{head} {shown}"))?;
        }
        // The contact also receives the phone number. This call reads that line.
        other.notification.before_pong().await?;
    }
    lengths(&mut one).await?;
    other.notification.before_pong().await?;
    let messages = messages(bed, &mut one, &mut other).await?;
    personal_messages(bed).await?;
    Ok(Measured::new().count("texts", WORDS.len()).count("accepted names", accepted).count("messages", messages))
}

/// Sets a display name. Checks that the contact receives exactly this name if the server accepts
/// it, and receives nothing if the server refuses it. Returns whether the server accepted it.
async fn name(one: &mut Person, other: &mut Person, word: &[u8]) -> Result<bool> {
    let answer = ask_bytes(&mut one.notification, "PRP", "MFN", word).await?;
    let received = other.notification.before_pong().await?;
    let lines: Vec<_> = received.iter().filter(|received| received.verb() != "CHL").collect();
    let Some(text) = meaning(word) else {
        ensure!(answer.code() == Some(209), "an invalid name was answered with {}", answer.line());
        ensure!(lines.is_empty(), "a contact received {}", lines[0].line());
        return Ok(false);
    };
    ensure!(answer.unit.line().ends_with(word), "the answer {} does not repeat the word", answer.line());
    ensure!(lines.len() == 1, "a contact received {} lines", lines.len());
    ensure!(lines[0].unit.words().len() == 5, "a contact received {}", lines[0].line());
    let seen = lines[0].unit.words().get(3).and_then(|word| meaning(word));
    ensure!(seen.as_deref() == Some(&text), "a contact received the name {seen:?}");
    Ok(true)
}

/// Sets the name of a group, or a phone number. The server must accept or refuse it like a display name.
async fn setting(one: &mut Person, head: &str, word: &[u8]) -> Result<()> {
    let (verb, words) = head.split_once(' ').unwrap_or((head, ""));
    let answer = ask_bytes(&mut one.notification, verb, words, word).await?;
    let expected = if meaning(word).is_some() { None } else { Some(201) };
    ensure!(answer.code() == expected, "the answer was {}", answer.line());
    if answer.verb() == "ADG" {
        one.notification.done("RMG", &answer.word(3)).await?;
    }
    Ok(())
}

/// Checks display names and names of groups that contain four-byte characters. The length of a name
/// is exactly the limit, or one byte more.
async fn lengths(one: &mut Person) -> Result<()> {
    let wide = |bytes: usize| format!("{}{}", "😀".repeat(bytes / 4), "x".repeat(bytes % 4));
    let table = [
        ("PRP", "MFN ", NAME, None),
        ("PRP", "MFN ", NAME + 1, Some(209)),
        ("ADG", "", GROUP, None),
        ("ADG", "", GROUP + 1, Some(229)),
    ];
    for (verb, words, bytes, expected) in table {
        let answer = one.notification.ask(verb, &format!("{words}{}", wide(bytes))).await?;
        ensure!(answer.code() == expected, "{verb} with {bytes} bytes was answered with {}", answer.line());
    }
    Ok(())
}

/// Checks that messages of random bytes arrive unchanged. Returns the number of messages.
async fn messages(bed: &mut Bed, one: &mut Person, other: &mut Person) -> Result<usize> {
    let [mut board, mut joined] = chat(one, other).await?;
    let count = bed.size.of(MESSAGES);
    for number in 0..count {
        let mut payload = format!("{MARK} {number}\r\n\r\n").into_bytes();
        while payload.len() < LONGEST - 100 && !bed.random.chance(10) {
            let length = bed.random.index(60);
            let random = bed.random.bytes(length);
            payload.extend(bed.random.pick(BODIES).copied().unwrap_or_default().iter().chain(&random));
        }
        ensure!(board.deliver(&payload).await?, "message {number} was not delivered");
        let received = joined.message().await?;
        ensure!(received.payload() == payload, "message {number} of {} bytes arrived changed", payload.len());
    }
    Ok(count)
}

/// Checks that a personal message that is not valid XML ends the connection, and that no contact receives it.
async fn personal_messages(bed: &Bed) -> Result<()> {
    let mut contact = bed.person(1).await?;
    let invalid: &[&[u8]] =
        &[b"<Data>\xFF</Data>", b"<Data>\0</Data>", b"\xEF\xBB\xBF<Data>", b"<Data>&x;</Data>", b"<Data>&#0;</Data>"];
    for payload in invalid {
        let mut connection = signed_in(bed, 0, SignIn::default()).await?;
        connection.send_payload("UUX", "", payload).await?;
        let lines = last_lines(&mut connection).await?;
        ensure!(lines.is_empty(), "{:?} was answered with {lines:?}", String::from_utf8_lossy(payload));
    }
    let received = contact.notification.before_pong().await?;
    let leaked = received.iter().find(|received| received.verb() == "UBX");
    ensure!(leaked.is_none(), "a contact received {leaked:?}");
    Ok(())
}
