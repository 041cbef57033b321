//! The measurements with a slow reader.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, copy, sink};
use tokio::net::{TcpListener, TcpSocket};
use tokio::task::JoinSet;

use crate::support::address;
use crate::support::p2p::{Blob, Collector, Party, chat_until, commands};
use crate::support::people::{join_board, open_board};
use crate::support::wire::Wire;
use crate::{CROWD, FILE, megabytes, name};

/// The size of the receive buffer of a slow reader. It is small, so that few bytes are in transit.
const WINDOW: u32 = 8192;
/// The number of chat messages in a measurement without a file.
const LINES: usize = 200;

/// Lets the first account send a file of `length` bytes to the second account, whose connection is
/// slow. At the same time, the third account chats with the second account. Returns the round trips
/// of the chat messages, and the speed of the file in megabytes per second.
pub(super) async fn chat(people: &mut [Wire], switchboard: SocketAddr, length: usize) -> (Vec<Duration>, f64) {
    let [bob, carol] = [1, 2].map(|number| address(&name(number)));
    let mut board = open_board(&address(&name(0)), &mut people[0]).await;
    let mut caller = join_board(&mut board, &carol, &mut people[2]).await;
    let slow = Wire::dial(slow_line(switchboard).await).await;
    let slow = join_over(slow, &mut board, &bob, &mut people[1]).await;
    caller.expect(&format!("JOI {bob} ")).await;

    let done = Arc::new(AtomicBool::new(length == 0));
    let over = {
        let done = done.clone();
        move |lines| done.load(Ordering::Relaxed) && (length > 0 || lines == LINES)
    };
    let chat = tokio::spawn(chat_until(caller.into(), slow.into(), over));
    let begun = Instant::now();
    let files = [Blob::noise(1, length)];
    let (_alice, _) = Party::from(board).transfer(&bob, &files[..usize::from(length > 0)], 0).await;
    let speed = megabytes(length, begun);
    done.store(true, Ordering::Relaxed);
    let (times, _) = chat.await.unwrap();
    (times, speed)
}

/// Lets the first account send a file to the second account in a session of [`CROWD`] members. All
/// members read as fast as they can. If `slow` is set, the last member only reads that number of
/// bytes per second. Returns the speed of the file in megabytes per second.
pub(super) async fn crowd(people: &mut [Wire], switchboard: SocketAddr, slow: Option<usize>) -> f64 {
    const ROUNDS: usize = 4;
    let bob = address(&name(1));
    let mut board = open_board(&address(&name(0)), &mut people[0]).await;
    let reader = join_board(&mut board, &bob, &mut people[1]).await;
    let mut others = JoinSet::new();
    for (number, person) in people.iter_mut().enumerate().take(CROWD).skip(2) {
        let socket = TcpSocket::new_v4().unwrap();
        let limit = slow.filter(|_| number == CROWD - 1);
        if limit.is_some() {
            socket.set_recv_buffer_size(WINDOW).unwrap();
        }
        let wire = Wire::over(socket.connect(switchboard).await.unwrap());
        let member = join_over(wire, &mut board, &address(&name(number)), person).await.into_stream();
        others.spawn(async move {
            let (mut from, _to) = member.into_split();
            let _ = match limit {
                Some(per_second) => throttled(from, sink(), per_second).await,
                None => copy(&mut from, &mut sink()).await.map(drop),
            };
        });
    }

    let Party { mut lines, mut write } = Party::from(board);
    others.spawn(async move { while lines.next().await {} });
    let (bytes, _) = commands(&bob, &[Blob::noise(1, ROUNDS * FILE)]);
    let begun = Instant::now();
    others.spawn(async move {
        write.write_all(&bytes).await.unwrap();
        std::future::pending::<()>().await;
    });
    let (mut reader, mut collector) = (Party::from(reader), Collector::default());
    while collector.blobs.get(&1).is_none_or(|received| received.len() < ROUNDS * FILE) {
        assert!(reader.lines.next().await, "closed");
        collector.take(&reader.lines.payload);
    }
    megabytes(ROUNDS * FILE, begun)
}

/// Calls an account into a session. The account joins over the connection `wire`, which is already
/// open.
async fn join_over(mut wire: Wire, board: &mut Wire, handle: &str, person: &mut Wire) -> Wire {
    board.done("CAL", handle).await;
    let ring = person.expect("RNG ").await;
    wire.ask("ANS", format!("{handle} {} {}", ring.word(4), ring.word(1))).await;
    wire.expect("ANS ").await;
    board.expect(&format!("JOI {handle} ")).await;
    wire
}

/// Starts a relay between one client and the server, and returns the address of the relay. The
/// relay passes on 300 KB per second of the data from the server. Its receive window is a few KiB.
async fn slow_line(server: SocketAddr) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut near, _) = listener.accept().await.unwrap();
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(WINDOW).unwrap();
        let mut far = socket.connect(server).await.unwrap();
        let ((mut from_near, to_near), (from_far, mut to_far)) = (near.split(), far.split());
        let down = throttled(from_far, to_near, 300_000);
        let _ = tokio::join!(down, copy(&mut from_near, &mut to_far));
    });
    address
}

/// Passes on `per_second` bytes per second until the stream ends.
async fn throttled(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    per_second: usize,
) -> std::io::Result<()> {
    let mut clock = tokio::time::interval(Duration::from_millis(10));
    let mut slice = vec![0; per_second / 100];
    loop {
        clock.tick().await;
        match from.read(&mut slice).await? {
            0 => return Ok(()),
            count => to.write_all(&slice[..count]).await?,
        }
    }
}
