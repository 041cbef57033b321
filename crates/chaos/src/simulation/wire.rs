//! The network of one connection, in memory. Bytes arrive late or in pieces, wait for a client that
//! does not read, or are lost with the connection.

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use swallowtail_base::lock;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Instant;

use crate::random::Random;

/// The number of bytes that the network buffers between the server and a client that does not read.
const WINDOW: usize = 16 * 1024;
/// The time without an acknowledgement after which the kernel ends a connection: the TCP user timeout of the server.
const USER_TIMEOUT: Duration = Duration::from_secs(20);
/// The time without any packet after which the kernel asks whether the other side is still there.
const KEEPALIVE: Duration = Duration::from_secs(60);

/// The client's end of a connection.
#[derive(Clone, Debug)]
pub(super) struct Wire(Arc<Mutex<State>>);

/// The server's end of a connection.
#[derive(Debug)]
pub(super) struct ServerEnd(Arc<Mutex<State>>);

/// The quality of a network.
#[derive(Clone, Copy, Debug)]
pub(super) struct Quality {
    /// The maximum number of steps of the schedule until bytes arrive.
    pub(super) delay: u64,
    /// The maximum number of bytes that are read or written at a time.
    pub(super) piece: u64,
    /// The probability, in percent, that a task has to wait although it could continue.
    pub(super) hesitation: u64,
}

impl Quality {
    /// A network without faults.
    pub(super) const PERFECT: Self = Self { delay: 0, piece: u64::MAX, hesitation: 0 };
}

#[derive(Debug)]
struct State {
    random: Random,
    quality: Quality,
    step: u64,
    up: Lane,
    down: Lane,
    /// True if the client reads.
    is_read: bool,
    /// If the network has silently stopped, the time at which it first lost a packet from the
    /// server. Even if the server sends no data, its kernel eventually sends a keepalive packet.
    lost_at: Option<Instant>,
    /// True if the connection is lost and both sides know it.
    is_broken: bool,
}

/// One direction of a connection.
#[derive(Debug, Default)]
struct Lane {
    /// Pieces on their way, and the step at which each arrives.
    on_their_way: VecDeque<(u64, Vec<u8>)>,
    arrived: VecDeque<u8>,
    /// If the sender has closed its side, the step at which the receiver can notice the close.
    end: Option<u64>,
    waker: Option<Waker>,
}

impl Lane {
    fn push(&mut self, step: u64, bytes: &[u8]) {
        let step = self.on_their_way.back().map_or(step, |(last, _)| step.max(*last));
        self.on_their_way.push_back((step, bytes.to_vec()));
    }

    fn close(&mut self, step: u64) {
        let step = self.on_their_way.back().map_or(step, |(last, _)| step.max(*last));
        self.end.get_or_insert(step);
    }

    /// Lets everything arrive that is due. Returns whether something arrived.
    fn arrive(&mut self, step: u64) -> bool {
        let before = self.arrived.len();
        while let Some((_, bytes)) = self.on_their_way.pop_front_if(|(due, _)| *due <= step) {
            self.arrived.extend(bytes);
        }
        self.arrived.len() > before || self.has_ended(step)
    }

    fn has_ended(&self, step: u64) -> bool {
        self.on_their_way.is_empty() && self.end.is_some_and(|end| end <= step)
    }

    fn len(&self) -> usize {
        self.arrived.len() + self.on_their_way.iter().map(|(_, bytes)| bytes.len()).sum::<usize>()
    }

    fn wake(&mut self) {
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }

    fn wait(&mut self, context: &Context<'_>) {
        self.waker = Some(context.waker().clone());
    }
}

/// Creates a connection.
pub(super) fn connection(random: Random, quality: Quality, step: u64) -> (Wire, ServerEnd) {
    let state = State {
        random,
        quality,
        step,
        up: Lane::default(),
        down: Lane::default(),
        is_read: true,
        lost_at: None,
        is_broken: false,
    };
    let state = Arc::new(Mutex::new(state));
    (Wire(state.clone()), ServerEnd(state))
}

impl Wire {
    /// Sends bytes. If the connection is lost, the bytes are also lost.
    pub(super) fn send(&self, bytes: &[u8]) {
        let mut state = lock(&self.0);
        if state.lost_at.is_none() {
            let due = state.due();
            state.up.push(due, bytes);
        }
    }

    /// Closes the client's side (FIN).
    pub(super) fn close(&self) {
        let mut state = lock(&self.0);
        if state.lost_at.is_none() {
            let due = state.due();
            state.up.close(due);
        }
    }

    /// Ends the connection so that the server notices immediately (RST).
    pub(super) fn cut(&self) {
        lock(&self.0).break_down();
    }

    /// Ends the connection so that the server notices it only by a timeout.
    pub(super) fn silence(&self) {
        let mut state = lock(&self.0);
        state.lost_at = Some(Instant::now() + KEEPALIVE);
        state.down = Lane { waker: state.down.waker.take(), ..Lane::default() };
        state.down.wake();
    }

    /// Sets whether the client reads.
    pub(super) fn set_read(&self, is_read: bool) {
        lock(&self.0).is_read = is_read;
    }

    pub(super) fn set_quality(&self, quality: Quality) {
        lock(&self.0).quality = quality;
    }

    /// Moves the connection to a step of the schedule, and lets the bytes arrive that are due.
    pub(super) fn advance(&self, step: u64) {
        let mut state = lock(&self.0);
        state.step = step;
        let now = Instant::now();
        if state.lost_at.is_some_and(|lost| lost + USER_TIMEOUT <= now) {
            state.break_down();
        }
        if state.up.arrive(step) {
            state.up.wake();
        }
        state.down.arrive(step);
    }

    /// Adds the bytes that have arrived at the client to `buffer`. Returns `true` if the connection
    /// has ended, and no bytes are left.
    pub(super) fn receive(&self, buffer: &mut Vec<u8>) -> bool {
        let mut state = lock(&self.0);
        if !state.is_read {
            return false;
        }
        let length = state.down.arrived.len();
        let piece = state.piece(length);
        buffer.extend(state.down.arrived.drain(..piece));
        state.down.wake();
        state.is_broken || (piece == length && state.down.has_ended(state.step))
    }
}

impl State {
    /// Returns the step at which bytes arrive if they are sent now.
    fn due(&mut self) -> u64 {
        self.step + self.random.below(self.quality.delay + 1)
    }

    /// Returns how many of `length` bytes are carried in one step. The result is at least 1 if
    /// `length` is not 0.
    fn piece(&mut self, length: usize) -> usize {
        let most = u64::try_from(length).unwrap_or(u64::MAX).min(self.quality.piece);
        if most == 0 || self.quality.piece == u64::MAX {
            return length;
        }
        usize::try_from(1 + self.random.below(most)).unwrap_or(length)
    }

    fn break_down(&mut self) {
        self.is_broken = true;
        self.up.wake();
        self.down.wake();
    }

    /// Returns an error if the connection is lost. Sometimes makes the task wait.
    fn check(&mut self, context: &Context<'_>) -> Poll<io::Result<()>> {
        if self.is_broken {
            return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
        }
        if self.quality.hesitation > 0 && self.random.chance(self.quality.hesitation) {
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncRead for ServerEnd {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let mut state = lock(&self.0);
        std::task::ready!(state.check(context))?;
        if state.up.arrived.is_empty() {
            if state.up.has_ended(state.step) {
                return Poll::Ready(Ok(()));
            }
            state.up.wait(context);
            return Poll::Pending;
        }
        let length = state.up.arrived.len().min(into.remaining());
        let piece = state.piece(length);
        let (front, back) = state.up.arrived.as_slices();
        let from_front = piece.min(front.len());
        into.put_slice(&front[..from_front]);
        into.put_slice(&back[..piece - from_front]);
        state.up.arrived.drain(..piece);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for ServerEnd {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let mut state = lock(&self.0);
        std::task::ready!(state.check(context))?;
        let length = bytes.len().min(WINDOW.saturating_sub(state.down.len()));
        if length == 0 {
            state.down.wait(context);
            return Poll::Pending;
        }
        let piece = state.piece(length);
        if let Some(lost) = &mut state.lost_at {
            *lost = Instant::now().min(*lost);
        }
        let due = state.due();
        state.down.push(due, &bytes[..piece]);
        Poll::Ready(Ok(piece))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        lock(&self.0).finish();
        Poll::Ready(Ok(()))
    }
}

impl State {
    /// Closes the server's side.
    fn finish(&mut self) {
        let due = self.due();
        self.down.close(due);
    }
}

impl Drop for ServerEnd {
    fn drop(&mut self) {
        lock(&self.0).finish();
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    fn perfect() -> (Wire, ServerEnd) {
        connection(Random::new(1), Quality::PERFECT, 0)
    }

    #[tokio::test(start_paused = true)]
    async fn bytes_may_arrive_late_and_in_pieces_but_all_arrive_in_order() {
        let quality = Quality { delay: 3, piece: 7, hesitation: 30 };
        let (wire, mut server) = connection(Random::new(1), quality, 0);
        let sent: Vec<u8> = (0..=255).collect();
        sent.chunks(50).for_each(|part| wire.send(part));
        wire.close();
        let task = tokio::spawn(async move {
            let mut received = Vec::new();
            server.read_to_end(&mut received).await.unwrap();
            server.write_all(&received).await.unwrap();
        });
        let mut echoed = Vec::new();
        let mut step = 0;
        while !wire.receive(&mut echoed) {
            step += 1;
            assert!(step < 1000);
            wire.advance(step);
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        task.await.unwrap();
        assert_eq!(echoed, sent);
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_does_not_read_makes_the_server_wait() {
        let (wire, mut server) = perfect();
        wire.set_read(false);
        let task = tokio::spawn(async move { server.write_all(&[7; WINDOW + 1]).await });
        tokio::time::sleep(USER_TIMEOUT * 2).await;
        assert!(!task.is_finished());
        wire.set_read(true);
        wire.advance(1);
        wire.receive(&mut Vec::new());
        task.await.unwrap().unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn a_silent_client_is_noticed_after_the_timeout_but_a_cut_connection_is_noticed_immediately() {
        let (wire, mut server) = perfect();
        wire.silence();
        server.write_all(b"QNG").await.unwrap();
        wire.advance(1);
        server.write_all(b"QNG").await.unwrap();
        tokio::time::sleep(USER_TIMEOUT).await;
        wire.advance(2);
        assert!(server.write_all(b"QNG").await.is_err());
        let (wire, mut server) = perfect();
        wire.cut();
        assert!(server.read_u8().await.is_err());
    }
}
