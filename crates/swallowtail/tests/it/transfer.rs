//! Tests pictures and files through a switchboard session at full speed, while others chat.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;

use crate::support::p2p::{Blob, Collector, Lines, Party, chat_until, commands};
use crate::support::people::{join_board, open_board};
use crate::support::time::{PATIENCE, StoppedClock, amount};
use crate::support::wire::Wire;
use crate::support::{TestServer, address};

const FILE: usize = 5 * 1024 * 1024;
const PICTURE: usize = 24 * 1024;
/// The size of a small file. The server sends every file to all members of the session. A small
/// file is so short that a member that reads nothing does not slow the sender down, unless the file
/// is for that member.
const SMALL_FILE: usize = 24 * 1024;
/// The minimum number of round trips that each pair of chatting users measures.
const LINES: usize = 20;

/// Opens a session with these users. Returns their switchboard connections and their notification
/// connections.
async fn session<const N: usize>(server: &TestServer, names: [&str; N]) -> (Vec<Wire>, Vec<Wire>) {
    let mut people: Vec<Wire> = Vec::new();
    for name in names {
        server.account(name).await;
        people.push(server.online(name).await);
    }
    let mut boards = vec![open_board(&address(names[0]), &mut people[0]).await];
    for (name, person) in names.iter().zip(&mut people).skip(1) {
        let joined = join_board(&mut boards[0], &address(name), person).await;
        for earlier in &mut boards[1..] {
            earlier.expect(&format!("JOI {} ", address(name))).await;
        }
        boards.push(joined);
    }
    (boards, people)
}

/// Adds a member whose TCP window has only a few KiB, so that few bytes are in transit.
async fn join_narrow(server: &TestServer, board: &mut Wire, name: &str) -> (TcpStream, Wire) {
    let handle = server.account(name).await;
    let mut person = server.online(name).await;
    board.done("CAL", &handle).await;
    let ring = person.expect("RNG ").await;
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(8192).unwrap();
    let mut narrow = Wire::over(socket.connect(server.switchboard()).await.unwrap());
    narrow.ask("ANS", format!("{handle} {} {}", ring.word(4), ring.word(1))).await;
    narrow.expect("ANS ").await;
    board.expect(&format!("JOI {handle} ")).await;
    (narrow.into_stream(), person)
}

/// Opens a conversation of two users. The second user has a small TCP window.
async fn with_a_narrow_reader(server: &TestServer) -> (Party, TcpStream, Vec<Wire>) {
    let (mut boards, mut people) = session(server, ["alice"]).await;
    let mut board = boards.remove(0);
    let (narrow, bob) = join_narrow(server, &mut board, "bob").await;
    people.push(bob);
    (board.into(), narrow, people)
}

/// A file of 5 MB and a picture pass in both directions at the same time. Meanwhile, two other
/// members of the session chat, and two users in another session chat.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_file_and_a_picture_are_transferred_in_both_directions_while_others_chat() {
    let server = TestServer::start().await;
    let (boards, _people) = session(&server, ["alice", "bob", "carol", "dave"]).await;
    let [alice, bob, carol, dave] = boards.into_iter().map(Party::from).collect::<Vec<_>>().try_into().ok().unwrap();
    let (others, _others) = session(&server, ["erin", "frank"]).await;
    let [erin, frank] = others.into_iter().map(Party::from).collect::<Vec<_>>().try_into().ok().unwrap();
    let done = Arc::new(AtomicBool::new(false));
    let talk = |caller, callee| {
        let done = done.clone();
        let enough = move |lines| lines >= LINES && done.load(Ordering::Relaxed);
        tokio::spawn(chat_until(caller, callee, enough))
    };
    let (inside, outside) = (talk(carol, dave), talk(erin, frank));

    let blobs = |first| Arc::new([Blob::noise(first, FILE), Blob::noise(first + 1, PICTURE)]);
    let (alices, bobs) = (blobs(1), blobs(3));
    let send = |party: Party, to: &str, blobs: Arc<[Blob; 2]>| {
        let to = address(to);
        tokio::spawn(async move { party.transfer(&to, &*blobs, 2).await })
    };
    let (one, other) = (send(alice, "bob", alices.clone()), send(bob, "alice", bobs.clone()));
    let ((mut alice, by_alice), (mut bob, by_bob)) = (one.await.unwrap(), other.await.unwrap());
    let digests = |blobs: &[Blob]| blobs.iter().map(Blob::digest).collect::<Vec<_>>();
    assert_eq!(by_bob.digests(), digests(&*alices));
    assert_eq!(by_alice.digests(), digests(&*bobs));

    // Each member still receives the messages of the others, so no connection was closed.
    done.store(true, Ordering::Relaxed);
    let (_, [mut carol, mut dave]) = inside.await.unwrap();
    let (_, [mut erin, mut frank]) = outside.await.unwrap();
    alice.say("all of it?").await;
    for party in [&mut bob, &mut carol, &mut dave] {
        party.receive("all of it?").await;
    }
    bob.say("all of it").await;
    alice.receive("all of it").await;
    erin.say("bye").await;
    frank.receive("bye").await;
}

/// A client reads slowly, and the sender sends it far more than fits into all queues. The server
/// slows the sender down and closes no connection. The sender continues as soon as the reader has
/// read, so the whole file passes before any timer expires.
#[tokio::test]
async fn a_slow_reader_receives_the_whole_file() {
    const SLICE: usize = 3_000;
    let server = TestServer::start().await;
    let (alice, mut narrow, _people) = with_a_narrow_reader(&server).await;
    let file = Blob::noise(1, amount(1, 2) * 1024 * 1024);
    let digest = file.digest();
    let _clock = StoppedClock::new();
    let sending = tokio::spawn(async move {
        let (mut alice, _) = alice.transfer(&address("bob"), &[file], 0).await;
        alice.say("the end").await;
        alice
    });
    let mut bytes = Vec::new();
    while !bytes.ends_with(b"the end") {
        let mut slice = [0; SLICE];
        let count = timeout(PATIENCE, narrow.read(&mut slice)).await.unwrap().unwrap();
        assert!(count > 0, "closed after {} bytes", bytes.len());
        bytes.extend_from_slice(&slice[..count]);
    }
    let (mut lines, mut collector) = (Lines::new(bytes.as_slice()), Collector::default());
    while lines.next().await && collector.take(&lines.payload) {}
    assert_eq!(collector.digests(), [digest]);
    // The only effect on the sender is that the transfer took longer.
    let mut alice = sending.await.unwrap();
    narrow.write_all(b"MSG 1 U 5\r\nhello").await.unwrap();
    assert!(alice.lines.next().await);
    assert_eq!(alice.lines.payload, b"hello");
}

/// The server passes peer-to-peer data on as fast as the recipient of the data reads it. Another
/// member of the session reads nothing for a while. This member does not delay the data, so the
/// whole file passes before any timer expires. Later, this member receives the same messages as all
/// other members.
#[tokio::test]
async fn a_file_for_one_member_does_not_wait_for_another_member() {
    let server = TestServer::start().await;
    let (mut boards, _people) = session(&server, ["alice", "bob"]).await;
    let (narrow, _carol) = join_narrow(&server, &mut boards[0], "carol").await;
    let [alice, mut bob] = boards.into_iter().map(Party::from).collect::<Vec<_>>().try_into().ok().unwrap();
    let file = Blob::noise(1, SMALL_FILE);
    let digest = file.digest();
    let clock = StoppedClock::new();
    let sending = tokio::spawn(async move { alice.transfer(&address("bob"), &[file], 0).await.0 });
    let mut collector = Collector::default();
    while collector.blobs.get(&1).is_none_or(|received| received.len() < SMALL_FILE) {
        assert!(bob.lines.next().await);
        collector.take(&bob.lines.payload);
    }
    assert_eq!(collector.digests(), std::slice::from_ref(&digest));
    let mut alice = sending.await.unwrap();
    drop(clock);

    alice.say("the end").await;
    bob.receive("the end").await;
    let (mut carol, mut collector) = (Lines::new(narrow), Collector::default());
    while carol.next().await && collector.take(&carol.payload) {}
    assert_eq!(collector.digests(), [digest]);
    assert!(carol.payload.ends_with(b"the end"));
}

/// If a client stops reading in the middle of a file, the server disconnects it after about fifteen
/// seconds. Other clients are not affected. `switchboard/pace.rs` tests the exact time.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_client_that_stops_reading_a_file_is_disconnected_within_limited_time() {
    let server = TestServer::start().await;
    let mut bystanders = server.bystanders().await;
    let (mut alice, silent, _people) = with_a_narrow_reader(&server).await;
    let (bytes, count) = commands(&address("bob"), &[Blob::noise(1, FILE)]);
    let mut write = alice.write;
    let writing = tokio::spawn(async move { write.write_all(&bytes).await.map(|()| write) });
    let mut answers = Vec::new();
    let told = timeout(PATIENCE, async {
        while !alice.lines.line.starts_with("BYE") {
            assert!(alice.lines.next().await);
            answers.push(alice.lines.line.clone());
            if answers.len() % 50 == 0 {
                bystanders.are_untouched().await;
            }
        }
    });
    told.await.unwrap();
    // The server does not acknowledge the message that did not fit. It does not acknowledge later
    // messages either, because they have no recipient.
    let first_nak = answers.iter().position(|answer| answer.starts_with("NAK")).unwrap();
    assert!(answers[..first_nak].iter().all(|answer| answer.starts_with("ACK")));
    assert!(answers[first_nak..].iter().all(|answer| !answer.starts_with("ACK")));
    while alice.lines.line != format!("NAK {count}") {
        assert!(alice.lines.next().await);
        assert!(!alice.lines.line.starts_with("ACK"), "{}", alice.lines.line);
    }
    writing.await.unwrap().unwrap();
    bystanders.are_untouched().await;
    drop(silent);
}
