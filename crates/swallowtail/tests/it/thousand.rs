//! Tests a thousand users of the built program at the same time, in five hundred conversations. A short run has two
//! hundred users.

use std::fmt::Write;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{Barrier, Semaphore};
use tokio::task::JoinSet;

use crate::support;
use crate::support::binary::{RunningBinary, account};
use crate::support::people::{self, text_message};
use crate::support::time::amount;
use crate::support::wire::Wire;

const MESSAGES: usize = 8;
const PASSWORD: &str = "the same for all";
/// The number of tickets that are fetched at the same time. The queue of the password pool has room
/// for more passwords than this.
const TICKETS_AT_ONCE: usize = 16;
/// The time limit of the whole test. The test takes a fraction of that time.
const PATIENCE: Duration = Duration::from_secs(900);

/// Returns the number of users.
fn everybody() -> usize {
    amount(200, 1000)
}

fn handle(number: usize) -> String {
    format!("user{number}@example.com")
}

/// Returns the number of the user with whom the user `number` chats. In each pair, the user with
/// the odd number calls the user with the even number.
const fn partner(number: usize) -> usize {
    number ^ 1
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hundreds_of_users_can_chat_in_pairs_and_no_message_is_lost() {
    tokio::time::timeout(PATIENCE, all_of_it()).await.unwrap();
}

async fn all_of_it() {
    let everybody = everybody();
    swallowtail_site::accept::raise_file_limit();
    let data = support::private_directory();
    import_everybody(data.path());
    let server = Arc::new(RunningBinary::start(data.path()));

    let idle = server.resident_kib();
    let begun = Instant::now();
    let tickets = fetch_tickets(&server).await;
    println!("{everybody} tickets in {:.1?}", begun.elapsed());
    let before = server.resident_kib();
    assert!(before - idle < memory_of_hashing_kib(), "hashing grew the resident memory from {idle} to {before} KiB");

    let begun = Instant::now();
    // All users sign in before the first user calls, and all users have received everything before
    // the first user leaves.
    let stage = Arc::new(Barrier::new(everybody + 1));
    let mut tasks = JoinSet::new();
    for (number, ticket) in tickets.into_iter().enumerate() {
        tasks.spawn(one_evening(server.clone(), number, ticket, stage.clone()));
    }
    stage.wait().await;
    println!("{everybody} users signed in and online in {:.1?}", begun.elapsed());
    let signed_in = server.resident_kib();
    let begun = Instant::now();
    stage.wait().await;
    stage.wait().await;
    let messages = everybody * MESSAGES;
    println!("{messages} messages sent, received and acknowledged in {:.1?}", begun.elapsed());
    let talking = server.resident_kib();
    stage.wait().await;
    while let Some(done) = tasks.join_next().await {
        done.unwrap();
    }
    let after = server.resident_kib();
    println!("resident memory: {idle} KiB at the start, {before} KiB when all users had a ticket,");
    println!("{signed_in} KiB with {everybody} signed in, {talking} KiB in {} conversations,", everybody / 2);
    println!("{after} KiB after all users had left");
    server.assert_quiet_log();
}

/// Returns by how many KiB the server's resident memory may grow while it hashes passwords: 19 MiB
/// for each hashing thread, and 12 MiB as a margin. There is at most one thread for each core.
fn memory_of_hashing_kib() -> u64 {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    u64::try_from(cores).unwrap() * 19 * 1024 + 12 * 1024
}

/// Imports all accounts with the same password hash. The hash is as strong as the server requires,
/// so no sign-in renews it.
fn import_everybody(data: &std::path::Path) {
    let hash = support::password_hash(PASSWORD);
    let mut rows = String::new();
    for number in 0..everybody() {
        writeln!(rows, "{},\"{hash}\",User {number}", handle(number)).unwrap();
    }
    let file = data.join("people.csv");
    std::fs::write(&file, rows).unwrap();
    account(data, &["import", file.to_str().unwrap()], "");
}

async fn fetch_tickets(server: &Arc<RunningBinary>) -> Vec<String> {
    let places = Arc::new(Semaphore::new(TICKETS_AT_ONCE));
    let fetch = |number| {
        let (server, places) = (server.clone(), places.clone());
        tokio::spawn(async move {
            let _place = places.acquire().await.unwrap();
            server.ticket(&handle(number), PASSWORD).await.unwrap()
        })
    };
    let mut tickets = Vec::new();
    for task in (0..everybody()).map(fetch).collect::<Vec<_>>() {
        tickets.push(task.await.unwrap());
    }
    tickets
}

async fn one_evening(server: Arc<RunningBinary>, number: usize, ticket: String, stage: Arc<Barrier>) {
    let (me, other) = (handle(number), handle(partner(number)));
    let mut notification = server.online(&me, &ticket).await;
    stage.wait().await;
    let board = if number.is_multiple_of(2) {
        let ring = notification.expect("RNG ").await;
        answer(&me, &ring).await
    } else {
        let mut board = people::open_board(&me, &mut notification).await;
        board.done("CAL", &other).await;
        board.expect(&format!("JOI {other} ")).await;
        board
    };
    stage.wait().await;
    let mut board = talk(board, &me, &other).await;
    stage.wait().await;
    stage.wait().await;
    board.line("OUT").await;
    notification.line("OUT").await;
    // A client still receives the BYE of its partner if the partner leaves first.
    for line in board.last_lines().await {
        assert_eq!(line, format!("BYE {other}"));
    }
    assert_eq!(notification.last_lines().await, ["OUT"]);
}

async fn answer(me: &str, ring: &support::wire::Frame) -> Wire {
    let mut board = Wire::dial(ring.word(2).parse().unwrap()).await;
    let words = format!("{me} {} {}", ring.word(4), ring.word(1));
    assert_eq!(board.ask("ANS", words).await.word(0), "IRO");
    board.expect("ANS ").await;
    board
}

/// Sends all messages in one write. Asserts that each text of the other user arrives once and in
/// order, and that each message is acknowledged.
async fn talk(mut board: Wire, me: &str, other: &str) -> Wire {
    let payload = |who: &str, index: usize| text_message(&format!("{who} says number {index}"));
    let mut said = Vec::new();
    for index in 0..MESSAGES {
        let payload = payload(me, index);
        said.extend(format!("MSG {} A {}\r\n", index + 1, payload.len()).into_bytes());
        said.extend(payload);
    }
    board.send(said).await;
    let (mut heard, mut acknowledged) = (0, 0);
    while (heard, acknowledged) != (MESSAGES, MESSAGES) {
        let frame = board.next().await.unwrap();
        match frame.word(0) {
            "MSG" => {
                assert_eq!((frame.word(1), &frame.payload), (other, &payload(other, heard)));
                heard += 1;
            }
            _ => {
                acknowledged += 1;
                assert_eq!(frame.line, format!("ACK {acknowledged}"));
            }
        }
    }
    board
}
