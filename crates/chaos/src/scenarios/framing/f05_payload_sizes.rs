//! Every command that has a payload, with payloads at the limit and above it. The server must not
//! read a payload as commands. If a payload is too long, the server must refuse it before it reads
//! it.

use anyhow::{Context, Result, ensure};

use super::stage::{expect_lines, last_lines, signed_in, throw};
use crate::bed::Bed;
use crate::client::{Board, SignIn, befriend, chat};
use crate::measured::Measured;
use crate::scenario::Scenario;

pub(super) const SCENARIO: Scenario = Scenario::runs(
    "F05",
    "Payloads are just within and just above the limits of each command, and look like commands",
    |bed| Box::pin(run(bed)),
)
.accounts(FIRST + SENDERS)
.smoke();

/// The number of the first account that sends commands. The two accounts with lower numbers chat
/// with each other.
const FIRST: usize = 2;
/// The number of accounts that take turns to send commands, so that none of them signs in often.
const SENDERS: usize = 20;

/// The number of times that each size is sent. The server must do the same each time.
const REPEATS: usize = 3;
/// The length of the longest message (sb.md section 6), in bytes. The payload of PGD and PAG has
/// the same limit (framing.md section 4).
const MESSAGE: usize = 1664;
/// The length of the longest personal message, in bytes (framing.md section 4).
const PERSONAL: usize = 4096;
/// A length far above all limits.
const HUGE: usize = 65_536;

/// A command of a signed-in client.
struct Command {
    dialect: u8,
    head: &'static str,
    most: usize,
    /// The answer to a payload at the limit.
    answer: &'static str,
}

const COMMANDS: &[Command] = &[
    Command { dialect: 12, head: "UUX 90", most: PERSONAL, answer: "UUX 90 0" },
    Command { dialect: 12, head: "SDC 90 user1@example.com 1 2 3 X X Alice", most: MESSAGE, answer: "502 90" },
    Command { dialect: 12, head: "PGD 90 user1@example.com 1", most: MESSAGE, answer: "800 90" },
    Command { dialect: 8, head: "PAG 90 user1@example.com", most: MESSAGE, answer: "800 90" },
];

/// The command whose payload must have exactly 32 bytes.
const CHALLENGE: &str = "QRY 90 PROD0090YUAUV{2B";

async fn run(bed: &mut Bed) -> Result<Measured> {
    let mut sent = messages(bed).await?;
    let mut senders = Senders { bed, next: 0 };
    for command in COMMANDS {
        sent += senders.sizes(command).await.with_context(|| command.head.to_owned())?;
    }
    for size in [0, 31, 32, 33, MESSAGE, HUGE] {
        for _ in 0..REPEATS {
            let lines = senders.send(12, CHALLENGE, &filler(size)).await?;
            expect_lines(format!("{CHALLENGE} {size}").as_bytes(), &lines, &["540 90"])?;
            sent += 1;
        }
    }
    personal_message_arrives(bed).await?;
    Ok(Measured::new().count("payloads", sent))
}

/// Checks that messages up to the limit arrive unchanged, and that a longer message ends only the
/// connection of its sender. Returns the number of messages.
async fn messages(bed: &Bed) -> Result<usize> {
    let [mut one, mut other] = [bed.person(0).await?, bed.person(1).await?];
    let mut sent = 0;
    for size in [MESSAGE + 1, HUGE] {
        for _ in 0..REPEATS {
            let [mut board, mut joined] = chat(&mut one, &mut other).await?;
            for fits in [MESSAGE - 1, MESSAGE] {
                arrives(&mut board, &mut joined, &numbered(fits, sent)).await?;
                sent += 1;
            }
            board.exchange(&mut joined).await?;
            let line = format!("MSG 90 A {size}\r\n");
            throw(&board.connection, &[line.as_bytes(), &filler(size)].concat()).await;
            let lines = last_lines(&mut board.connection).await?;
            ensure!(lines.is_empty(), "a message of {size} bytes was answered with {lines:?}");
            let next = joined.connection.next().await?;
            ensure!(next.starts_with("BYE user0@example.com"), "the other member received {}", next.line());
            sent += 1;
        }
    }
    let [mut board, mut joined] = chat(&mut one, &mut other).await?;
    arrives(&mut board, &mut joined, b"").await?;
    Ok(sent + 1)
}

async fn arrives(board: &mut Board, joined: &mut Board, payload: &[u8]) -> Result<()> {
    board.post("N", payload).await?;
    let size = payload.len();
    let received = joined.connection.expect("MSG user0@example.com").await.with_context(|| format!("{size} bytes"))?;
    ensure!(received.payload() == payload, "a message of {size} bytes arrived with {} bytes", received.payload().len());
    Ok(())
}

/// Checks that the longest personal message reaches a contact unchanged.
async fn personal_message_arrives(bed: &Bed) -> Result<()> {
    let [mut one, mut other] = [bed.person(0).await?, bed.person(1).await?];
    befriend(&mut one, &mut other).await?;
    let payload = personal(PERSONAL);
    one.notification.send_payload("UUX", "", &payload).await?;
    let received = other.notification.expect(&format!("UBX {}", one.handle())).await?;
    ensure!(received.payload() == payload, "a personal message of {PERSONAL} bytes arrived changed");
    Ok(())
}

/// The accounts that take turns to send commands.
struct Senders<'a> {
    bed: &'a Bed,
    next: usize,
}

impl Senders<'_> {
    /// Checks payloads at the limit and above it. At the limit, the server must answer the command
    /// and read the next command. Above the limit, it must end the connection without an answer.
    /// Returns the number of payloads.
    async fn sizes(&mut self, command: &Command) -> Result<usize> {
        let Command { dialect, head, most, answer } = *command;
        let fill = if head.starts_with("UUX") { personal } else { filler };
        for _ in 0..REPEATS {
            let mut bytes = format!("{head} {most}\r\n").into_bytes();
            bytes.extend(fill(most));
            let lines = self.send_bytes(dialect, &bytes, b"URL 91 INBOX\r\nOUT\r\n").await?;
            let verbs: Vec<_> =
                lines.iter().map(|line| if line.starts_with("URL 91 ") { "URL" } else { line }).collect();
            ensure!(verbs == [answer, "URL", "OUT"], "a payload of {most} bytes was answered with {lines:?}");
            for size in [most + 1, HUGE] {
                let lines = self.send(dialect, head, &fill(size)).await?;
                ensure!(lines.is_empty(), "a payload of {size} bytes was answered with {lines:?}");
            }
        }
        Ok(REPEATS * 3)
    }

    async fn send(&mut self, dialect: u8, head: &str, payload: &[u8]) -> Result<Vec<String>> {
        let line = format!("{head} {}\r\n", payload.len());
        self.send_bytes(dialect, line.as_bytes(), payload).await
    }

    /// Signs in and sends bytes. Returns the lines that arrive before the server closes the
    /// connection.
    async fn send_bytes(&mut self, dialect: u8, first: &[u8], rest: &[u8]) -> Result<Vec<String>> {
        let number = FIRST + self.next % SENDERS;
        self.next += 1;
        let mut connection = signed_in(self.bed, number, SignIn { dialect, ..SignIn::default() }).await?;
        // The server may close the connection before it has read everything.
        let _ = connection.send_bytes(&[first, rest].concat()).await;
        last_lines(&mut connection).await
    }
}

/// Returns a payload that would sign the client out if the server read it as commands.
fn filler(size: usize) -> Vec<u8> {
    b"\r\nOUT\r\nCHG 99 BSY 0\r\n".iter().copied().cycle().take(size).collect()
}

/// Returns a payload like [`filler`] that differs from all other payloads, because the history
/// identifies a message by its payload.
fn numbered(size: usize, number: usize) -> Vec<u8> {
    let number = format!("{number:04}");
    [number.as_bytes(), &filler(size - number.len())].concat()
}

/// Returns a personal message that contains commands.
fn personal(size: usize) -> Vec<u8> {
    let (start, end) = ("<Data><PSM>", "</PSM></Data>");
    [start.as_bytes(), &filler(size - start.len() - end.len()), end.as_bytes()].concat()
}
