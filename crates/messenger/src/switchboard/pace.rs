//! Limits senders to the speed of their readers (ARCHITECTURE.md, "Decisions").
//!
//! A sender never waits for a socket. Instead, the server pauses before it reads the sender's next command, and TCP
//! slows the client down. The pause grows with the queue of the slowest member. Therefore even a slow reader receives a
//! whole file, and the queue of a member that does not read at all still overflows soon.

use std::time::Duration;

use msnp::switchboard::AckFlag;

/// If this many bytes are queued, a sender of peer-to-peer data yields to other connections after every few commands.
/// One read of a socket returns twice as much. At this length, the reader has therefore usually just had no chance to
/// read yet.
const DATA_TURN: usize = 16 * 1024;
/// If this many bytes are queued, a sender of peer-to-peer data pauses, because the reader is slower than the sender.
/// The queue is still so short that a chat message behind it arrives soon. benches/transfer.rs shows that a lower value
/// would not slow down senders whose readers keep up.
const DATA_PAUSE: usize = 32 * 1024;
/// If this many bytes are queued, half of the limit (framing.md section 11), senders of all other messages pause too.
/// File transfers therefore slow down long before chat does.
const CHAT_PAUSE: usize = 128 * 1024;
/// The pause doubles each time the queue grows by this many bytes. Close to the limit of 256 KiB, data arrives at the
/// speed of a modem, about 3 KiB/s. The queue of a member that reads nothing reaches the limit after about twelve
/// seconds.
const DOUBLING: usize = 24 * 1024;
/// The shortest pause: timers have a resolution of 1 ms.
const SHORTEST_PAUSE: Duration = Duration::from_millis(1);
/// The maximum number of doublings. The longest pause is therefore half a second, which is too short for any client to
/// drop the connection.
const MAX_DOUBLINGS: usize = 9;

/// Returns how long to pause after a message that left a `backlog` of bytes for the slowest reader.
pub(super) fn pause(flag: AckFlag, backlog: usize) -> Option<Duration> {
    let (turn, mark) = if flag == AckFlag::Data { (DATA_TURN, DATA_PAUSE) } else { (CHAT_PAUSE, CHAT_PAUSE) };
    if backlog < turn {
        return None;
    }
    // Even a pause of zero length makes the connection yield after a few commands.
    let over = backlog.checked_sub(mark).map(|over| (over / DOUBLING).min(MAX_DOUBLINGS));
    Some(over.map_or(Duration::ZERO, |doublings| SHORTEST_PAUSE * (1 << doublings)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUEUE: usize = 256 * 1024;
    /// A full chunk of peer-to-peer data with its headers and its line.
    const CHUNK: usize = 1400;

    #[test]
    fn a_sender_whose_reader_keeps_up_never_pauses() {
        assert_eq!(pause(AckFlag::Data, DATA_TURN - 1), None);
        assert_eq!(pause(AckFlag::Data, DATA_PAUSE - 1), Some(Duration::ZERO));
        assert_eq!(pause(AckFlag::Always, CHAT_PAUSE - 1), None);
    }

    #[test]
    fn the_pause_grows_with_the_queue_and_is_shorter_for_chat() {
        for waiting in (DATA_PAUSE..2 * QUEUE).step_by(1000) {
            let data = pause(AckFlag::Data, waiting);
            assert!(pause(AckFlag::Data, waiting - 1000) <= data && data <= Some(Duration::from_millis(512)));
            assert!(pause(AckFlag::Always, waiting) < data || waiting > QUEUE);
        }
    }

    /// Fills a queue while a reader reads `read_per_second` bytes per second. Returns the time until the queue
    /// overflows, or `None` if it does not overflow within ten minutes.
    fn overflow(flag: AckFlag, read_per_second: f64) -> Option<Duration> {
        let (mut waiting, mut clock) = (0, Duration::ZERO);
        while clock < Duration::from_secs(600) {
            waiting += CHUNK;
            if waiting > QUEUE {
                return Some(clock);
            }
            let pause = pause(flag, waiting).unwrap_or_default().max(Duration::from_micros(10));
            clock += pause;
            waiting -= waiting.min((pause.as_secs_f64() * read_per_second) as usize);
        }
        None
    }

    #[test]
    fn a_modem_keeps_up_and_the_queue_of_a_member_that_does_not_read_overflows() {
        for speed in [4_000.0, 20_000.0, 300_000.0, 1e7] {
            assert_eq!(overflow(AckFlag::Data, speed), None, "{speed}");
        }
        let found_out = overflow(AckFlag::Data, 0.0).unwrap();
        assert!((5..15).contains(&found_out.as_secs()), "{found_out:?}");
        let found_out = overflow(AckFlag::Always, 0.0).unwrap();
        assert!(found_out.as_secs() < 2, "{found_out:?}");
    }
}
