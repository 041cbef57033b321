//! TrIDs of every kind. The server must repeat a valid TrID digit by digit. After an invalid TrID,
//! it must end the connection without an answer (framing.md section 2).

use anyhow::{Context, Result, ensure};

use super::stage::{Stage, last_lines, throw};
use crate::bed::Bed;
use crate::measured::Measured;
use crate::scenario::Scenario;

pub(super) const SCENARIO: Scenario =
    Scenario::runs("F10", "TrIDs are missing, negative, too large, repeated, a KiB long, or not numbers", |bed| {
        Box::pin(run(bed))
    })
    .accounts(SENDERS);

/// The number of accounts that take turns to send commands, so that none of them signs in often.
const SENDERS: usize = 50;
/// The number of digits in a very long TrID.
const LONG: usize = 1024;
/// The length of the longest line on a switchboard, in bytes (sb.md section 8).
const SWITCHBOARD_LINE: usize = 1024;

/// A command in a stage: the verb before the TrID, the words after it, and the beginning of the answer.
type Command = (Stage, &'static str, &'static str, &'static str);

const COMMANDS: &[Command] = &[
    (Stage::Fresh, "VER", "MSNP12 MSNP11", "VER"),
    (Stage::Negotiated, "CVR", "0x0409 winnt 5.1 i386 MSNMSGR 7.5.0324 MSMSGS user0@example.com", "CVR"),
    (Stage::Negotiated, "USR", "TWN I user0@example.com", "USR"),
    (Stage::Negotiated, "SYN", "0 0", "302"),
    (Stage::SignedIn, "SYN", "0 0", "SYN"),
    (Stage::SignedIn, "CHG", "BSY 0", "CHG"),
    (Stage::SignedIn, "ADC", "AL N=bystander0@example.com", "ADC"),
    (Stage::SignedIn, "REM", "AL nobody@example.com", "216"),
    (Stage::SignedIn, "ADG", "no%00name", "201"),
    (Stage::SignedIn, "PRP", "MBE Y", "715"),
    (Stage::SignedIn, "BLP", "AL", "BLP"),
    (Stage::SignedIn, "GCF", "Shields.xml", "GCF"),
    (Stage::SignedIn, "URL", "INBOX", "URL"),
    (Stage::SignedIn, "XFR", "SB", "XFR"),
    (Stage::SignedIn, "CHL", "", "CHL"),
    (Stage::FreshBoard, "USR", "user0@example.com 1.2.3", "911"),
    (Stage::FreshBoard, "ANS", "user0@example.com 1.2.3 1", "911"),
    (Stage::InSession, "CAL", "nobody@example.com", "217"),
    (Stage::InSession, "MSG", "A 0", "NAK"),
];

/// Returns all TrIDs to try, and whether each is valid.
fn trids() -> Vec<(String, bool)> {
    let valid = ["0", "1", "9", "4294967295", "007", "0000000000000000000000004294967295"].map(str::to_owned);
    let zeros = format!("{}7", "0".repeat(LONG - 1));
    let invalid =
        ["-1", "-0", "+1", "4294967296", "18446744073709551616", "1.0", "1e3", "0x1", "x", "1x", "１", "%31", "''"];
    let nines = "9".repeat(LONG);
    let valid = valid.into_iter().chain([zeros]).map(|trid| (trid, true));
    let invalid = invalid.map(str::to_owned).into_iter().chain([nines]).map(|trid| (trid, false));
    valid.chain(invalid).collect()
}

async fn run(bed: &mut Bed) -> Result<Measured> {
    let mut sent = 0;
    let mut senders = (0..SENDERS).cycle();
    for command in COMMANDS {
        let mut trids = trids();
        bed.random.shuffle(&mut trids);
        // Each of these TrIDs needs a new sign-in.
        for (trid, is_valid) in trids.into_iter().take(bed.size.of(30)) {
            let number = senders.next().unwrap_or_default();
            let shown = format!("{} {:.40} ({} digits)", command.1, trid, trid.len());
            check(bed, number, command, &trid, is_valid).await.context(shown)?;
            sent += 1;
        }
        missing(bed, senders.next().unwrap_or_default(), command).await?;
    }
    repeated(bed).await?;
    Ok(Measured::new().count("TrIDs", sent).count("commands", COMMANDS.len()))
}

async fn check(bed: &Bed, number: usize, command: &Command, trid: &str, is_valid: bool) -> Result<()> {
    let (stage, verb, words, answer) = command;
    let mut open = stage.open(bed, number).await?;
    let line = format!("{verb} {trid} {words}\r\n");
    throw(&open.connection, line.as_bytes()).await;
    if is_valid && (stage.is_notification() || line.len() <= SWITCHBOARD_LINE) {
        let received = open.connection.expect(&format!("{answer} {trid}")).await;
        received.with_context(|| format!("{answer} was expected"))?;
    } else {
        let lines = last_lines(&mut open.connection).await?;
        ensure!(lines.is_empty(), "the answer was {lines:?}");
    }
    Ok(())
}

/// Checks that the server reads the first argument as the TrID if the TrID is missing.
async fn missing(bed: &Bed, number: usize, (stage, verb, words, _): &Command) -> Result<()> {
    for line in [format!("{verb}\r\n"), format!("{verb} {words}\r\n")] {
        // `SYN 0 0` has a TrID (the first `0`) and lacks a word. Before the sign-in, the server
        // therefore answers it with `302`.
        if line.trim_end() == "SYN 0 0" && *stage == Stage::Negotiated {
            continue;
        }
        let mut open = stage.open(bed, number).await?;
        throw(&open.connection, line.as_bytes()).await;
        let lines = last_lines(&mut open.connection).await.with_context(|| line.clone())?;
        ensure!(lines.is_empty(), "{line:?} was answered with {lines:?}");
    }
    Ok(())
}

/// Sends several commands that all have the same TrID. Checks that the server answers each of these
/// commands.
async fn repeated(bed: &mut Bed) -> Result<()> {
    let mut open = Stage::SignedIn.open(bed, 0).await?;
    for status in ["BSY", "AWY", "BSY", "NLN"] {
        open.connection.send_bytes(format!("CHG 5 {status} 0\r\n").as_bytes()).await?;
        open.connection.expect(&format!("CHG 5 {status} 0")).await?;
    }
    Ok(())
}
