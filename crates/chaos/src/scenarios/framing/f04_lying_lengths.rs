//! Commands that announce payloads of wrong lengths (framing.md section 4).

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use tokio::task::JoinSet;

use crate::bed::Bed;
use crate::client::{Connection, Person, chat};
use crate::measured::Measured;
use crate::scenario::Scenario;

/// Words that are not a valid payload length.
const INVALID: [&str; 11] = [
    "-1",
    "+5",
    "0x10",
    "1e3",
    "",
    "5.0",
    "2147483648",
    "4294967301",
    "9223372036854775808",
    "18446744073709551621",
    "1000000000000000000000000000000000000005",
];
/// The time within which the server must close a connection after a command with a wrong length.
const SOON: Duration = Duration::from_secs(5);
/// The time for which a payload may be incomplete (framing.md section 4).
const PAYLOAD_TIMEOUT: Duration = Duration::from_secs(60);
/// The server may close a connection with an incomplete payload this much earlier or later than
/// [`PAYLOAD_TIMEOUT`].
const TOLERANCE: Duration = Duration::from_secs(6);
/// The number of connections that announce more than they send.
const SILENT: usize = 20;
/// The memory that the server may need for all these [`SILENT`] connections together, in KiB. It
/// may buffer 64 KiB for each of them.
const MEMORY_KIB: u64 = 64 * SILENT as u64 + 1024;

pub(super) const SCENARIO: Scenario =
    Scenario::runs("F04", "Commands announce payloads of wrong lengths", |bed| Box::pin(run(bed))).accounts(SILENT + 2);

async fn run(bed: &mut Bed) -> Result<Measured> {
    let before = bed.server.figures()?.anonymous_kib;
    let silent = wait_for_silent(bed).await?;
    for length in INVALID.into_iter().chain(["4097", "99999"]) {
        let mut person = bed.person(SILENT).await?;
        close(&mut person.notification, &format!("UUX 9 {length}\r\n")).await?;
    }
    for length in INVALID.into_iter().chain(["1665", "99999"]) {
        let mut board = conversation(bed).await?;
        close(&mut board, &format!("MSG 9 A {length}\r\n")).await?;
    }
    let mut stranger = bed.dialer.notification().await?;
    close(&mut stranger, "UUX 1 4096\r\n").await?;
    let grown = bed.server.figures()?.anonymous_kib.saturating_sub(before);
    ensure!(grown <= MEMORY_KIB, "the memory has grown by {grown} KiB");
    let cases = INVALID.len() * 2 + 5;
    let (first, last) = silent.closed().await?;
    let measured = Measured::new().count("lengths", cases).figure("memory at most", grown as f64, "KiB");
    Ok(measured.seconds("first silent closed after", first).seconds("last after", last))
}

/// Sends a command and waits until the server closes the connection.
async fn close(connection: &mut Connection, command: &str) -> Result<()> {
    connection.send_bytes(command.as_bytes()).await?;
    connection.send_bytes(b"12345").await.ok();
    connection.until_ended(SOON).await.with_context(|| format!("after {command:?}")).map(drop)
}

/// Opens a conversation between two people. Returns the connection of the person who opened it.
async fn conversation(bed: &Bed) -> Result<Connection> {
    let [mut one, mut other] = [bed.person(SILENT).await?, bed.person(SILENT + 1).await?];
    let [board, _] = chat(&mut one, &mut other).await?;
    Ok(board.connection)
}

/// Connections on which the client has sent only a part of a payload.
struct Silent(JoinSet<Result<Duration>>);

async fn wait_for_silent(bed: &Bed) -> Result<Silent> {
    let mut running = JoinSet::new();
    for person in bed.people(SILENT).await? {
        running.spawn(be_silent(person));
    }
    Ok(Silent(running))
}

/// Sends a part of a payload. Returns how long the server waited for the rest of the payload.
async fn be_silent(mut person: Person) -> Result<Duration> {
    let begun = Instant::now();
    person.notification.send_bytes(b"UUX 9 4096\r\n<Data>").await?;
    person.notification.until_ended(PAYLOAD_TIMEOUT + TOLERANCE).await?;
    Ok(begun.elapsed())
}

impl Silent {
    /// Waits until the server has closed all these connections. Returns the shortest and the
    /// longest time that the server waited for the rest of a payload.
    async fn closed(mut self) -> Result<(Duration, Duration)> {
        let mut times = Vec::new();
        while let Some(time) = self.0.join_next().await {
            times.push(time??);
        }
        times.sort_unstable();
        let (first, last) = (times[0], times[times.len() - 1]);
        ensure!(first + TOLERANCE >= PAYLOAD_TIMEOUT, "the server waited only {first:?} for the rest of a payload");
        Ok((first, last))
    }
}
