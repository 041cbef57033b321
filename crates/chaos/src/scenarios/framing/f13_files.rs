//! A file and a picture are sent in both directions of one conversation at the same time, while a
//! third member chats.

use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::bed::Bed;
use crate::client::{Board, Received, Sender, SignIn, text};
use crate::measured::{Measured, SLOWNESS, percentile};
use crate::random::Random;
use crate::scenario::Scenario;
use crate::server::Setup;

pub(super) const SCENARIO: Scenario = Scenario::runs(
    "F13",
    "A file and a picture pass through a conversation in both directions while people chat",
    |bed| Box::pin(run(bed)),
)
.accounts(3)
.setup(|| Setup { settings: "[limits]\nexempt = [\"127.0.0.1/32\"]\n".into(), ..Setup::default() });

/// The address of the three members. The server's rate limits apply to this address.
const HOME: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));

/// The size of the file in each direction, in bytes. The server reads 128 KiB a second from each member (sb.md section
/// 11), so the file takes 15 s.
const FILE: usize = 2_000_000;
/// The size of the picture in each direction, in bytes.
const PICTURE: usize = 24 * 1024;
/// The number of bytes of data in a chunk (payloads.md).
const CHUNK: usize = 1202;
/// The size of the header of a chunk, in bytes.
const HEADER: usize = 48;
/// The session ids of the two transfers. Each chunk contains the session id of its transfer.
const SESSIONS: [u32; 2] = [7001, 7002];
/// The time within which 99 of 100 lines of the third member must arrive.
const CHAT: Duration = Duration::from_millis(200);
/// The pause between two lines of the third member. The server reads 10 lines a second (sb.md
/// section 11).
const PAUSE: Duration = Duration::from_millis(150);

async fn run(bed: &mut Bed) -> Result<Measured> {
    let dialer = bed.dialer.from(HOME);
    let mut people = bed.people_with(&dialer, 0..3, SignIn::default()).await?;
    let [one, other, third] = &mut people[..] else { bail!("three people were expected") };
    let mut board = one.open_board().await?;
    let joined = other.join(&mut board).await?;
    let talker = third.join(&mut board).await?;
    epoch();
    let chat = tokio::spawn(talk(talker));
    let sizes = [bed.size.of(FILE), PICTURE];
    let begun = Instant::now();
    let times = exchange(bed, [board, joined], [other.handle(), one.handle()], sizes).await?;
    let took = begun.elapsed();
    ensure!(!chat.is_finished(), "the third member was disconnected");
    chat.abort();
    let p99 = percentile(&times, 99);
    ensure!(p99 < CHAT * SLOWNESS, "the p99 of the delivery time of chat messages was {p99:.1?}");
    let bytes = 2 * sizes.iter().sum::<usize>();
    let rate = bytes as f64 / took.as_secs_f64() / 1024.0;
    Ok(Measured::new()
        .count("bytes", bytes)
        .figure("rate", rate, "KiB/s")
        .count("lines", times.len())
        .millis("p99", p99))
}

/// Sends transfers in both directions. Checks that they arrive unchanged. Returns the delivery time
/// of each line of the third member.
async fn exchange(
    bed: &mut Bed,
    members: [Board; 2],
    receivers: [&str; 2],
    sizes: [usize; 2],
) -> Result<Vec<Duration>> {
    let mut running = JoinSet::new();
    let mut expected = Vec::new();
    for (place, (member, to)) in members.into_iter().zip(receivers).enumerate() {
        let data = sizes.map(|size| every_value(&mut bed.random, size));
        let (sender, to, sent) = (member.connection.sender(), to.to_owned(), data.clone());
        running.spawn(async move {
            for (session, data) in SESSIONS.into_iter().zip(&sent) {
                send(&sender, &to, session, data).await?;
            }
            anyhow::Ok(Task::Sent)
        });
        running.spawn(async move { Ok(Task::Received(place, receive(member, sizes).await?)) });
        expected.push(data);
    }
    let mut times = Vec::new();
    while let Some(done) = running.join_next().await {
        if let Task::Received(place, received) = done?? {
            for (sent, received) in expected[1 - place].iter().zip(&received.data) {
                ensure!(sent == received, "{} bytes arrived changed", sent.len());
            }
            times.extend(received.chat);
        }
    }
    Ok(times)
}

enum Task {
    Sent,
    Received(usize, Files),
}

/// The data that a member has received.
struct Files {
    data: [Vec<u8>; 2],
    /// The delivery time of each line of the third member.
    chat: Vec<Duration>,
}

/// Returns random data in which every value of a byte occurs.
fn every_value(random: &mut Random, size: usize) -> Vec<u8> {
    let mut data: Vec<_> = (0..=u8::MAX).collect();
    data.extend(random.bytes(size.saturating_sub(data.len())));
    data.truncate(size);
    data
}

async fn send(sender: &Sender, to: &str, session: u32, data: &[u8]) -> Result<()> {
    for (number, part) in data.chunks(CHUNK).enumerate() {
        let offset = u64::try_from(number * CHUNK)?;
        sender.send_payload("MSG", "D", &chunk(to, session, offset, data.len(), part)?).await?;
    }
    Ok(())
}

/// Returns the payload of a chunk, with its binary header and footer (payloads.md).
fn chunk(to: &str, session: u32, offset: u64, size: usize, part: &[u8]) -> Result<Vec<u8>> {
    let head = format!("MIME-Version: 1.0\r\nContent-Type: application/x-msnmsgrp2p\r\nP2P-Dest: {to}\r\n\r\n");
    let mut payload = head.into_bytes();
    payload.extend(session.to_le_bytes());
    payload.extend(session.to_le_bytes());
    payload.extend(offset.to_le_bytes());
    payload.extend(u64::try_from(size)?.to_le_bytes());
    payload.extend(u32::try_from(part.len())?.to_le_bytes());
    // The flags and the fields for acknowledgements are zero.
    payload.extend([0; HEADER - 28]);
    payload.extend(part);
    payload.extend(1_u32.to_be_bytes());
    Ok(payload)
}

/// Receives both transfers, and the lines of the third member.
async fn receive(mut member: Board, sizes: [usize; 2]) -> Result<Files> {
    let mut files = Files { data: [Vec::new(), Vec::new()], chat: Vec::new() };
    let mut answered = 0;
    let chunks: usize = sizes.iter().map(|size| size.div_ceil(CHUNK)).sum();
    let own = format!("P2P-Dest: {}\r\n", member.handle);
    while files.data.iter().map(Vec::len).ne(sizes) || answered < chunks {
        let received = member.connection.next().await.context("while files were sent")?;
        match received.verb().as_str() {
            "ACK" => answered += 1,
            "MSG" => {
                let payload = received.payload();
                let (head, body) = split(payload).context("a message has no headers")?;
                if head.contains(&own) {
                    files.add(body)?;
                } else if let Some(age) = age(&received, body) {
                    files.chat.push(age);
                }
            }
            // These lines arrive if a member joins late, or has received everything and leaves.
            "IRO" | "JOI" | "BYE" => {}
            _ => bail!("{} received {}", member.handle, received.line()),
        }
    }
    Ok(files)
}

impl Files {
    /// Adds a chunk, which must continue its transfer.
    fn add(&mut self, body: &[u8]) -> Result<()> {
        let number = |at: usize| {
            let bytes = body.get(at..at + 4).and_then(|bytes| bytes.try_into().ok());
            bytes.map(u32::from_le_bytes).context("a chunk is too short")
        };
        let (session, offset, length) = (number(0)?, number(8)? as usize, number(24)? as usize);
        let place =
            SESSIONS.iter().position(|known| *known == session).context("a chunk belongs to no known session")?;
        let data = &mut self.data[place];
        ensure!(offset == data.len(), "a chunk with the offset {offset} follows {} bytes of data", data.len());
        data.extend(body.get(HEADER..HEADER + length).context("a chunk is too short")?);
        Ok(())
    }
}

fn split(payload: &[u8]) -> Option<(String, &[u8])> {
    let end = payload.windows(4).position(|window| window == b"\r\n\r\n")? + 2;
    Some((String::from_utf8_lossy(&payload[..end]).into_owned(), &payload[end + 2..]))
}

/// Returns the delivery time of a line of chat. The line contains the time at which it was sent.
fn age(received: &Received, body: &[u8]) -> Option<Duration> {
    let words = String::from_utf8_lossy(body).into_owned();
    let sent: u64 = words.split_once("sent ")?.1.parse().ok()?;
    Some(received.at.duration_since(epoch()).saturating_sub(Duration::from_nanos(sent)))
}

/// Returns the start of the time scale for lines of chat. Each line of chat contains the time that
/// passed from this moment until the line was sent.
fn epoch() -> Instant {
    static EPOCH: OnceLock<Instant> = OnceLock::new();
    *EPOCH.get_or_init(Instant::now)
}

/// Sends lines of chat and reads received lines, until the connection ends.
async fn talk(mut member: Board) {
    let sender = member.connection.sender();
    let reading = async { while member.connection.next().await.is_ok() {} };
    tokio::select! {
        _ = say(sender) => {}
        () = reading => {}
    }
}

async fn say(sender: Sender) -> Result<Infallible> {
    loop {
        let words = format!("sent {}", epoch().elapsed().as_nanos());
        sender.send_payload("MSG", "N", &text(&words)).await?;
        sleep(PAUSE).await;
    }
}
