//! Tests of a connection over an in-memory stream, with a clock that only the test moves.

use std::pin::pin;
use std::sync::Mutex;
use std::task::Waker;

use msnp::Malformed;
use swallowtail_base::lock;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::advance;

use super::*;
use crate::net::Pause;

/// The number of bytes in the answer to the test command `BIG`: more than half of `OWN_BACKLOG`.
const BIG: usize = 40_000;

/// A session that answers each line with the same line. `BIG` is answered with many bytes, and
/// `OUT` also closes the connection. `WAIT` waits until the test releases the command. `REST`
/// pauses for ten seconds. `PACE` sends a line to `slow`, and pauses until the line is written or
/// ten seconds have passed. `HALT` pauses until everything that is queued for `slow` is written,
/// but at least for a second. `TAKE n` has a payload, and `BAD` is malformed. `NEST` serves another
/// connection before the session answers.
struct Echo {
    slow: Arc<Outbox>,
    outbox: Arc<Outbox>,
    gate: Option<oneshot::Receiver<()>>,
    ended: Arc<Mutex<u32>>,
    handled: Arc<Mutex<u32>>,
    pause: Option<Pause>,
    idle: Option<Duration>,
}

impl Session for Echo {
    type Outcome = ();

    fn payload_length(&mut self, line: &[u8]) -> Result<usize, Refusal> {
        match line.strip_prefix(b"TAKE ") {
            Some(length) => Ok(msnp::word::number(length).ok_or(Malformed::PayloadLength)? as usize),
            None if line == b"BAD" => Err(Malformed::UnknownVerb.into()),
            None => Ok(0),
        }
    }

    fn receive(&mut self, frame: Frame<'_>) -> Result<Handled<()>, Refusal> {
        *lock(&self.handled) += 1;
        let answer = [frame.line, b"\n"].concat();
        if frame.line == b"WAIT" {
            let (gate, outbox) = (self.gate.take(), self.outbox.clone());
            return Ok(Handled::Wait(Box::pin(async move {
                if let Some(gate) = gate {
                    let _ = gate.await;
                }
                outbox.reply(|out| out.extend(answer));
            })));
        }
        if frame.line == b"BIG" {
            self.outbox.reply(|out| out.resize(out.len() + BIG, b'x'));
            return Ok(Handled::Done);
        }
        if frame.line == b"NEST" {
            let answer = serve_another();
            self.outbox.reply(|out| out.extend(answer));
            return Ok(Handled::Done);
        }
        if frame.line == b"OUT" {
            self.outbox.close_with(|out| out.extend(answer));
            return Ok(Handled::Done);
        }
        if frame.line == b"REST" {
            self.pause = Some(Pause::of(Duration::from_secs(10)));
        }
        let until_written = || Pause::until_written(self.slow.clone(), Duration::from_secs(10));
        if frame.line == b"PACE" {
            self.slow.send(|out| out.extend(b"a line"));
            self.pause = Some(until_written());
        }
        if frame.line == b"HALT" {
            self.pause = Some(until_written().and(Some(Duration::from_secs(1))));
        }
        self.outbox.reply(|out| out.extend(answer));
        Ok(Handled::Done)
    }

    fn refuse(&mut self, _refusal: Refusal) {}

    fn take_pause(&mut self) -> Option<Pause> {
        self.pause.take()
    }

    fn idle_deadline(&self, _opened: Instant, last: Instant) -> Option<Instant> {
        self.idle.map(|idle| last + idle)
    }

    fn ended(&mut self) {
        *lock(&self.ended) += 1;
    }
}

/// Serves another connection during this call, until that connection has nothing more to do.
/// Returns the other connection's answer to one line.
fn serve_another() -> Vec<u8> {
    let context = &mut Context::from_waker(Waker::noop());
    let (mut near, far) = tokio::io::duplex(100);
    assert!(pin!(near.write_all(b"INNER\n")).poll(context).is_ready());
    let outbox = Outbox::new(100);
    let (ended, handled) = (Arc::default(), Arc::default());
    let slow = Outbox::new(100);
    let session = Echo { slow, outbox: outbox.clone(), gate: None, ended, handled, pause: None, idle: None };
    let mut served = Box::pin(serve(far, session, outbox, LineRules::NOTIFICATION));
    assert!(served.as_mut().poll(context).is_pending());
    let mut answer = vec![0; 6];
    assert!(pin!(near.read_exact(&mut answer)).poll(context).is_ready());
    answer
}

struct Peer {
    stream: DuplexStream,
    /// The queue of the connection that `PACE` pauses for. No task writes the bytes in this queue
    /// to a socket.
    slow: Arc<Outbox>,
    outbox: Arc<Outbox>,
    open_gate: oneshot::Sender<()>,
    ended: Arc<Mutex<u32>>,
    handled: Arc<Mutex<u32>>,
    task: JoinHandle<()>,
}

/// Opens a connection whose stream buffers up to `room` bytes in each direction.
fn connect(room: usize, idle: Option<Duration>) -> Peer {
    let (near, far) = tokio::io::duplex(room);
    let outbox = Outbox::new(1000);
    let (open_gate, gate) = oneshot::channel();
    let (ended, handled) = (Arc::new(Mutex::new(0)), Arc::new(Mutex::new(0)));
    let slow = Outbox::new(1000);
    let session = Echo {
        slow: slow.clone(),
        outbox: outbox.clone(),
        gate: Some(gate),
        ended: ended.clone(),
        handled: handled.clone(),
        pause: None,
        idle,
    };
    let task = tokio::spawn(serve(far, session, outbox.clone(), LineRules::NOTIFICATION));
    Peer { stream: near, slow, outbox, open_gate, ended, handled, task }
}

impl Peer {
    async fn send(&mut self, text: &str) {
        self.stream.write_all(text.as_bytes()).await.unwrap();
    }

    async fn receive(&mut self, text: &str) {
        let mut received = vec![0; text.len()];
        self.stream.read_exact(&mut received).await.unwrap();
        assert_eq!(String::from_utf8_lossy(&received), text);
    }

    /// Asserts that nothing has arrived when all other tasks are idle.
    async fn receive_nothing(&mut self) {
        let silence = tokio::time::timeout(Duration::from_millis(1), self.stream.read_u8()).await;
        assert!(silence.is_err(), "{silence:?}");
    }

    async fn is_closed(&mut self) -> bool {
        let mut rest = Vec::new();
        let end = tokio::time::timeout(Duration::from_millis(1), self.stream.read_to_end(&mut rest)).await;
        end.is_ok() && rest.is_empty()
    }
}

#[tokio::test(start_paused = true)]
async fn a_command_that_waits_delays_later_commands_but_not_lines_from_other_connections() {
    let mut peer = connect(4096, None);
    peer.send("A\nWAIT\nB\n").await;
    peer.receive("A\n").await;
    assert!(peer.outbox.send(|out| out.extend(b"from another connection\n")).is_some());
    peer.receive("from another connection\n").await;
    peer.receive_nothing().await;
    peer.open_gate.send(()).unwrap();
    peer.stream.write_all(b"C\n").await.unwrap();
    let mut received = [0; 9];
    peer.stream.read_exact(&mut received).await.unwrap();
    assert_eq!(&received, b"WAIT\nB\nC\n");
}

#[tokio::test(start_paused = true)]
async fn a_session_may_serve_another_connection_while_it_handles_a_command() {
    let mut peer = connect(4096, None);
    peer.send("A\nNEST\nB\n").await;
    peer.receive("A\nINNER\nB\n").await;
}

#[tokio::test(start_paused = true)]
async fn the_server_reads_more_slowly_from_a_peer_that_sends_too_fast() {
    let mut peer = connect(4096, None);
    peer.send("REST\nA\n").await;
    peer.receive("REST\n").await;
    advance(Duration::from_secs(9)).await;
    peer.receive_nothing().await;
    advance(Duration::from_secs(1)).await;
    peer.receive("A\n").await;
}

/// Empties a queue, like a connection whose socket accepts everything.
fn write_all(outbox: &Outbox) {
    let context = &mut Context::from_waker(Waker::noop());
    while outbox.poll_take(context, &mut Vec::new()) == Poll::Ready(Taken::Bytes) {}
}

#[tokio::test(start_paused = true)]
async fn a_pause_for_a_slow_reader_ends_when_the_queue_of_that_reader_has_been_written() {
    let mut peer = connect(4096, None);
    peer.send("PACE\nPACE\nPACE\nA\n").await;
    for next in ["PACE\n", "PACE\n", "PACE\n", "A\n"] {
        let begun = Instant::now();
        peer.receive(next).await;
        assert_eq!(begun.elapsed(), Duration::ZERO, "the reader's task woke the sender's task");
        peer.receive_nothing().await;
        write_all(&peer.slow);
    }
}

#[tokio::test(start_paused = true)]
async fn a_pause_for_a_slow_reader_has_a_minimum_and_a_maximum_length() {
    for (commands, seconds) in [("HALT\nA\n", 1), ("PACE\nA\n", 10), ("PACE\nHALT\nA\n", 20)] {
        let mut peer = connect(4096, None);
        let begun = Instant::now();
        peer.send(commands).await;
        peer.receive(commands).await;
        assert_eq!(begun.elapsed(), Duration::from_secs(seconds), "{commands}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_pause_for_a_slow_reader_ends_when_the_connection_of_that_reader_ends() {
    let mut peer = connect(4096, None);
    peer.send("PACE\nA\n").await;
    peer.receive("PACE\n").await;
    peer.receive_nothing().await;
    peer.slow.shut();
    let begun = Instant::now();
    peer.receive("A\n").await;
    assert_eq!(begun.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn an_incomplete_line_times_out_after_30_seconds_and_an_incomplete_payload_after_60() {
    for (begun, seconds) in [("HALF A LI", 30), ("TAKE 5\nab", 60)] {
        let mut peer = connect(4096, None);
        peer.send(begun).await;
        peer.receive_nothing().await;
        advance(Duration::from_secs(seconds - 1)).await;
        peer.receive_nothing().await;
        advance(Duration::from_secs(1)).await;
        assert!(peer.is_closed().await, "{begun}");
        assert_eq!(*lock(&peer.ended), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn the_timeout_for_an_incomplete_line_starts_again_with_each_line() {
    let mut peer = connect(4096, None);
    for _ in 0..5 {
        peer.send("\nHALF").await;
        advance(Duration::from_secs(20)).await;
    }
    peer.send("\n").await;
    for _ in 0..5 {
        peer.receive("HALF\n").await;
    }
}

#[tokio::test(start_paused = true)]
async fn each_received_byte_restarts_the_timeout_that_closes_a_silent_connection() {
    let mut peer = connect(4096, Some(Duration::from_secs(180)));
    for _ in 0..3 {
        advance(Duration::from_secs(170)).await;
        peer.send("A\n").await;
        peer.receive("A\n").await;
    }
    advance(Duration::from_secs(179)).await;
    peer.receive_nothing().await;
    advance(Duration::from_secs(1)).await;
    assert!(peer.is_closed().await);
}

#[tokio::test(start_paused = true)]
async fn answers_that_were_queued_before_an_invalid_line_still_arrive() {
    let mut peer = connect(4096, None);
    peer.send("A\nBAD\nB\n").await;
    peer.receive("A\n").await;
    assert!(peer.is_closed().await);
    assert_eq!(*lock(&peer.ended), 1);
}

#[tokio::test(start_paused = true)]
async fn commands_that_a_client_sends_after_the_command_out_are_ignored() {
    let mut peer = connect(4096, None);
    let handled = peer.handled.clone();
    peer.send("A\nOUT\nB\n").await;
    peer.receive("A\nOUT\n").await;
    assert!(peer.is_closed().await);
    assert_eq!(*lock(&handled), 2);
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_does_not_read_the_last_bytes_is_disconnected_after_a_second() {
    let peer = connect(4, None);
    peer.outbox.close_with(|out| out.extend(b"a long goodbye"));
    tokio::time::sleep(Duration::from_millis(900)).await;
    assert!(!peer.task.is_finished(), "the peer may still read");
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(peer.task.is_finished());
    assert_eq!(*lock(&peer.ended), 1);
}

#[tokio::test(start_paused = true)]
async fn a_reader_that_is_too_slow_is_disconnected_and_further_sends_to_that_reader_fail() {
    let peer = connect(4, None);
    let took: Vec<bool> = (0..5).map(|_| peer.outbox.send(|out| out.extend([b'x'; 300])).is_some()).collect();
    assert_eq!(took, [true, true, true, false, false]);
    peer.task.await.unwrap();
    assert_eq!(*lock(&peer.ended), 1);
}

#[tokio::test(start_paused = true)]
async fn commands_that_are_sent_together_all_get_complete_answers_even_if_the_answers_are_long() {
    let start = Instant::now();
    for room in [100, 1 << 20] {
        let mut peer = connect(room, None);
        peer.send("BIG\nBIG\nBIG\nBIG\nBIG\nA\n").await;
        peer.receive(&"x".repeat(5 * BIG)).await;
        peer.receive("A\n").await;
    }
    // The test's clock moves only when every task waits for the clock. So if the clock has moved,
    // every task was asleep although there was work to do.
    assert_eq!(start.elapsed(), Duration::ZERO, "a wake-up was lost");
}

#[tokio::test(start_paused = true)]
async fn commands_wait_while_the_peer_does_not_read_the_answers() {
    let mut peer = connect(100, None);
    peer.send("BIG\nBIG\nA\nB\nC\n").await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(*lock(&peer.handled), 2);
}

#[tokio::test(start_paused = true)]
async fn the_session_of_a_broken_connection_ends_exactly_once() {
    let peer = connect(4096, None);
    drop(peer.stream);
    peer.task.await.unwrap();
    assert_eq!(*lock(&peer.ended), 1);
    assert!(peer.outbox.send(|out| out.push(b'x')).is_none());
}
