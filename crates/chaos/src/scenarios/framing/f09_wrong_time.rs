//! Unknown commands, and known commands at the wrong time. The reaction of the server must be
//! exactly the one in the reference: an answer, or the end of the connection.

use anyhow::{Result, ensure};

use super::stage::{Stage, expect_lines, is_noise, lines_after};
use crate::bed::Bed;
use crate::client::{Person, Received, befriend};
use crate::measured::Measured;
use crate::scenario::Scenario;

pub(super) const SCENARIO: Scenario =
    Scenario::runs("F09", "Commands are unknown, or sent at the wrong time", |bed| Box::pin(run(bed)))
        .accounts(FIRST + SENDERS)
        .smoke();

/// The number of the first account that sends commands. The two accounts with lower numbers are
/// contacts of each other. The commands must have no effect that these two accounts see.
const FIRST: usize = 2;
/// The number of accounts that take turns to send commands, so that none of them signs in often.
const SENDERS: usize = 10;

/// A stage, the bytes to send in it, and the lines that the server must send before it closes the connection.
type Row = (Stage, &'static str, &'static [&'static str]);

const CLOSE: &[&str] = &[];

/// The rows from framing.md sections 8 and 9, ns.md, and sb.md sections 3 and 8.
const ROWS: &[Row] = &[
    (Stage::Fresh, "MSG 1 U 5\r\nhello", CLOSE),
    (Stage::Fresh, "CAL 1 user0@example.com\r\n", CLOSE),
    (Stage::Fresh, "SYN 1 0 0\r\n", CLOSE),
    (Stage::Fresh, "CHG 1 NLN 0\r\n", CLOSE),
    (Stage::Fresh, "USR 1 TWN I user2@example.com\r\n", CLOSE),
    (Stage::Fresh, "UUX 1 100000\r\n", CLOSE),
    (Stage::Fresh, "HELO 1\r\n", CLOSE),
    (Stage::Fresh, "ver 1 MSNP12\r\n", CLOSE),
    (Stage::Fresh, "QNG 50\r\n", CLOSE),
    (Stage::Fresh, "GET / HTTP/1.1\r\n\r\n", CLOSE),
    (Stage::Fresh, "PNG\r\nOUT\r\n", &["QNG", "OUT"]),
    (Stage::Fresh, "OUT\r\nVER 1 MSNP12 MSNP11\r\n", &["OUT"]),
    (Stage::Negotiated, "VER 2 MSNP12\r\n", &["715 2"]),
    (Stage::Negotiated, "SYN 2 0 0\r\n", &["302 2"]),
    (Stage::Negotiated, "ADC 2 FL N=user0@example.com\r\n", &["302 2"]),
    (Stage::Negotiated, "XFR 2 SB\r\n", &["302 2"]),
    (Stage::Negotiated, "UUX 2 99999999\r\n", &["302 2"]),
    (Stage::Negotiated, "QRY 2 PROD0090YUAUV{2B 32\r\n", &["302 2"]),
    (Stage::Negotiated, "CAL 2 user0@example.com\r\n", CLOSE),
    (Stage::Negotiated, "MSG 2 U 5\r\nhello", CLOSE),
    (Stage::Negotiated, "INF 2\r\n", CLOSE),
    (Stage::Negotiated, "ADL 2 10\r\n", CLOSE),
    (Stage::Negotiated, "USR 2 TWN S t=x&p=\r\n", &["911 2"]),
    (Stage::SignedIn, "USR 9 TWN I user0@example.com\r\nOUT\r\n", &["207 9", "OUT"]),
    (Stage::SignedIn, "USR 9 TWN S t=x&p=\r\nOUT\r\n", &["207 9", "OUT"]),
    (Stage::SignedIn, "VER 9 MSNP12\r\n", &["715 9"]),
    (Stage::SignedIn, "CVQ 9 x\r\n", CLOSE),
    (Stage::SignedIn, "MSG 9 A 5\r\nhello", CLOSE),
    (Stage::SignedIn, "CAL 9 user0@example.com\r\n", CLOSE),
    (Stage::SignedIn, "ANS 9 user2@example.com 1 1\r\n", CLOSE),
    (Stage::SignedIn, "NLN 9 NLN user0@example.com x 0\r\n", CLOSE),
    (Stage::SignedIn, "FLN user0@example.com\r\n", CLOSE),
    (Stage::SignedIn, "RNG 9 127.0.0.1:1 CKI x user0@example.com x\r\n", CLOSE),
    (Stage::SignedIn, "UBX user0@example.com 5\r\nhello", CLOSE),
    (Stage::SignedIn, "ADD 9 FL user0@example.com x\r\n", CLOSE),
    (Stage::SignedIn, "REA 9 user0@example.com x\r\n", CLOSE),
    (Stage::SignedIn, "PAG 9 user0@example.com 0\r\nOUT\r\n", &["715 9", "OUT"]),
    (Stage::SignedIn, "FND 9\r\nOUT\r\n", &["502 9", "OUT"]),
    (Stage::SignedIn, "UUN 9 user0@example.com 1 0\r\n", CLOSE),
    (Stage::SignedIn, "chg 9 BSY 0\r\n", CLOSE),
    (Stage::SignedIn, "CHG 9 HOT 0\r\n", CLOSE),
    (Stage::SignedIn, "CHG 9 FLN 0\r\nOUT\r\n", &["201 9", "OUT"]),
    (Stage::SignedIn, "CHG 9 BSY\0 0\r\n", CLOSE),
    (Stage::SignedIn, "911 9\r\n", CLOSE),
    (Stage::FreshBoard, "VER 1 MSNP12\r\n", CLOSE),
    (Stage::FreshBoard, "PNG\r\n", CLOSE),
    (Stage::FreshBoard, "CAL 1 user0@example.com\r\n", CLOSE),
    (Stage::FreshBoard, "MSG 1 A 5\r\nhello", CLOSE),
    (Stage::FreshBoard, "MSG 1 A 1000000\r\n", CLOSE),
    (Stage::FreshBoard, "USR 1 user2@example.com 1.2.3\r\n", &["911 1"]),
    (Stage::FreshBoard, "ANS 1 user2@example.com 1.2.3 1\r\n", &["911 1"]),
    (Stage::FreshBoard, "JOI user0@example.com x\r\n", CLOSE),
    (Stage::InSession, "USR 9 user2@example.com 1.2.3\r\n", &["911 9"]),
    (Stage::InSession, "ANS 9 user2@example.com 1.2.3 1\r\n", &["911 9"]),
    (Stage::InSession, "ACK 9\r\n", CLOSE),
    (Stage::InSession, "BYE user0@example.com\r\n", CLOSE),
    (Stage::InSession, "CHG 9 BSY 0\r\n", CLOSE),
    (Stage::InSession, "MSG 9 X 5\r\nhello", CLOSE),
    (Stage::InSession, "OUT now\r\n", CLOSE),
];

async fn run(bed: &mut Bed) -> Result<Measured> {
    let [mut one, mut other] = [bed.person(0).await?, bed.person(1).await?];
    befriend(&mut one, &mut other).await?;
    let before = [state(&mut one).await?, state(&mut other).await?];
    let mut order: Vec<_> = (0..ROWS.len()).collect();
    bed.random.shuffle(&mut order);
    for (turn, &place) in order.iter().enumerate() {
        let (stage, bytes, expected) = ROWS[place];
        let lines = lines_after(bed, stage, FIRST + turn % SENDERS, bytes.as_bytes()).await?;
        expect_lines(bytes.as_bytes(), &lines, expected)?;
    }
    twice(bed).await?;
    nothing_arrived(&mut one).await?;
    nothing_arrived(&mut other).await?;
    let after = [state(&mut one).await?, state(&mut other).await?];
    ensure!(before == after, "the lists of the friends were {before:?} before the commands, and are {after:?} now");
    Ok(Measured::new().count("commands", ROWS.len() + 1))
}

/// Checks that the server answers a second SYN like the first SYN (ns.md section 6).
async fn twice(bed: &Bed) -> Result<()> {
    let mut person = bed.person(FIRST).await?;
    let mut answers = [String::new(), String::new()];
    for answer in &mut answers {
        *answer = person.notification.done("SYN", "0 0").await?.line();
    }
    let without_trid = |line: &str| line.splitn(3, ' ').nth(2).map(str::to_owned);
    ensure!(
        without_trid(&answers[0]) == without_trid(&answers[1]),
        "the first and the second SYN were answered with {answers:?}"
    );
    Ok(())
}

/// Returns the versions and sizes of the lists.
async fn state(person: &mut Person) -> Result<String> {
    let answer = person.notification.done("SYN", "0 0").await?;
    person.notification.before_pong().await?;
    Ok(answer.line().splitn(3, ' ').nth(2).unwrap_or_default().to_owned())
}

async fn nothing_arrived(person: &mut Person) -> Result<()> {
    let received = person.notification.before_pong().await?;
    let first = received.iter().find(|received| !is_noise(received)).map(Received::line);
    ensure!(first.is_none(), "{} received {first:?}", person.handle());
    Ok(())
}
