//! The task of one connection: it reads, passes frames to the session, writes the outbox and enforces timeouts.
//!
//! An idle connection has no buffer. The task reads into a buffer that all connections of the thread share, and handles
//! complete commands directly from that buffer. A command that needs the store returns a future. Until the future is
//! done, the task handles no further command, but it still writes lines from other connections. A connection never
//! waits for another connection.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use msnp::Refusal;
use msnp::frame::{Decoder, Flow, Frame, LineRules, Pending, Receiver};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep};

use super::outbox::Taken;
use super::pause::Pausing;
use super::scratch;
use super::{CommandFuture, Handled, Outbox, Session, Stop};

/// The number of reads after which a task lets other tasks run.
const READS_IN_A_ROW: usize = 4;
/// The server stops reading from a connection while more than this many bytes of the connection's own answers are
/// unsent.
const OWN_BACKLOG: usize = 64 * 1024;
/// The rest of an incomplete line must arrive within this time (framing.md section 4).
const LINE_TIMEOUT: Duration = Duration::from_secs(30);
/// The rest of a payload must arrive within this time (framing.md section 4).
const PAYLOAD_TIMEOUT: Duration = Duration::from_secs(60);
/// If a connection is closing, its peer must read the queued bytes within this time (framing.md
/// section 11).
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);
/// A time that is long enough to mean that there is no deadline.
const NEVER: Duration = Duration::from_secs(86_400);

/// Returns a future that serves a connection until the connection ends. An `async` function would keep the stream and
/// the session twice: as its arguments, and in the driver.
pub fn serve<T, S>(stream: T, session: S, outbox: Arc<Outbox>, rules: LineRules) -> impl Future<Output = ()>
where
    T: AsyncRead + AsyncWrite + Unpin,
    S: Session + Unpin,
{
    let now = Instant::now();
    Driver {
        stream,
        inbound: Inbound { session, outbox: outbox.clone(), waiting: None, pausing: None, frames: 0 },
        decoder: Decoder::new(rules),
        outbox,
        writing: Vec::new(),
        written: 0,
        paused: false,
        opened: now,
        last_read: now,
        begun: None,
        closing: None,
        timer: Box::pin(tokio::time::sleep(NEVER)),
    }
}

struct Driver<T, S: Session> {
    stream: T,
    inbound: Inbound<S>,
    decoder: Decoder,
    outbox: Arc<Outbox>,
    /// The bytes that were taken out of the outbox. The first `written` of these bytes are already written to the
    /// stream.
    writing: Vec<u8>,
    written: usize,
    /// True if the decoder may contain complete frames that are not handled yet.
    paused: bool,
    opened: Instant,
    last_read: Instant,
    /// The part of a frame that is incomplete, and the time when the server began to wait for the rest. `None` if no
    /// frame is incomplete.
    begun: Option<(Pending, Instant)>,
    /// The deadline for writing the last bytes, if the connection is closing.
    closing: Option<Instant>,
    timer: Pin<Box<Sleep>>,
}

/// Passes frames to the session.
struct Inbound<S: Session> {
    session: S,
    outbox: Arc<Outbox>,
    waiting: Option<CommandFuture<S::Outcome>>,
    pausing: Option<Pausing>,
    /// The number of frames that have arrived.
    frames: u64,
}

impl<S: Session> Receiver for Inbound<S> {
    type Stop = Stop;

    fn payload_length(&mut self, line: &[u8]) -> Result<usize, Stop> {
        self.session.payload_length(line).map_err(|refusal| self.stop(refusal))
    }

    fn receive(&mut self, frame: Frame<'_>) -> Result<Flow, Stop> {
        self.frames += 1;
        match self.session.receive(frame) {
            Ok(Handled::Done) => {}
            Ok(Handled::Wait(future)) => self.waiting = Some(future),
            Err(refusal @ Refusal::Answer(..)) => self.session.refuse(refusal),
            Err(refusal) => return Err(self.stop(refusal)),
        }
        self.pausing = self.session.take_pause().map(Pausing::new);
        // After the connection has begun to close, the server carries out no further command. This
        // rule applies whether the client's OUT or something else closes the connection.
        let unsent = self.outbox.own_unsent().ok_or(Stop::Answered)?;
        Ok(if self.must_wait(unsent) { Flow::Pause } else { Flow::Continue })
    }
}

impl<S: Session> Inbound<S> {
    fn stop(&mut self, refusal: Refusal) -> Stop {
        match refusal {
            Refusal::Close(malformed) => Stop::Malformed(malformed),
            Refusal::Answer(..) | Refusal::Fatal(..) => {
                self.session.refuse(refusal);
                Stop::Answered
            }
        }
    }

    /// Ends the pause if it is over.
    fn poll_pausing(&mut self, context: &mut Context<'_>) {
        if self.pausing.as_ref().is_some_and(|pausing| pausing.poll(context).is_ready()) {
            self.pausing = None;
        }
    }

    /// Returns whether the next command has to wait.
    fn is_blocked(&self) -> bool {
        self.must_wait(self.outbox.own_unsent().unwrap_or(0))
    }

    /// Returns whether the next command has to wait while `own_unsent` bytes of the connection's own answers are unsent.
    fn must_wait(&self, own_unsent: usize) -> bool {
        self.waiting.is_some() || self.pausing.is_some() || own_unsent > OWN_BACKLOG
    }
}

/// Drives the connection. Ready when the connection has ended.
impl<T, S> Future for Driver<T, S>
where
    T: AsyncRead + AsyncWrite + Unpin,
    S: Session + Unpin,
{
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        self.outbox.begin_poll();
        for _ in 0..READS_IN_A_ROW {
            self.poll_waiting(context);
            if self.poll_write(context).is_ready() {
                return Poll::Ready(());
            }
            if self.can_go_on(context) {
                // The task held commands back, for example while too many answers were unsent. It
                // can handle these commands now.
                continue;
            }
            let next = match self.poll_read(context) {
                Poll::Pending => self.poll_timer(context),
                read => read,
            };
            match next {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Step::Over) => return Poll::Ready(()),
                Poll::Ready(Step::Again) => {}
            }
        }
        // There is more to do, but let other tasks run first. The timer is checked here because
        // timeouts also apply to a peer that sends without a pause.
        if let Poll::Ready(Step::Over) = self.poll_timer(context) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    }
}

impl<T, S> Driver<T, S>
where
    T: AsyncRead + AsyncWrite + Unpin,
    S: Session + Unpin,
{
    /// Continues the command that waits for the store. When it is done, handles the commands that
    /// arrived after it.
    fn poll_waiting(&mut self, context: &mut Context<'_>) {
        loop {
            if let Some(waiting) = &mut self.inbound.waiting {
                let Poll::Ready(outcome) = waiting.as_mut().poll(context) else {
                    return;
                };
                self.inbound.waiting = None;
                if let Err(stop) = self.inbound.session.finish(outcome) {
                    return self.stop(stop);
                }
            }
            if !self.can_go_on(context) {
                return;
            }
            self.feed(&[]);
        }
    }

    /// Returns whether the task has held commands back and can handle them now. If these commands
    /// must wait until a pause ends, the end of the pause wakes the task. The task calls this
    /// method after every command, so that no wake-up is lost.
    fn can_go_on(&mut self, context: &mut Context<'_>) -> bool {
        self.inbound.poll_pausing(context);
        self.paused && self.closing.is_none() && !self.inbound.is_blocked()
    }

    fn feed(&mut self, chunk: &[u8]) {
        let before = self.inbound.frames;
        let result = self.decoder.feed(chunk, &mut self.inbound);
        self.paused = self.inbound.is_blocked();
        if let Err(stop) = result {
            return self.stop(stop);
        }
        let pending = if self.paused { Pending::Nothing } else { self.decoder.pending() };
        let same = before == self.inbound.frames && self.begun.is_some_and(|(begun, _)| begun == pending);
        if !same {
            self.begun = (pending != Pending::Nothing).then(|| (pending, Instant::now()));
        }
    }

    /// Ends the session. The task still writes the queued bytes.
    fn stop(&mut self, stop: Stop) {
        if let Stop::Malformed(why) = stop {
            tracing::debug!(%why, "closing a connection: malformed input");
        }
        self.outbox.close();
        self.end_session();
    }

    fn end_session(&mut self) {
        if self.closing.is_none() {
            self.closing = Some(Instant::now() + CLOSE_TIMEOUT);
            self.inbound.waiting = None;
            self.inbound.session.ended();
        }
    }

    /// Writes until the queue is empty or the socket is full. Returns `Ready` if the connection has
    /// ended.
    fn poll_write(&mut self, context: &mut Context<'_>) -> Poll<()> {
        loop {
            if self.written == self.writing.len() {
                self.writing = Vec::new();
                self.written = 0;
                match self.outbox.poll_take(context, &mut self.writing) {
                    Poll::Ready(Taken::Bytes) => {}
                    Poll::Ready(Taken::Close) => return self.poll_linger(context),
                    Poll::Ready(Taken::Abort) => return Poll::Ready(()),
                    Poll::Pending => {
                        let flushed = Pin::new(&mut self.stream).poll_flush(context);
                        return if matches!(flushed, Poll::Ready(Err(_))) { Poll::Ready(()) } else { Poll::Pending };
                    }
                }
            }
            match Pin::new(&mut self.stream).poll_write(context, &self.writing[self.written..]) {
                Poll::Ready(Ok(0) | Err(_)) => return Poll::Ready(()),
                Poll::Ready(Ok(count)) => self.written += count,
                Poll::Pending => {
                    return match ready!(self.outbox.poll_closing(context, self.writing.len() - self.written)) {
                        Taken::Abort => Poll::Ready(()),
                        // The connection is closing. The task writes the remaining bytes if the
                        // peer reads them before the deadline in `closing`.
                        _ => {
                            self.end_session();
                            Poll::Pending
                        }
                    };
                }
            }
        }
    }

    /// Sends FIN after everything is written, and waits for the peer's FIN. Without this wait,
    /// bytes that the peer has just sent would cause a reset, and the peer could lose the server's
    /// last line.
    fn poll_linger(&mut self, context: &mut Context<'_>) -> Poll<()> {
        self.end_session();
        if ready!(Pin::new(&mut self.stream).poll_shutdown(context)).is_err() {
            return Poll::Ready(());
        }
        scratch::with(|buffer| {
            while matches!(ready!(poll_read(&mut self.stream, context, buffer)), Ok([_, ..])) {}
            Poll::Ready(())
        })
    }

    fn poll_read(&mut self, context: &mut Context<'_>) -> Poll<Step> {
        if self.closing.is_some() || self.paused {
            return Poll::Pending;
        }
        scratch::with(|buffer| match ready!(poll_read(&mut self.stream, context, buffer)) {
            Ok(bytes @ [_, ..]) => {
                self.last_read = Instant::now();
                self.feed(bytes);
                Poll::Ready(Step::Again)
            }
            _ => Poll::Ready(Step::Over),
        })
    }

    /// Returns the earliest deadline and its meaning.
    fn deadline(&self) -> Option<(Instant, Due)> {
        if let Some(closing) = self.closing {
            return Some((closing, Due::Over));
        }
        let timeout = |kind| {
            if kind == Pending::Line { LINE_TIMEOUT } else { PAYLOAD_TIMEOUT }
        };
        let session = &self.inbound.session;
        let all = [
            self.begun.map(|(kind, since)| (since + timeout(kind), Due::TooSlow)),
            session.idle_deadline(self.opened, self.last_read).map(|at| (at, Due::TooSlow)),
            self.inbound.pausing.as_ref().map(|pausing| (pausing.next(), Due::Paused)),
            session.next_tick().map(|at| (at, Due::Tick)),
        ];
        all.into_iter().flatten().min_by_key(|(at, _)| *at)
    }

    /// Handles a deadline that has passed. If a deadline is postponed, the timer is reset only
    /// after it has fired. So the timer may fire before the deadline, but never after the deadline.
    fn poll_timer(&mut self, context: &mut Context<'_>) -> Poll<Step> {
        loop {
            if let Some((at, due)) = self.deadline() {
                if at <= Instant::now() {
                    return Poll::Ready(self.carry_out(due));
                }
                if at < self.timer.deadline() || self.timer.is_elapsed() {
                    self.timer.as_mut().reset(at);
                }
            }
            ready!(self.timer.as_mut().poll(context));
            self.timer.as_mut().reset(Instant::now() + NEVER);
        }
    }

    fn carry_out(&mut self, due: Due) -> Step {
        match due {
            Due::Over => return Step::Over,
            // The next poll finds out whether the pause is over.
            Due::Paused => {}
            Due::TooSlow => self.stop(Stop::Answered),
            Due::Tick => {
                if let Err(stop) = self.inbound.session.tick() {
                    self.stop(stop);
                }
            }
        }
        Step::Again
    }
}

/// The next step of a connection: end or continue.
enum Step {
    Over,
    Again,
}

/// The meaning of a deadline.
#[derive(Clone, Copy)]
enum Due {
    /// Closing took too long.
    Over,
    /// The peer is silent or too slow.
    TooSlow,
    /// The peer's pause may be over.
    Paused,
    /// The session's own timer.
    Tick,
}

/// Reads the bytes that are available. Returns no bytes at the end of the stream.
fn poll_read<'b, T: AsyncRead + Unpin>(
    stream: &mut T,
    context: &mut Context<'_>,
    buffer: &'b mut [u8],
) -> Poll<std::io::Result<&'b [u8]>> {
    let mut read = ReadBuf::new(buffer);
    ready!(Pin::new(stream).poll_read(context, &mut read))?;
    let count = read.filled().len();
    Poll::Ready(Ok(&buffer[..count]))
}

impl<T, S: Session> Drop for Driver<T, S> {
    fn drop(&mut self) {
        self.outbox.shut();
        if self.closing.is_none() {
            self.inbound.session.ended();
        }
    }
}

#[cfg(test)]
mod tests;
