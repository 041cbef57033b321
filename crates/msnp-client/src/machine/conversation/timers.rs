//! The timers of a conversation.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::{Conversation, State};
use crate::machine::output::{Output, SendError};

impl Conversation {
    /// Returns the time of the next timer. `quiet` is the time without messages after which the
    /// account leaves the session.
    pub(in crate::machine) fn timeout(&self, quiet: Option<Duration>) -> Option<Instant> {
        let leave = match (&self.state, quiet) {
            (State::Inside(_), Some(quiet)) if self.next_step().is_none() => Some(self.active + quiet),
            _ => None,
        };
        [self.deadline, self.answer_by, leave, self.next_step()].into_iter().flatten().min()
    }

    /// Handles the timers that are due.
    pub(in crate::machine) fn handle_timeout(
        &mut self,
        quiet: Option<Duration>,
        now: Instant,
        outputs: &mut VecDeque<Output>,
    ) {
        if let Some(engine) =
            self.transfers.as_mut().filter(|engine| engine.poll_timeout().is_some_and(|due| due <= now))
        {
            engine.handle_timeout(now);
            self.may_transmit = true;
        }
        if self.deadline.is_some_and(|deadline| deadline <= now) {
            let error = match self.state {
                State::Inside(_) if self.members.is_empty() => SendError::NoAnswer,
                _ => SendError::NoSwitchboard,
            };
            return self.end(error, outputs);
        }
        if self.answer_by.is_some_and(|answer_by| answer_by <= now) {
            return self.end(SendError::NoSwitchboard, outputs);
        }
        let is_quiet = self.next_step().is_none() && quiet.is_some_and(|quiet| self.active + quiet <= now);
        if is_quiet && matches!(self.state, State::Inside(_)) {
            self.end(SendError::NobodyThere, outputs);
        }
    }
}
