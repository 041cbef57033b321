//! Lines without an end, sent slowly and as fast as possible, on every kind of connection.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use tokio::time::{sleep, timeout};

use crate::bed::Bed;
use crate::client::{Connection, chat};
use crate::measured::Measured;
use crate::scenario::Scenario;

/// The largest number of bytes that are sent as fast as possible. The sockets of the two sides buffer some megabytes.
const FLOOD: usize = 256 * 1024 * 1024;
const CHUNK: usize = 64 * 1024;
/// The time within which the server must close a connection that sends too much.
const SOON: Duration = Duration::from_secs(10);
/// The time for which a line may be incomplete (framing.md section 4).
const LINE_TIMEOUT: Duration = Duration::from_secs(30);
/// The server may close a connection this much later than [`LINE_TIMEOUT`].
const TOLERANCE: Duration = Duration::from_secs(6);
/// The memory that lines without an end may need, in KiB. This is more than the 64 KiB that such a
/// line may need, because the server also serves other clients.
const MEMORY_KIB: u64 = 1024;

pub(super) const SCENARIO: Scenario =
    Scenario::runs("F06", "A line without an end is sent slowly, and as fast as possible", |bed| Box::pin(run(bed)))
        .accounts(4);

async fn run(bed: &mut Bed) -> Result<Measured> {
    let slow = tokio::spawn(slowly(connections(bed, 0).await?));
    let before = bed.server.figures()?.anonymous_kib;
    let mut sent = 0;
    for (name, mut connection) in connections(bed, 2).await? {
        let flood = timeout(SOON, flood(&mut connection)).await;
        sent += flood.unwrap_or_else(|_| bail!("the server neither reads nor closes the connection")).context(name)?;
    }
    let grown = bed.server.figures()?.anonymous_kib.saturating_sub(before);
    ensure!(grown <= MEMORY_KIB, "the memory has grown by {grown} KiB");
    let longest = slow.await??;
    let sent = sent as f64 / (1024.0 * 1024.0);
    let measured =
        Measured::new().figure("sent in four floods", sent, "MiB").figure("memory grown", grown as f64, "KiB");
    Ok(measured.seconds("slow connections closed after", longest))
}

/// Opens four connections: two to the notification server and two to the switchboard. For each
/// service, one connection is without a sign-in, and the other is with a sign-in.
async fn connections(bed: &Bed, first: usize) -> Result<Vec<(&'static str, Connection)>> {
    let [mut one, mut other] = [bed.person(first).await?, bed.person(first + 1).await?];
    let [board, _] = chat(&mut one, &mut other).await?;
    Ok(vec![
        ("a stranger at the notification server", bed.dialer.notification().await?),
        ("a stranger at the switchboard", bed.dialer.switchboard().await?),
        ("a user at the notification server", one.notification),
        ("a participant of a conversation", board.connection),
    ])
}

/// Sends bytes until the server has closed its side. Returns the number of bytes that were sent.
/// For a second after closing its side, the server still reads bytes, and drops them.
async fn flood(connection: &mut Connection) -> Result<usize> {
    let chunk = vec![b'A'; CHUNK];
    for sent in (0..FLOOD).step_by(CHUNK) {
        let is_refused = connection.send_bytes(&chunk).await.is_err();
        if is_refused || connection.until_ended(Duration::ZERO).await.is_ok() {
            return Ok(sent + CHUNK);
        }
    }
    bail!("the server has read {FLOOD} bytes of one line");
}

/// Sends a byte each second on each connection, until the server has closed that connection. Returns how long the last
/// connection was open.
async fn slowly(connections: Vec<(&'static str, Connection)>) -> Result<Duration> {
    let begun = Instant::now();
    let mut open = connections;
    while !open.is_empty() {
        let mut still = Vec::new();
        for (name, mut connection) in open {
            let is_refused = connection.send_bytes(b"A").await.is_err();
            if !is_refused && connection.until_ended(Duration::ZERO).await.is_err() {
                ensure!(
                    begun.elapsed() < LINE_TIMEOUT + TOLERANCE,
                    "{name} is still connected {:?} after the beginning of a line without an end",
                    begun.elapsed()
                );
                still.push((name, connection));
            }
        }
        open = still;
        sleep(Duration::from_secs(1)).await;
    }
    Ok(begun.elapsed())
}
