//! A stream with timeouts. It fails if the time between two requests is too long, if the head of a request takes too
//! long, or if the peer does not read an answer.
//!
//! hyper has one timer for the first two cases, but here they have different timeouts.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use swallowtail_base::lock;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep_until};

/// The longest time that the head of a request may take (http.md section 0 item 7).
pub(super) const HEAD_TIMEOUT: Duration = Duration::from_secs(10);
/// The longest time that a connection may be idle between requests, or that an answer may wait for the peer to read it
/// (http.md section 0 item 7).
const IDLE_TIMEOUT: Duration = Duration::from_secs(60);

/// The phase of a connection. The stream and the handler of its requests share it.
#[derive(Clone, Debug)]
pub(super) struct Phase(Arc<Mutex<At>>);

#[derive(Clone, Copy, Debug)]
enum At {
    /// The connection has been between two requests since this time. If the first bytes of a head
    /// arrive together with the previous request, the stream does not notice these bytes. In that
    /// case, the timeout between two requests also applies to that head.
    Idle(Instant),
    /// The server has been reading a head since this time.
    Head(Instant),
    /// The server is handling a request. This phase has timeouts of its own.
    Busy,
}

impl Phase {
    /// Creates the phase in which the server reads a head. The phase began at the time `since`.
    pub(super) fn head(since: Instant) -> Self {
        Self(Arc::new(Mutex::new(At::Head(since))))
    }

    /// Notes that the head is complete.
    pub(super) fn busy(&self) {
        *lock(&self.0) = At::Busy;
    }

    /// Notes that the request is answered.
    pub(super) fn idle(&self) {
        *lock(&self.0) = At::Idle(Instant::now());
    }

    /// Returns whether the server is reading a head that is not complete yet.
    pub(super) fn is_head(&self) -> bool {
        matches!(*lock(&self.0), At::Head(_))
    }

    fn deadline(&self) -> Option<Instant> {
        match *lock(&self.0) {
            At::Idle(since) => Some(since + IDLE_TIMEOUT),
            At::Head(since) => Some(since + HEAD_TIMEOUT),
            At::Busy => None,
        }
    }

    fn bytes_came(&self) {
        let mut at = lock(&self.0);
        if let At::Idle(_) = *at {
            *at = At::Head(Instant::now());
        }
    }
}

/// A stream with timeouts.
#[derive(Debug)]
pub(super) struct Paced<S> {
    stream: S,
    phase: Phase,
    /// The time at which the stream stopped accepting writes. `None` if it accepts them now.
    stalled: Option<Instant>,
    timer: Pin<Box<Sleep>>,
}

impl<S> Paced<S> {
    pub(super) fn new(stream: S, phase: Phase) -> Self {
        Self { stream, phase, stalled: None, timer: Box::pin(sleep_until(Instant::now())) }
    }

    /// Returns the stream without timeouts.
    pub(super) fn into_inner(self) -> S {
        self.stream
    }

    /// Returns the phase of the connection.
    pub(super) fn phase(&self) -> Phase {
        self.phase.clone()
    }

    /// Returns an error if `deadline` has passed. Otherwise arranges that the task is woken at that
    /// time.
    fn poll_deadline<T>(&mut self, context: &mut Context<'_>, deadline: Option<Instant>) -> Poll<io::Result<T>> {
        let Some(deadline) = deadline else { return Poll::Pending };
        self.timer.as_mut().reset(deadline);
        match self.timer.as_mut().poll(context) {
            Poll::Ready(()) => Poll::Ready(Err(io::ErrorKind::TimedOut.into())),
            Poll::Pending => Poll::Pending,
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Paced<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        if buffer.filled().len() > before {
            self.phase.bytes_came();
        }
        match self.phase.deadline() {
            // If a client sends the head byte by byte, there can always be a byte to read. Then the
            // read is never pending, and the timer of `poll_deadline` is never polled. This arm
            // applies the timeout of the head in that case too.
            Some(deadline) if deadline <= Instant::now() => Poll::Ready(Err(io::ErrorKind::TimedOut.into())),
            deadline if read.is_pending() => self.poll_deadline(context, deadline),
            _ => read,
        }
    }
}

impl<S: AsyncWrite + Unpin> Paced<S> {
    fn watch<T>(&mut self, context: &mut Context<'_>, written: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.stalled = None;
            return written;
        }
        let since = *self.stalled.get_or_insert_with(Instant::now);
        self.poll_deadline(context, Some(since + IDLE_TIMEOUT))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Paced<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.watch(context, written)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(context);
        self.watch(context, flushed)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
