//! Very many connections that open and close without a sign-in, and TLS handshakes that clients
//! abandon. The server must keep nothing of them.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::bed::Bed;
use crate::client::Dialer;
use crate::measured::Measured;
use crate::random::Random;
use crate::scenario::Scenario;
use crate::tcp::reset_when_closed;
use crate::tls::{Hello, TLS12};

pub(super) const SCENARIO: Scenario =
    Scenario::runs("A02", "Connections open and close without a sign-in, and TLS handshakes are abandoned", |bed| {
        Box::pin(run(bed))
    });

/// The number of connections that are opened. For a million connections, use `--scale 1000`.
const CONNECTIONS: usize = 100_000;
/// The number of TLS handshakes that are abandoned.
const HANDSHAKES: usize = 2000;
/// The number of tasks that open connections.
const AT_ONCE: usize = 16;
/// The number of equal parts of the run. The memory at the end is compared with the memory in the
/// middle. In the first part, the memory grows to the size that the connections of one moment need.
const PARTS: usize = 4;
/// The limit on the growth of the memory from the middle of the run to its end, in KiB. A server
/// that kept 42 bytes of each connection would exceed it.
const GROWTH_KIB: u64 = 2 * 1024;
/// The time within which the server must answer a handshake.
const PATIENCE: Duration = Duration::from_secs(20);

/// A client sends one of these inputs before it disconnects. The first input is empty.
const WORDS: &[&[u8]] =
    &[b"", b"V", b"VER 1 MSNP12 CVR0\r\n", b"USR 1 a@b.de 1.2.3\r\n", b"GET / HTTP/1.1\r\n", b"\0\0\0", b"\r\n"];

async fn run(bed: &mut Bed) -> Result<Measured> {
    let begun = Instant::now();
    let (connections, handshakes) = (bed.size.of(CONNECTIONS), bed.size.of(HANDSHAKES));
    let mut memory = Vec::new();
    for _ in 0..PARTS {
        crowd(bed, connections / PARTS, Kind::Connection).await?;
        crowd(bed, handshakes / PARTS, Kind::Handshake).await?;
        memory.push(bed.server.figures()?.anonymous_kib);
    }
    let grown = memory[PARTS - 1].saturating_sub(memory[PARTS / 2 - 1]);
    ensure!(
        grown <= GROWTH_KIB,
        "the memory grew too much in the second half of the run; KiB after each quarter: {memory:?}"
    );
    let rate = (connections + handshakes) as f64 / begun.elapsed().as_secs_f64();
    Ok(Measured::new()
        .count("connections", connections)
        .count("handshakes", handshakes)
        .figure("rate", rate, "/s")
        .figure("grown by", grown as f64, "KiB"))
}

#[derive(Clone, Copy)]
enum Kind {
    Connection,
    Handshake,
}

/// Opens connections in several tasks.
async fn crowd(bed: &mut Bed, count: usize, kind: Kind) -> Result<()> {
    let mut running = JoinSet::new();
    for task in 0..AT_ONCE {
        let address = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 10 + u8::try_from(task)?));
        let (dialer, mut random) = (bed.dialer.from(address), bed.random.fork());
        running.spawn(async move {
            for _ in (task..count).step_by(AT_ONCE) {
                match kind {
                    Kind::Connection => come_and_go(&dialer, &mut random).await?,
                    Kind::Handshake => give_up(&dialer).await?,
                }
            }
            anyhow::Ok(())
        });
    }
    while let Some(done) = running.join_next().await {
        done??;
    }
    Ok(())
}

/// Connects to one of the services, sends something or nothing, and ends with FIN or RST.
async fn come_and_go(dialer: &Dialer, random: &mut Random) -> Result<()> {
    let addresses = [dialer.addresses.notification, dialer.addresses.switchboard, dialer.addresses.http];
    let to = random.pick(&addresses).copied().context("there is no service")?;
    let mut stream = dialer.dial(to).connect().await?;
    let words = random.pick(WORDS).copied().unwrap_or_default();
    // The server may have closed the connection already.
    let _ = stream.write_all(words).await;
    // Without a RST, each connection would hold its port for a minute.
    if random.chance(95) {
        reset_when_closed(&stream);
    }
    Ok(())
}

/// Begins TLS through the proxy, and disconnects when the server has answered.
async fn give_up(dialer: &Dialer) -> Result<()> {
    let to: SocketAddr = dialer.addresses.http;
    let mut stream = dialer.dial(to).connect().await?;
    stream.write_all(b"CONNECT login.live.com:443 HTTP/1.1\r\nHost: login.live.com:443\r\n\r\n").await?;
    let mut answer = [0; 512];
    let read = timeout(PATIENCE, stream.read(&mut answer)).await.context("no answer to CONNECT")??;
    ensure!(
        answer[..read].starts_with(b"HTTP/1.1 200"),
        "CONNECT was answered with {}",
        String::from_utf8_lossy(&answer[..read])
    );
    stream.write_all(&Hello::new(TLS12).bytes()).await?;
    let read = timeout(PATIENCE, stream.read(&mut answer)).await.context("no answer to a hello")??;
    // A record of the type 22 is a handshake.
    ensure!(read > 0 && answer[0] == 22, "the hello was answered with {:?}", &answer[..read]);
    reset_when_closed(&stream);
    Ok(())
}
