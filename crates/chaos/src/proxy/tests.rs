//! Tests of the proxy against a server that echoes.

use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

use super::{Faults, Line, Proxy, Side};
use crate::loss::Loss;
use crate::random::Random;

const PATIENCE: Duration = Duration::from_secs(30);

/// Starts a proxy in front of a server that echoes. Returns the proxy, the connection of a client,
/// and the server's end of that connection.
async fn connected(faults: Faults) -> (Proxy, TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let proxy = Proxy::start(listener.local_addr().unwrap(), faults, Random::new(1)).await.unwrap();
    let client = TcpStream::connect(proxy.address()).await.unwrap();
    let (server, _) = listener.accept().await.unwrap();
    (proxy, client, server)
}

/// Reads until the end. Returns whether the end was a FIN and not a reset, and the number of bytes
/// before the end.
async fn rest(stream: &mut TcpStream) -> (bool, usize) {
    let mut all = Vec::new();
    let read = timeout(PATIENCE, stream.read_to_end(&mut all)).await.unwrap();
    (read.is_ok(), all.len())
}

/// Returns whether nothing arrives for a moment. A faulty proxy would forward bytes immediately, so
/// this check nearly always finds such a fault.
async fn hears_nothing(stream: &mut TcpStream) -> bool {
    timeout(Duration::from_millis(50), stream.read(&mut [0; 1])).await.is_err()
}

#[tokio::test]
async fn bytes_and_the_end_of_the_stream_are_forwarded_in_both_directions() {
    let (_proxy, mut client, mut server) = connected(Faults::default()).await;
    client.write_all(b"hello").await.unwrap();
    client.shutdown().await.unwrap();
    assert_eq!(rest(&mut server).await, (true, 5));
    server.write_all(&[0; 100_000]).await.unwrap();
    drop(server);
    assert_eq!(rest(&mut client).await, (true, 100_000));
}

#[tokio::test]
async fn a_direction_with_a_delay_and_a_segment_size_delivers_bytes_late_and_in_pieces() {
    let late = Line { delay: Duration::from_millis(50), segment: Some(1), ..Line::default() };
    let (_proxy, mut client, mut server) = connected(Faults { up: late, ..Faults::default() }).await;
    let begun = Instant::now();
    client.write_all(b"hello").await.unwrap();
    let mut buffer = [0; 5];
    let read = server.read(&mut buffer).await.unwrap();
    assert!(begun.elapsed() >= late.delay);
    server.read_exact(&mut buffer[read..]).await.unwrap();
    assert_eq!(&buffer, b"hello");
}

#[tokio::test]
async fn a_stalled_direction_forwards_nothing_until_the_fault_is_removed() {
    let stalled = Line { stalled: true, ..Line::default() };
    let (proxy, mut client, mut server) = connected(Faults { up: stalled, ..Faults::default() }).await;
    client.write_all(b"hello").await.unwrap();
    server.write_all(b"other way").await.unwrap();
    client.read_exact(&mut [0; 9]).await.unwrap();
    assert!(hears_nothing(&mut server).await);
    proxy.set(Faults::default());
    timeout(PATIENCE, server.read_exact(&mut [0; 5])).await.unwrap().unwrap();
}

#[tokio::test]
async fn a_direction_that_loses_all_packets_forwards_nothing() {
    let lost = Line { loss: Loss::All, ..Line::default() };
    let (_proxy, mut client, mut server) = connected(Faults { down: lost, ..Faults::default() }).await;
    // The proxy applies the faults to the connection before it forwards this byte. So they apply
    // when the byte has arrived.
    client.write_all(b"x").await.unwrap();
    server.read_exact(&mut [0; 1]).await.unwrap();
    server.write_all(b"hello").await.unwrap();
    assert!(hears_nothing(&mut client).await);
}

#[tokio::test]
async fn a_reset_reaches_the_other_side_unless_the_connection_is_left_half_open() {
    let (_proxy, client, mut server) = connected(Faults::default()).await;
    crate::tcp::reset_when_closed(&client);
    drop(client);
    assert!(!rest(&mut server).await.0, "a reset and not an end");

    let (proxy, mut client, mut server) = connected(Faults::default()).await;
    client.write_all(b"x").await.unwrap();
    server.read_exact(&mut [0; 1]).await.unwrap();
    proxy.leave_half_open(Side::Client);
    assert!(!rest(&mut client).await.0);
    assert!(hears_nothing(&mut server).await, "the server receives nothing");
    proxy.cut();
    assert!(!rest(&mut server).await.0);
}
