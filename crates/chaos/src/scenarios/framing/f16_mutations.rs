//! Conversations with random mutations are sent to the running server. This is fuzzing from
//! outside, through all layers.
//!
//! This scenario is short. `cargo xtask fuzz --minutes 1440` runs the fuzz targets, which measure
//! the covered code inside the server and keep the inputs that they find.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use super::stage::{Open, Stage, reaction};
use crate::bed::Bed;
use crate::measured::{Measured, SLOWNESS};
use crate::random::Random;
use crate::rule::Rule;
use crate::scenario::Scenario;

pub(super) const SCENARIO: Scenario = Scenario::runs(
    "F16",
    "Conversations are mutated at random (`cargo xtask fuzz --minutes 1440` runs the fuzz targets)",
    |bed| Box::pin(run(bed)),
)
.accounts(SENDERS)
.except(&[(Rule::History, "the history does not record mutated commands")]);

/// The number of accounts that take turns to send commands, so that none of them signs in often.
const SENDERS: usize = 100;
/// The time for which the scenario runs.
const LENGTH: Duration = Duration::from_secs(10);
/// The largest number of commands that are sent in one conversation.
const COMMANDS: u64 = 12;
/// The time within which the server must answer the command that follows a conversation, or close
/// the connection.
const QUICK: Duration = Duration::from_secs(1);
/// The size of the empty lines after a conversation, in bytes. They complete any payload that a
/// command has announced, because the longest payload has 4096 bytes.
const FILLER: usize = 4096;

/// Commands with their payloads, for a notification connection that has not signed in.
const FRESH: &[&str] = &[
    "VER 1 MSNP12 MSNP11 MSNP10 CVR0\r\n",
    "CVR 2 0x0409 winnt 5.1 i386 MSNMSGR 7.5.0324 MSMSGS user0@example.com\r\n",
    "USR 3 TWN I user0@example.com\r\n",
    "USR 4 TWN S t=abc&p=\r\n",
    "VER 1 CVR0\r\n",
    "CVQ 2 0x0409 winnt 5.1 i386 MSNMSGR 7.5.0324 MSMSGS user0@example.com\r\n",
    "PNG\r\n",
];
/// Commands with their payloads, for a notification connection that has signed in.
const SIGNED_IN: &[&str] = &[
    "SYN 5 0 0\r\n",
    "SYN 5 2026-01-01T00:00:00.0000000-07:00 2026-01-01T00:00:00.0000000-07:00\r\n",
    "CHG 6 NLN 1342554172 %3Cmsnobj%20Creator%3D%22user0%40example.com%22%2F%3E\r\n",
    "GTC 7 A\r\n",
    "BLP 8 AL\r\n",
    "PRP 9 MFN Alice%20A\r\n",
    "PRP 9 PHH 555%201\r\n",
    "ADC 10 FL N=user1@example.com F=Bob%20B\r\n",
    "ADC 10 AL N=user1@example.com\r\n",
    "ADC 10 FL C=00000000-0000-0000-0000-000000000000 00000000-0000-0000-0000-000000000000\r\n",
    "REM 11 AL user1@example.com\r\n",
    "REM 11 FL 00000000-0000-0000-0000-000000000000\r\n",
    "ADG 12 Friends\r\n",
    "REG 13 00000000-0000-0000-0000-000000000000 Others\r\n",
    "RMG 14 00000000-0000-0000-0000-000000000000\r\n",
    "SBP 15 00000000-0000-0000-0000-000000000000 MFN Bob\r\n",
    "UUX 16 57\r\n<Data><PSM>hello</PSM><CurrentMedia></CurrentMedia></Data>",
    "QRY 17 PROD0090YUAUV{2B 32\r\nd8d8cb2c2043a603d8286a3343143ee1",
    "CHL 18\r\n",
    "GCF 19 Shields.xml\r\n",
    "URL 20 INBOX\r\n",
    "LKP 21 tel:+31123456789\r\n",
    "PGD 22 user1@example.com 1 5\r\nhello",
    "XFR 23 SB\r\n",
    "IMS 24 ON\r\n",
    "PNG\r\n",
];
/// Commands with their payloads, for a switchboard connection in a session.
const IN_SESSION: &[&str] = &[
    "CAL 2 user1@example.com\r\n",
    "MSG 3 A 64\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=UTF-8\r\n\r\nhey",
    "MSG 4 D 77\r\nMIME-Version: 1.0\r\nContent-Type: application/x-msnmsgrp2p\r\nP2P-Dest: a\r\n\r\n",
    "MSG 5 U 0\r\n",
    "USR 6 user0@example.com 1.2.3\r\n",
    "ANS 7 user0@example.com 1.2.3 17\r\n",
];
/// Commands for a new switchboard connection.
const FRESH_BOARD: &[&str] = &["USR 6 user0@example.com 1.2.3\r\n", "ANS 7 user0@example.com 1.2.3 17\r\n"];

/// The pieces that mutations insert.
const PIECES: &[&[u8]] = &[
    b"\0",
    b"\r",
    b"\n",
    b"\r\n",
    b" ",
    b"\t",
    b"%",
    b"%0D%0A",
    b"%00",
    b"-1",
    b"0",
    b"4294967296",
    b"\xFF",
    b"\xC0\xAF",
    b"N=",
    b"C=",
    b"F=",
    b"1664\r\n",
    b"4096\r\n",
    b"<!DOCTYPE a>",
    b"&a;",
    b"A",
    "😀".as_bytes(),
];

async fn run(bed: &mut Bed) -> Result<Measured> {
    let length = bed.size.time(LENGTH);
    let begun = Instant::now();
    let (mut connections, mut commands, mut bytes) = (0, 0, 0);
    let mut slowest = Duration::ZERO;
    while begun.elapsed() < length {
        let stages = [Stage::Fresh, Stage::SignedIn, Stage::FreshBoard, Stage::InSession];
        let stage = bed.random.pick(&stages).copied().context("there is no stage")?;
        let (count, conversation) = conversation(&mut bed.random, stage);
        let mut open = stage.open(bed, connections % SENDERS).await?;
        let sent = Instant::now();
        send(&mut open, stage, &conversation)
            .await
            .with_context(|| format!("{stage:?} after {:?}", String::from_utf8_lossy(&conversation)))?;
        slowest = slowest.max(sent.elapsed());
        connections += 1;
        commands += count;
        bytes += conversation.len();
    }
    Ok(Measured::new()
        .count("connections", connections)
        .count("commands", commands)
        .count("bytes", bytes)
        .millis("slowest", slowest))
}

/// Sends a conversation and one more command. Waits until the server has answered that command or
/// has closed the connection.
async fn send(open: &mut Open, stage: Stage, conversation: &[u8]) -> Result<()> {
    let last: &[u8] = if stage.is_notification() { b"PNG\r\n" } else { b"OUT\r\n" };
    let bytes = [conversation, &b"\r\n".repeat(FILLER / 2), last].concat();
    // The server may close the connection before it has read everything.
    let _ = open.connection.send_bytes(&bytes).await;
    let patience = QUICK * SLOWNESS;
    if stage.is_notification() {
        // If the conversation itself contains a ping, the answer to that ping arrives first. That
        // answer is sufficient, so this function does not wait for the answer to the last command.
        reaction(&mut open.connection, patience).await?;
    } else {
        open.connection.until_ended(patience).await?;
    }
    Ok(())
}

/// Returns a random conversation: the number of its commands, and its bytes after random mutations.
fn conversation(random: &mut Random, stage: Stage) -> (usize, Vec<u8>) {
    let corpus = match stage {
        Stage::Fresh | Stage::Negotiated => FRESH,
        Stage::SignedIn => SIGNED_IN,
        Stage::FreshBoard => FRESH_BOARD,
        Stage::InSession => IN_SESSION,
    };
    let count = 1 + random.below(COMMANDS);
    let mut bytes: Vec<u8> =
        (0..count).filter_map(|_| random.pick(corpus)).flat_map(|command| command.bytes()).collect();
    for _ in 0..=random.below(6) {
        mutate(random, &mut bytes);
    }
    (usize::try_from(count).unwrap_or_default(), bytes)
}

/// Makes one change at a random place.
fn mutate(random: &mut Random, bytes: &mut Vec<u8>) {
    let place = random.index(bytes.len());
    let end = (place + 1 + random.index(20)).min(bytes.len());
    match random.below(5) {
        0 => bytes.iter_mut().skip(place).take(1).for_each(|byte| *byte ^= 1 << random.below(8)),
        1 => drop(bytes.drain(place..end)),
        2 => {
            let copy = bytes[place..end].to_vec();
            bytes.splice(place..place, copy);
        }
        3 => {
            let piece = random.pick(PIECES).copied().unwrap_or_default();
            bytes.splice(place..place, piece.iter().copied());
        }
        _ => bytes.truncate(end),
    }
}
