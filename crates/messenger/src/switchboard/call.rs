//! CAL: ringing an account (docs/protocol/sb.md section 5).

use std::collections::VecDeque;
use std::sync::atomic::Ordering;
use std::time::Duration;

use msnp::notification::{Rng, ServiceLine};
use msnp::switchboard::Participant;
use msnp::{ErrorCode, Handle};
use tokio::time::Instant;

use super::board::NotCallable;
use super::{Board, Claims, Cookies, Right};
use crate::presence::Directory;

/// After this many failed calls in a row within [`CALL_WINDOW`] the next ones are refused.
const FAILED_CALLS: usize = 5;
/// The window, and how long a caller must be quiet afterwards.
const CALL_WINDOW: Duration = Duration::from_secs(30);

/// Rings `callee` for a session. RINGING says only that the ring went out.
///
/// # Errors
/// Returns 215 when the callee is in the session or rung already, 713 when the session is full, and 217 for everything
/// that a caller must not tell apart: unknown, offline, hidden, blocking, taking no calls.
pub(super) fn ring(
    directory: &Directory,
    cookies: &Cookies,
    board: &Board,
    caller: &Participant,
    callee: &Handle,
) -> Result<(), ErrorCode> {
    board.begin_ring(callee).map_err(|reason| match reason {
        NotCallable::There => ErrorCode::AlreadyThere,
        NotCallable::Full => ErrorCode::UserTooActive,
    })?;
    if send_ring(directory, cookies, board.id, caller, callee) {
        board.note_ring();
        return Ok(());
    }
    board.cancel_ring(callee);
    Err(ErrorCode::NotOnline)
}

/// Sends RNG, if the callee can be reached. Returns whether it was queued. Looks and rings under the callee's cell: a
/// block that was answered before is obeyed.
fn send_ring(directory: &Directory, cookies: &Cookies, session: u32, caller: &Participant, callee: &Handle) -> bool {
    let Some(cell) = directory.find(callee) else { return false };
    let state = cell.state();
    let reachable = state.seen().filter(|_| state.roster.allows(&caller.handle));
    let (Some(seen), Some(endpoint)) = (reachable, cell.endpoint()) else { return false };
    if !endpoint.takes_calls.load(Ordering::Acquire) {
        return false;
    }
    let cookie =
        cookies.issue(Claims { right: Right::Join(session), who: seen.into(), dialect: endpoint.client.dialect });
    let ring = Rng {
        session,
        address: endpoint.client.switchboard.clone(),
        cookie,
        caller: caller.handle.clone(),
        name: caller.name.clone(),
    };
    endpoint.send(&ServiceLine::Ring(ring).into())
}

/// Refuses a caller whose calls keep failing: 713 after five in a row within 30 s, until 30 s pass without a call.
#[derive(Debug, Default)]
pub struct CallLimit {
    failed: VecDeque<Instant>,
    /// The last call that was refused.
    refused: Option<Instant>,
}

impl CallLimit {
    /// Returns whether a call at `now` is refused.
    pub fn refuses(&mut self, now: Instant) -> bool {
        if let Some(last) = self.refused {
            if now.duration_since(last) < CALL_WINDOW {
                self.refused = Some(now);
                return true;
            }
            *self = Self::default();
        }
        let full = self.failed.len() == FAILED_CALLS;
        if full && self.failed.front().is_some_and(|first| now.duration_since(*first) <= CALL_WINDOW) {
            self.refused = Some(now);
            return true;
        }
        false
    }

    /// Notes how a call ended.
    pub fn note(&mut self, succeeded: bool, now: Instant) {
        if succeeded {
            self.failed.clear();
            return;
        }
        if self.failed.len() == FAILED_CALLS {
            self.failed.pop_front();
        }
        self.failed.push_back(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_failures_in_a_row_are_enough_and_quiet_heals() {
        let mut limit = CallLimit::default();
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        for second in 0..5 {
            assert!(!limit.refuses(at(second)));
            limit.note(false, at(second));
        }
        assert!(limit.refuses(at(5)));
        assert!(limit.refuses(at(34)), "each refused call starts the 30 s anew");
        assert!(!limit.refuses(at(64)));
    }

    #[test]
    fn slow_failures_and_a_success_between_do_not_count() {
        let mut limit = CallLimit::default();
        let start = Instant::now();
        for step in 0..10 {
            let now = start + Duration::from_secs(step * 8);
            assert!(!limit.refuses(now));
            limit.note(false, now);
        }
        limit.note(true, start);
        for _ in 0..4 {
            limit.note(false, start);
        }
        assert!(!limit.refuses(start));
    }
}
