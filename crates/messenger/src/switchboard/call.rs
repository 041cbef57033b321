//! Handles CAL: rings an account, which means that the server invites the account's client to a
//! switchboard session (docs/protocol/sb.md section 5).

use std::collections::VecDeque;
use std::sync::atomic::Ordering;
use std::sync::{Arc, MutexGuard};
use std::time::Duration;

use msnp::notification::{Rng, ServiceLine};
use msnp::switchboard::Participant;
use msnp::{ErrorCode, Handle};
use tokio::time::Instant;

use super::board::NotCallable;
use super::{Board, Claims, Cookies, Right};
use crate::presence::{AccountState, AppearanceWatch, Cell, Directory, Endpoint, Seen};

/// The number of failed calls in a row within [`CALL_WINDOW`] after which the server refuses further calls.
const FAILED_CALLS: usize = 5;
/// The period in which failed calls count. After a refusal, the server refuses every call until the
/// caller has made no call for this long.
const CALL_WINDOW: Duration = Duration::from_secs(30);

/// Rings `callee` for a session. The answer RINGING means only that the server has sent RNG to the
/// callee.
///
/// # Errors
/// Returns 215 if the callee is in the session, or was rung and can still answer. Returns 713 if
/// the session is full. Returns 217 if the callee is unknown, offline or hidden, blocks the caller,
/// or does not accept calls. All cases of 217 look the same, because the caller must not be able to
/// distinguish them.
pub(super) fn ring(
    directory: &Directory,
    cookies: &Cookies,
    board: &Board,
    caller: &Participant,
    callee: &Handle,
) -> Result<(), ErrorCode> {
    match board.begin_ring(callee) {
        Ok(()) => {}
        Err(NotCallable::There) => return Err(ErrorCode::AlreadyThere),
        Err(NotCallable::Full) => return Err(ErrorCode::UserTooActive),
        Err(NotCallable::Rung) => {
            let cell = directory.find(callee);
            let is_reachable = cell.is_some_and(|cell| Reached::look(&cell, caller).is_some());
            return Err(if is_reachable { ErrorCode::AlreadyThere } else { ErrorCode::NotOnline });
        }
    }
    let Some(appearance) = send_ring(directory, cookies, board.id, caller, callee) else {
        board.cancel_ring(callee);
        return Err(ErrorCode::NotOnline);
    };
    board.note_ring(callee, appearance);
    Ok(())
}

/// A callee that can be reached. Its cell is locked, so that if the callee blocks the caller, the
/// block takes effect as soon as the answer to the callee's command is queued.
struct Reached<'a> {
    state: MutexGuard<'a, AccountState>,
    seen: Seen,
    endpoint: Arc<Endpoint>,
}

impl<'a> Reached<'a> {
    /// Looks up a callee. Returns `None` if the callee must appear offline to the caller.
    fn look(cell: &'a Cell, caller: &Participant) -> Option<Self> {
        let state = cell.state();
        let seen = state.seen().filter(|_| state.roster.allows(&caller.handle))?;
        let endpoint = cell.endpoint().filter(|endpoint| endpoint.takes_calls.load(Ordering::Acquire))?;
        Some(Self { state, seen, endpoint })
    }
}

/// Sends RNG, if the callee can be reached. Returns `None` if RNG was not queued.
fn send_ring(
    directory: &Directory,
    cookies: &Cookies,
    session: u32,
    caller: &Participant,
    callee: &Handle,
) -> Option<AppearanceWatch> {
    let cell = directory.find(callee)?;
    let Reached { state, seen, endpoint } = Reached::look(&cell, caller)?;
    let cookie =
        cookies.issue(Claims { right: Right::Join(session), who: seen.into(), dialect: endpoint.client.dialect });
    let ring = Rng {
        session,
        address: endpoint.client.switchboard.clone(),
        cookie,
        caller: caller.handle.clone(),
        name: caller.name.clone(),
    };
    endpoint.ring(&caller.handle, &ServiceLine::Ring(ring).into()).then(|| state.watch_appearance())
}

/// Refuses a caller with 713 after five failed calls in a row within 30 s. The refusals end when the caller has made no
/// call for 30 s.
#[derive(Debug, Default)]
pub struct CallLimit {
    failed: VecDeque<Instant>,
    /// The time of the last call that was refused.
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

    /// Records whether a call succeeded.
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
    fn after_five_failed_calls_further_calls_are_refused_until_the_client_makes_none_for_30_s() {
        let mut limit = CallLimit::default();
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        for second in 0..5 {
            assert!(!limit.refuses(at(second)));
            limit.note(false, at(second));
        }
        assert!(limit.refuses(at(5)));
        assert!(limit.refuses(at(34)), "each refused call starts the 30 s again");
        assert!(!limit.refuses(at(64)));
    }

    #[test]
    fn failed_calls_do_not_count_if_they_are_far_apart_or_if_a_later_call_succeeds() {
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
