//! Limits senders to the speed of their readers (ARCHITECTURE.md, "Decisions").
//!
//! A sender never waits for a socket. Instead, the server pauses before it reads the sender's next command, and TCP
//! slows the client down. The pause grows with the queue of the slowest reader. Therefore even a slow reader receives a
//! whole file, and the queue of a member that does not read at all still overflows soon.
//!
//! The readers of a message are the members that the message is for. Usually these are all other
//! members. If peer-to-peer data names a member, this member is the only reader of the data. The
//! remaining members receive the data too, but slow the sender down much less.

use std::sync::Arc;
use std::time::Duration;

use msnp::switchboard::AckFlag;
use tokio::time::Instant;

use crate::net::{Outbox, Pause};

/// If this many bytes are queued for a slow reader of peer-to-peer data, the sender pauses until
/// they are written. A chat message to the reader then waits in the server only for these bytes and
/// for the unsent bytes in the kernel (`site/src/accept.rs`). At 0.3 MB/s, that takes some 30 ms.
const LEAST_DATA: usize = 2 * 1024;
/// If this many bytes are queued for a fast reader of peer-to-peer data, the sender pauses until
/// they are written. A file arrives faster if more bytes are written together. One read of a socket
/// returns this many bytes.
const MOST_DATA: usize = 32 * 1024;
/// If the queued data is written within this time, the [`Allowance`] of the sender doubles. A
/// reader at 0.3 MB/s needs more than this time for [`LEAST_DATA`].
const FAST: Duration = Duration::from_millis(9);
/// If the queued data is not written within this time, the [`Allowance`] of the sender is halved.
const SLOW: Duration = Duration::from_millis(40);
/// The longest pause for data while the queue is short. A reader at 44 KB/s receives a chunk of 1.4
/// KB within this time, so its queue stays short.
const DATA_LONGEST_PAUSE: Duration = Duration::from_millis(32);
/// Above this length of the queue, the longest pause for data doubles with every further
/// [`DOUBLING`] bytes. Close to the limit of 256 KiB, data arrives at the speed of a modem, about 3
/// KiB/s. The queue of a member that reads nothing reaches the limit after about fifteen seconds,
/// before the kernel gives the connection up (`site/src/accept.rs`).
const DATA_DOUBLING: usize = 152 * 1024;
/// The sender of data pauses also if this many bytes are queued for a member that is not the
/// destination of the data. Without this pause, the queue of that member could overflow, and the
/// server would close its connection, even if the member is almost as fast as the reader or is busy
/// only for a while.
const OTHERS_PAUSE: usize = 32 * 1024;
/// The longest pause because of a member that is not the destination of the data. The sender can
/// send at least one chunk of 1.4 KB between two pauses. So a slow member never slows a file down
/// to less than 40 KB/s, and the queue of a slower member overflows instead.
const OTHERS_LONGEST_PAUSE: Duration = Duration::from_millis(32);
/// The sender of a message that is not data pauses if this many bytes are queued for a reader of
/// the message. This number is half of the limit of a queue (framing.md section 11). The sender of
/// data pauses at 32 KiB at the latest, so file transfers slow down long before chat does.
const CHAT_PAUSE: usize = 128 * 1024;
/// A pause doubles each time the queue grows by this many bytes.
const DOUBLING: usize = 24 * 1024;
/// The shortest pause: timers have a resolution of 1 ms.
const SHORTEST_PAUSE: Duration = Duration::from_millis(1);
/// The longest pause. No client drops the connection because of such a short pause.
const LONGEST_PAUSE: Duration = Duration::from_millis(512);

/// The amount of peer-to-peer data that a sender may queue for a reader before the sender pauses.
/// This amount grows or shrinks with the lengths of the pauses, which show how fast the reader is.
#[derive(Debug)]
pub(super) struct Allowance {
    bytes: usize,
    /// The time when the last pause began, if the sender has sent no data since then.
    paused: Option<Instant>,
}

impl Allowance {
    pub(super) const fn new() -> Self {
        Self { bytes: LEAST_DATA, paused: None }
    }

    /// Returns the allowance for the message that the sender sends now.
    pub(super) fn next(&mut self) -> usize {
        match self.paused.take().map(|since| since.elapsed()) {
            Some(pause) if pause <= FAST => self.bytes = MOST_DATA.min(2 * self.bytes),
            Some(pause) if pause > SLOW => self.bytes = LEAST_DATA.max(self.bytes / 2),
            _ => {}
        }
        self.bytes
    }

    /// Notes that the sender pauses after a message with data.
    pub(super) fn note_pause(&mut self) {
        self.paused = Some(Instant::now());
    }
}

/// The queues of the members that received a message.
pub(super) struct Readers<'a> {
    flag: AckFlag,
    /// The number of bytes of peer-to-peer data that may be queued for a reader before the sender
    /// pauses.
    allowance: usize,
    /// The reader with the longest queue, and the number of bytes from other connections in that queue.
    slowest: Option<(usize, &'a Arc<Outbox>)>,
    /// The number of bytes in the longest queue of a member that the message is not for.
    others: usize,
}

impl<'a> Readers<'a> {
    pub(super) const fn new(flag: AckFlag, allowance: usize) -> Self {
        Self { flag, allowance, slowest: None, others: 0 }
    }

    /// Adds a member for which `backlog` bytes are queued now. `is_reader` is false if the message is for another member.
    pub(super) fn add(&mut self, is_reader: bool, backlog: usize, outbox: &'a Arc<Outbox>) {
        if !is_reader {
            self.others = self.others.max(backlog);
        } else if self.slowest.is_none_or(|(longest, _)| backlog > longest) {
            self.slowest = Some((backlog, outbox));
        }
    }

    /// Returns the pause before the sender's next command.
    pub(super) fn pause(&self) -> Option<Pause> {
        let (backlog, outbox) = self.slowest?;
        if self.flag != AckFlag::Data {
            return chat_pause(backlog).map(Pause::of);
        }
        let others = others_pause(self.others);
        match data_pause(backlog, self.allowance) {
            Some(most) => Some(Pause::until_written(outbox.clone(), most).and(others)),
            None => others.map(Pause::of),
        }
    }
}

/// Returns the maximum length of the pause after a message with peer-to-peer data, or `None` for no
/// pause. `backlog` is the number of bytes that are queued for the reader of the data, including
/// the message.
fn data_pause(backlog: usize, allowance: usize) -> Option<Duration> {
    (backlog >= allowance).then(|| doubled(DATA_LONGEST_PAUSE, backlog.saturating_sub(DATA_DOUBLING)))
}

/// Returns the length of the pause because of a member that is not the destination of peer-to-peer
/// data, or `None` for no pause. `backlog` is the number of bytes that are queued for this member,
/// including the data.
fn others_pause(backlog: usize) -> Option<Duration> {
    backlog.checked_sub(OTHERS_PAUSE).map(|over| OTHERS_LONGEST_PAUSE.min(doubled(SHORTEST_PAUSE, over)))
}

/// Returns the length of the pause after a message that is not data, or `None` for no pause.
/// `backlog` is the number of bytes that are queued for the slowest reader, including the message.
fn chat_pause(backlog: usize) -> Option<Duration> {
    backlog.checked_sub(CHAT_PAUSE).map(|over| doubled(SHORTEST_PAUSE, over))
}

/// Returns `pause`, doubled once for every [`DOUBLING`] bytes in `over`. The result is at most
/// [`LONGEST_PAUSE`].
fn doubled(pause: Duration, over: usize) -> Duration {
    let doublings = u32::try_from(over / DOUBLING).unwrap_or(u32::MAX);
    LONGEST_PAUSE.min(pause.saturating_mul(2_u32.saturating_pow(doublings)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The limit of a queue.
    const QUEUE: usize = 256 * 1024;
    /// A full chunk of peer-to-peer data with its headers and its line.
    const CHUNK: usize = 1400;

    fn slow_pause(backlog: usize) -> Option<Duration> {
        data_pause(backlog, LEAST_DATA)
    }

    #[test]
    fn a_sender_whose_reader_keeps_up_never_pauses() {
        assert_eq!(slow_pause(LEAST_DATA - 1), None);
        assert_eq!(data_pause(MOST_DATA - 1, MOST_DATA), None);
        assert_eq!(chat_pause(CHAT_PAUSE - 1), None);
    }

    #[tokio::test(start_paused = true)]
    async fn more_data_is_queued_for_a_reader_that_empties_its_queue_quickly() {
        let mut allowance = Allowance::new();
        for (milliseconds, kib) in
            [(0, 4), (9, 8), (10, 8), (8, 16), (1, 32), (9, 32), (40, 32), (41, 16), (80, 8), (99, 4), (99, 2), (99, 2)]
        {
            allowance.note_pause();
            tokio::time::advance(Duration::from_millis(milliseconds)).await;
            assert_eq!(allowance.next(), kib * 1024, "{milliseconds}");
        }
        assert_eq!(allowance.next(), LEAST_DATA, "without a pause");
    }

    #[test]
    fn the_pause_grows_with_the_queue_and_is_shorter_for_chat_than_for_data() {
        for waiting in (LEAST_DATA..2 * QUEUE).step_by(1000) {
            let data = slow_pause(waiting);
            assert!(slow_pause(waiting - 1000) <= data && data <= Some(LONGEST_PAUSE));
            assert!(chat_pause(waiting) < data || waiting > QUEUE);
        }
    }

    /// Fills a queue while a reader reads `read_per_second` bytes per second. Returns the time until the queue
    /// overflows (`None` if that takes more than ten minutes), and the longest queue.
    fn fill(pause: fn(usize) -> Option<Duration>, read_per_second: f64) -> (Option<Duration>, usize) {
        let (mut waiting, mut clock, mut longest) = (0, Duration::ZERO, 0);
        while clock < Duration::from_secs(600) {
            waiting += CHUNK;
            longest = longest.max(waiting);
            if waiting > QUEUE {
                return (Some(clock), longest);
            }
            let pause = pause(waiting).unwrap_or_default().max(Duration::from_micros(10));
            clock += pause;
            waiting -= waiting.min((pause.as_secs_f64() * read_per_second) as usize);
        }
        (None, longest)
    }

    #[test]
    fn a_queue_overflows_if_its_member_never_reads_and_does_not_overflow_if_the_member_reads_at_modem_speed() {
        for speed in [4_000.0, 20_000.0, 300_000.0, 1e7] {
            assert_eq!(fill(slow_pause, speed).0, None, "{speed}");
        }
        let found_out = fill(slow_pause, 0.0).0.unwrap();
        assert!((10..18).contains(&found_out.as_secs()), "{found_out:?}");
        let found_out = fill(chat_pause, 0.0).0.unwrap();
        assert!(found_out.as_secs() < 2, "{found_out:?}");
    }

    #[test]
    fn a_member_that_is_not_the_destination_never_slows_data_below_40_kb_per_second() {
        assert_eq!(fill(others_pause, 50_000.0).0, None);
        for speed in [0.0, 20_000.0] {
            let (overflow, _) = fill(others_pause, speed);
            assert!((2..10).contains(&overflow.unwrap().as_secs()), "{speed}: {overflow:?}");
        }
        assert!(CHUNK as f64 / OTHERS_LONGEST_PAUSE.as_secs_f64() > 40_000.0);
    }

    #[test]
    fn the_queue_of_a_member_that_reads_50_kb_per_second_stays_short() {
        for speed in [50_000.0, 300_000.0, 1e7] {
            let (_, longest) = fill(slow_pause, speed);
            assert!(longest < LEAST_DATA + CHUNK, "{speed}: {longest}");
        }
    }
}
