//! How senders are held to the speed of their readers (ARCHITECTURE.md, "Decisions").
//!
//! A sender never waits for a socket. But the longer the queue of the slowest member of its session, the longer its
//! connection pauses before the next command is read, and TCP passes that on to the client. So a reader of any speed
//! gets a file whole, and the queue of a member that does not read at all still overflows soon.

use std::time::Duration;

use msnp::switchboard::AckFlag;

/// With this many bytes queued, a sender of peer-to-peer data lets other connections have their turn after every few
/// commands. One read of a socket brings in twice as much: most of the time the reader only had no chance yet to take
/// it.
const DATA_TURN: usize = 16 * 1024;
/// From here on it pauses for a time: the reader is slower. Little enough for a line of chat to stand behind;
/// benches/transfer.rs shows that lower is no slower for senders whose readers keep up.
const DATA_PAUSE: usize = 32 * 1024;
/// Everything else pauses only from here on, half of the queue (framing.md section 11), so that bulk slows down long
/// before chat does.
const CHAT_PAUSE: usize = 128 * 1024;
/// Each further this many bytes double the pause. At the end of a queue of 256 KiB data come at the speed of a modem,
/// some 3 KiB/s, and the whole way there takes twelve seconds if nobody reads.
const DOUBLING: usize = 24 * 1024;
/// The shortest pause: timers have a resolution of 1 ms.
const SHORTEST_PAUSE: Duration = Duration::from_millis(1);
/// The pause doubles at most this often, up to half a second: long, but no client drops the connection over it.
const MAX_DOUBLINGS: usize = 9;

/// Returns how long to pause after a message that left a `backlog` of bytes for the slowest reader.
pub(super) fn pause(flag: AckFlag, backlog: usize) -> Option<Duration> {
    let (turn, mark) = if flag == AckFlag::Data { (DATA_TURN, DATA_PAUSE) } else { (CHAT_PAUSE, CHAT_PAUSE) };
    if backlog < turn {
        return None;
    }
    // Even a pause of no length makes the connection yield after a few commands.
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
    fn a_sender_whose_reader_keeps_up_never_rests() {
        assert_eq!(pause(AckFlag::Data, DATA_TURN - 1), None);
        assert_eq!(pause(AckFlag::Data, DATA_PAUSE - 1), Some(Duration::ZERO));
        assert_eq!(pause(AckFlag::Always, CHAT_PAUSE - 1), None);
    }

    #[test]
    fn the_rest_grows_with_the_queue_and_is_shorter_for_chat() {
        for waiting in (DATA_PAUSE..2 * QUEUE).step_by(1000) {
            let data = pause(AckFlag::Data, waiting);
            assert!(pause(AckFlag::Data, waiting - 1000) <= data && data <= Some(Duration::from_millis(512)));
            assert!(pause(AckFlag::Always, waiting) < data || waiting > QUEUE);
        }
    }

    /// Fills a queue from which so many bytes a second are read; how long until it overflows, if it does in ten
    /// minutes.
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
    fn a_reader_with_a_modem_keeps_up_and_one_who_does_not_read_is_found_out() {
        for speed in [4_000.0, 20_000.0, 300_000.0, 1e7] {
            assert_eq!(overflow(AckFlag::Data, speed), None, "{speed}");
        }
        let found_out = overflow(AckFlag::Data, 0.0).unwrap();
        assert!((5..15).contains(&found_out.as_secs()), "{found_out:?}");
        let found_out = overflow(AckFlag::Always, 0.0).unwrap();
        assert!(found_out.as_secs() < 2, "{found_out:?}");
    }
}
