//! Every command with too few words, enough words and too many words. In some of the lines, one of
//! the words is empty, long or doubled.
//!
//! Only the number of words decides whether the server refuses a command (framing.md section 9,
//! sb.md section 8). A command with an allowed number of words gets an answer, an error with its
//! TrID, or the end of the connection. It gets nothing else.

use std::ops::RangeInclusive;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};

use super::stage::{Open, Reaction, Stage, reaction, throw};
use crate::bed::Bed;
use crate::client::Received;
use crate::measured::Measured;
use crate::scenario::Scenario;

pub(super) const SCENARIO: Scenario = Scenario::runs(
    "F11",
    "Every command is sent with too few or too many words, or with an empty, long or doubled word",
    |bed| Box::pin(run(bed)),
)
.accounts(SENDERS)
.setup(|| crate::server::Setup { settings: "[limits]\nname_changes = 10000\n".into(), ..Default::default() })
.smoke();

/// The number of accounts that take turns to send commands, so that none of them signs in often.
const SENDERS: usize = 100;
/// The number of lines that are sent. They are chosen at random.
const LINES: usize = 1500;
/// Each command is tried with up to this many words more than it allows.
const MORE: usize = 3;
/// The length of a long word, in bytes.
const LONG: usize = 4096;
/// The number of bytes that an answer may contain besides words of the command: the versions of SYN, or an address and
/// a cookie.
const ROOM: usize = 512;
/// The largest number of times that an answer repeats a word. CVR repeats the version three times
/// (ns.md section 4).
const COPIES: usize = 3;
/// The time within which the server must react to one line.
const PATIENCE: Duration = Duration::from_secs(10);
/// The TrID of each command.
const TRID: &str = "77";

/// A command in a stage: the verb, the allowed numbers of words after the TrID, examples of these
/// words, and an error code. The server refuses other numbers of words with this code. If there is
/// no code, the server only ends the connection.
type Command = (Stage, &'static str, RangeInclusive<usize>, &'static str, Option<&'static str>);

const COMMANDS: &[Command] = &[
    (Stage::SignedIn, "VER", 0..=99, "MSNP12 MSNP11 CVR0", None),
    (Stage::SignedIn, "CVR", 7..=99, "0x0409 winnt 5.1 i386 MSNMSGR 7.5.0324 MSMSGS a@b.de", Some("731")),
    (Stage::SignedIn, "USR", 3..=3, "TWN I user0@example.com", None),
    (Stage::SignedIn, "XFR", 1..=1, "SB", None),
    (Stage::SignedIn, "SYN", 2..=2, "0 0", None),
    (Stage::SignedIn, "GCF", 1..=1, "Shields.xml", None),
    (Stage::SignedIn, "GSB", 0..=0, "x", None),
    (Stage::SignedIn, "GTC", 1..=1, "A", None),
    (Stage::SignedIn, "BLP", 1..=1, "AL", None),
    (Stage::SignedIn, "PRP", 1..=2, "MFN Alice", None),
    (Stage::SignedIn, "SBP", 2..=4, "00000000-0000-0000-0000-000000000000 MFN x 1", None),
    (Stage::SignedIn, "ADC", 2..=4, "FL N=user0@example.com F=x 00000000-0000-0000-0000-000000000000", None),
    (Stage::SignedIn, "REM", 1..=3, "FL x y", None),
    (Stage::SignedIn, "ADG", 1..=2, "Friends 0", None),
    (Stage::SignedIn, "REG", 2..=3, "00000000-0000-0000-0000-000000000000 Friends 0", None),
    (Stage::SignedIn, "RMG", 1..=1, "00000000-0000-0000-0000-000000000000", None),
    (Stage::SignedIn, "CHG", 1..=3, "NLN 0 x", None),
    (Stage::SignedIn, "UUX", 1..=1, "0", None),
    (Stage::SignedIn, "QRY", 2..=2, "PROD0090YUAUV{2B 31", None),
    (Stage::SignedIn, "CHL", 0..=0, "x", None),
    (Stage::SignedIn, "IMS", 1..=1, "ON", None),
    (Stage::SignedIn, "URL", 1..=2, "INBOX x", None),
    (Stage::SignedIn, "LKP", 1..=1, "tel:+1", None),
    (Stage::SignedIn, "SND", 1..=4, "a@b.de 1 2 3", Some("503")),
    (Stage::SignedIn, "SDC", 8..=8, "a@b.de 1 2 3 X X Alice 0", Some("503")),
    (Stage::SignedIn, "FND", 0..=99, "x", None),
    (Stage::SignedIn, "PAG", 2..=2, "a@b.de 0", None),
    (Stage::SignedIn, "PGD", 3..=3, "a@b.de 1 0", None),
    (Stage::SignedIn, "NLN", 99..=99, "NLN a@b.de x 0", None),
    (Stage::SignedIn, "ADD", 99..=99, "FL a@b.de x 0", None),
    (Stage::SignedIn, "ZZZ", 99..=99, "x", None),
    (Stage::InSession, "CAL", 1..=1, "nobody@example.com", None),
    (Stage::InSession, "MSG", 2..=2, "A 0", None),
    (Stage::InSession, "USR", 2..=2, "user0@example.com 1.2.3", None),
    (Stage::InSession, "ANS", 3..=3, "user0@example.com 1.2.3 1", None),
    (Stage::InSession, "JOI", 99..=99, "a@b.de x", None),
];

/// Returns the lines to try for one command, without line ends.
fn lines((_, verb, words, examples, _): &Command) -> Vec<String> {
    let examples: Vec<_> = examples.split(' ').collect();
    let most = if *words.end() < 99 { *words.end() } else { examples.len() };
    let mut lines = Vec::new();
    for count in 0..=most + MORE {
        let plain: Vec<_> = (0..count).map(|place| examples[place % examples.len()].to_owned()).collect();
        lines.push([vec![(*verb).to_owned(), TRID.to_owned()], plain.clone()].concat().join(" "));
        for place in 0..count {
            let word = &plain[place];
            for odd in [String::new(), "A".repeat(LONG), format!("{word}{word}"), format!("{word} {word}")] {
                let mut words = plain.clone();
                words[place] = odd;
                lines.push(format!("{verb} {TRID} {}", words.join(" ")));
            }
        }
    }
    lines
}

async fn run(bed: &mut Bed) -> Result<Measured> {
    let mut all: Vec<_> =
        COMMANDS.iter().flat_map(|command| lines(command).into_iter().map(move |line| (command, line))).collect();
    let possible = all.len();
    bed.random.shuffle(&mut all);
    all.truncate(bed.size.of(LINES));
    let mut senders = (0..SENDERS).cycle();
    let mut open: [Option<Open>; 2] = [None, None];
    let mut closed = 0;
    for (command, line) in &all {
        let place = usize::from(command.0 == Stage::InSession);
        let mut connection = match open[place].take() {
            Some(open) => open,
            None => command.0.open(bed, senders.next().unwrap_or_default()).await?,
        };
        let shown = format!("{line:.200} ({} bytes)", line.len());
        let is_open = check(&mut connection, command, line).await.context(shown)?;
        closed += usize::from(!is_open);
        open[place] = is_open.then_some(connection);
    }
    Ok(Measured::new().count("lines", all.len()).count("of", possible).count("connections ended", closed))
}

/// Sends a line and checks the reaction. Returns whether the connection is still open.
async fn check(open: &mut Open, (stage, verb, allowed, _, code): &Command, line: &str) -> Result<bool> {
    throw(&open.connection, format!("{line}\r\n").as_bytes()).await;
    let reaction = match stage {
        // A switchboard has no ping, so the end of the connection shows that the server has read the line.
        Stage::InSession => {
            open.connection.send_bytes(b"OUT\r\n").await.ok();
            Reaction::Closed(open.connection.until_ended(PATIENCE).await?)
        }
        _ => {
            open.connection.send_bytes(b"PNG\r\n").await.ok();
            reaction(&mut open.connection, PATIENCE).await?
        }
    };
    let count = line.split_whitespace().count() - 2;
    let (lines, is_open) = match reaction {
        Reaction::Answered(lines) => (lines, true),
        Reaction::Closed(lines) => (lines, false),
    };
    if !allowed.contains(&count) {
        ensure!(!is_open, "{verb} with {count} words was accepted");
        let shown: Vec<_> = lines.iter().map(Received::line).collect();
        let expected: Vec<_> = code.iter().map(|code| format!("{code} {TRID}")).collect();
        ensure!(shown == expected, "{verb} with {count} words was answered with {shown:?}");
        return Ok(false);
    }
    if is_open && !is_silent(verb, line) {
        ensure!(!lines.is_empty(), "no answer arrived");
    }
    if let Some(first) = lines.first() {
        answers(first, verb, line)?;
    }
    Ok(is_open)
}

/// Returns true for a command that has no answer if it succeeds.
fn is_silent(verb: &str, line: &str) -> bool {
    verb == "MSG" && line.contains(" U ")
}

/// Checks that the first line is the answer to this command, or an error with the TrID of the command.
fn answers(received: &Received, verb: &str, line: &str) -> Result<()> {
    let first = received.line();
    let is_own = received.verb() == verb || [("MSG", "NAK"), ("GSB", "SBS")].contains(&(verb, &received.verb()));
    if received.word(1) != TRID || (received.code().is_none() && !is_own) {
        bail!("the answer is {first}");
    }
    ensure!(received.code().is_none() || first.len() == 6, "an error has words after its TrID: {first}");
    ensure!(first.len() <= line.len() * COPIES + ROOM, "the answer has {} bytes", first.len());
    Ok(())
}
