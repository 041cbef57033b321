//! Measures the delay of chat messages while files pass through the same server, and the speed of
//! the files.
//!
//! `cargo bench -p swallowtail --bench transfer` runs the built program as the server. All clients
//! run in this process. All connections use loopback, whose addresses are exempt from rate limits.
//! For each measurement under load, the program first measures a baseline without that load. The
//! baselines are chat alone, files alone, chat over a slow connection without a file, and a file in
//! a crowd in which all members read fast.

#![allow(clippy::unwrap_used, reason = "a failure ends the run")]

#[path = "../../tests/it/support/mod.rs"]
#[allow(dead_code, reason = "the tests need the rest")]
mod support;

mod slow;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt, copy};
use tokio::net::{TcpListener, TcpStream};

use support::binary::{RunningBinary, account};
use support::p2p::{Blob, Collector, Party, chat_until, commands};
use support::people::{join_board, open_board};
use support::wire::Wire;
use support::{address, private_directory};

const FILE: usize = 5 * 1024 * 1024;
const PICTURE: usize = 24 * 1024;
/// The number of transfers, one after the other. They last long enough to measure many chat
/// messages.
const ROUNDS: usize = 20;
/// The number of chat messages in a measurement without files.
const LINES: usize = 20_000;
const PASSWORD: &str = "the same for all";
const PEOPLE: [&str; 6] = ["alice", "bob", "carol", "dave", "erin", "frank"];
/// The number of members in the measurement of a crowd: the default limit of a session. The names of the members after
/// [`PEOPLE`] are numbers.
const CROWD: usize = 50;
/// The maximum round trip of 99 of 100 chat messages during a transfer. Users do not notice shorter delays.
const GOAL: Duration = Duration::from_millis(50);
/// The maximum round trip of 99 of 100 chat messages to a member that receives a file over a
/// connection of 0.3 MB/s.
const SLOW_GOAL: Duration = Duration::from_millis(100);
/// The lowest acceptable speed of a file in a session with a slow member. The file is for another
/// member. The number is relative to the speed without the slow member.
const CROWD_GOAL: f64 = 0.5;

#[tokio::main]
async fn main() {
    let data = private_directory();
    // The accounts are imported from a CSV file. Each row of the file has an address, a password
    // hash that a sign-in does not renew, and a name.
    let hash = support::password_hash(PASSWORD);
    let names = || (0..CROWD).map(name);
    let rows: String = names().map(|name| format!("{},\"{hash}\",{name}\n", address(&name))).collect();
    let file = data.path().join("people.csv");
    std::fs::write(&file, rows).unwrap();
    account(data.path(), &["import", file.to_str().unwrap()], "");
    let server = RunningBinary::start(data.path());
    let mut people = Vec::new();
    for name in names() {
        let ticket = server.ticket(&address(&name), PASSWORD).await.unwrap();
        people.push(server.online(&address(&name), &ticket).await);
    }

    println!(
        "{ROUNDS} transfers of {FILE} and {PICTURE} bytes in both directions at the same time, in chunks of 1202 \
         bytes.\n{LINES} chat messages without files.\n"
    );
    println!("{:<52} {:>8} {:>9} {:>9} {:>9} {:>8}", "", "messages", "p50", "p99", "longest", "MB/s");
    row("bytes through a relay, without a server", None, Some(relay_without_server().await));

    let [erin, frank] = session(&mut people, [4, 5]).await;
    let (alone, [erin, frank]) = chat_until(erin, frank, |lines| lines == LINES).await;
    row("chat alone", Some(alone), None);

    let [alice, bob] = session(&mut people, [0, 1]).await;
    let (speed, _) = transfer(alice, bob).await;
    row("files alone", None, Some(speed));

    let pair = session(&mut people, [0, 1]).await;
    let (times, speed, [erin, frank]) = chat_during_transfer(pair, [erin, frank]).await;
    let outside = row("chat during files in another session", Some(times), Some(speed));

    let [alice, bob, carol, dave] = session(&mut people, [0, 1, 2, 3]).await;
    let (times, speed, _) = chat_during_transfer([alice, bob], [carol, dave]).await;
    let inside = row("chat in the session of the files, four members", Some(times), Some(speed));

    drop((erin, frank));

    let (times, _) = slow::chat(&mut people, server.switchboard, 0).await;
    row("chat with a member whose connection has 0.3 MB/s", Some(times), None);
    let (times, speed) = slow::chat(&mut people, server.switchboard, FILE / 2).await;
    let behind = row("chat with a member receiving a file at 0.3 MB/s", Some(times), Some(speed));

    let without = slow::crowd(&mut people, server.switchboard, None).await;
    row("a file in a session of 50", None, Some(without));
    let with = slow::crowd(&mut people, server.switchboard, Some(20_000)).await;
    row("a file in a session of 50, one reads 20 KB/s", None, Some(with));

    let verdict = |met| if met { "met" } else { "missed" };
    println!("\ngoals: 99 of 100 chat messages during files within {GOAL:?}: {}", verdict(outside.max(inside) < GOAL));
    println!("       to a member receiving a file at 0.3 MB/s within {SLOW_GOAL:?}: {}", verdict(behind < SLOW_GOAL));
    println!(
        "       a slow member reduces the speed of files at most to {CROWD_GOAL}: {}",
        verdict(with > CROWD_GOAL * without)
    );
}

/// Returns the name of the account with this number.
fn name(number: usize) -> String {
    PEOPLE.get(number).map_or_else(|| number.to_string(), |name| (*name).to_owned())
}

/// Prints a row of the table. Returns the time within which 99 of 100 messages made their round trip.
fn row(what: &str, times: Option<Vec<Duration>>, megabytes: Option<f64>) -> Duration {
    let mut times = times.unwrap_or_default();
    times.sort_unstable();
    let within = |hundredths: usize| times.get(times.len() * hundredths / 100).or_else(|| times.last()).copied();
    let word =
        |time: Option<Duration>| time.map_or_else(String::new, |time| format!("{:.2} ms", time.as_secs_f64() * 1e3));
    let count = if times.is_empty() { String::new() } else { times.len().to_string() };
    let speed = megabytes.map_or_else(String::new, |speed| format!("{speed:.1}"));
    let (half, most, longest) = (word(within(50)), word(within(99)), word(times.last().copied()));
    println!("{what:<52} {count:>8} {half:>9} {most:>9} {longest:>9} {speed:>8}");
    within(99).unwrap_or_default()
}

/// Opens a new switchboard session. Its members are the clients in `people` at the indices `who`.
async fn session<const N: usize>(people: &mut [Wire], who: [usize; N]) -> [Party; N] {
    let mut boards = vec![open_board(&address(&name(who[0])), &mut people[who[0]]).await];
    for number in &who[1..] {
        let handle = address(&name(*number));
        let joined = join_board(&mut boards[0], &handle, &mut people[*number]).await;
        for earlier in &mut boards[1..] {
            earlier.expect(&format!("JOI {handle} ")).await;
        }
        boards.push(joined);
    }
    boards.into_iter().map(Party::from).collect::<Vec<_>>().try_into().ok().unwrap()
}

/// Lets the first two of [`PEOPLE`] send each other a file and a picture at the same time,
/// [`ROUNDS`] times. Returns the megabytes of data per second in both directions together.
async fn transfer(mut one: Party, mut other: Party) -> (f64, [Party; 2]) {
    let blobs = |first| Arc::new([Blob::noise(first, FILE), Blob::noise(first + 1, PICTURE)]);
    let (ones, others) = (blobs(1), blobs(3));
    let send = |party: Party, to: &str, blobs: &Arc<[Blob; 2]>| {
        let (to, blobs) = (address(to), blobs.clone());
        tokio::spawn(async move { party.transfer(&to, &*blobs, 2).await })
    };
    let begun = Instant::now();
    for _ in 0..ROUNDS {
        let tasks = (send(one, PEOPLE[1], &ones), send(other, PEOPLE[0], &others));
        let ((first, to_first), (second, to_second)) = (tasks.0.await.unwrap(), tasks.1.await.unwrap());
        assert_eq!(lengths(&to_first), [FILE, PICTURE]);
        assert_eq!(lengths(&to_second), [FILE, PICTURE]);
        (one, other) = (first, second);
    }
    (megabytes(2 * ROUNDS * (FILE + PICTURE), begun), [one, other])
}

/// Returns the lengths of the received blobs, in the order of their ids. Hashing them would distort the measurement.
fn lengths(collector: &Collector) -> Vec<usize> {
    collector.blobs.values().map(Vec::len).collect()
}

fn megabytes(bytes: usize, since: Instant) -> f64 {
    f64::from(u32::try_from(bytes / 1000).unwrap()) / 1e3 / since.elapsed().as_secs_f64()
}

/// Lets a pair chat while another pair transfers files. Returns the round trips of the chat
/// messages, the speed of the transfer in megabytes per second, and the pair that chatted.
async fn chat_during_transfer(pair: [Party; 2], [caller, callee]: [Party; 2]) -> (Vec<Duration>, f64, [Party; 2]) {
    let done = Arc::new(AtomicBool::new(false));
    let over = {
        let done = done.clone();
        move |_| done.load(Ordering::Relaxed)
    };
    let chat = tokio::spawn(chat_until(caller, callee, over));
    let [one, other] = pair;
    // The pair that transfers files stays in its session until the chat is over. If the chat is in
    // the same session, the members that chat would otherwise receive BYE during the measurement.
    let (speed, _pair) = transfer(one, other).await;
    done.store(true, Ordering::Relaxed);
    let (times, talkers) = chat.await.unwrap();
    (times, speed, talkers)
}

/// Measures the speed that loopback and tokio allow. Sends the same amount of bytes in both
/// directions, through a task that only copies them. Returns megabytes per second.
async fn relay_without_server() -> f64 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let dial = || TcpStream::connect(listener.local_addr().unwrap());
    let ends = [dial().await.unwrap(), dial().await.unwrap()];
    let (one, other) = (listener.accept().await.unwrap().0, listener.accept().await.unwrap().0);
    for (from, to) in
        [(one.into_split(), other.into_split())].map(|((a, b), (c, d))| [(a, d), (c, b)]).into_iter().flatten()
    {
        let (mut from, mut to) = (from, to);
        tokio::spawn(async move { copy(&mut from, &mut to).await });
    }
    let (bytes, _) = commands(&address(PEOPLE[0]), &[Blob::noise(1, FILE), Blob::noise(2, PICTURE)]);
    let bytes = Arc::new(bytes);
    let begun = Instant::now();
    let mut tasks = Vec::new();
    for end in ends {
        let (mut read, mut write) = end.into_split();
        let mut left = ROUNDS * bytes.len();
        let bytes = bytes.clone();
        tasks.push(tokio::spawn(async move {
            let mut buffer = vec![0; 64 * 1024];
            while left > 0 {
                left -= read.read(&mut buffer).await.unwrap();
            }
        }));
        tasks.push(tokio::spawn(async move {
            for _ in 0..ROUNDS {
                write.write_all(&bytes).await.unwrap();
            }
            // If this task ended, it would close the stream while the other task still reads.
            std::future::pending::<()>().await;
        }));
    }
    for reading in [0, 2] {
        (&mut tasks[reading]).await.unwrap();
    }
    let speed = megabytes(2 * ROUNDS * (FILE + PICTURE), begun);
    tasks.iter().for_each(tokio::task::JoinHandle::abort);
    speed
}
