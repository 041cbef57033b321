//! The log of one connection, with the clock of the run.

use tokio::time::Instant;

use crate::history::{Action, Log};

/// The log of a connection, with the clock of the run.
#[derive(Debug)]
pub(super) struct Notes {
    pub(super) log: Log,
    pub(super) begun: Instant,
}

impl Notes {
    pub(super) fn now(&self) -> u64 {
        u64::try_from(self.begun.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }

    pub(super) fn note(&mut self, action: Action) {
        self.log.note(self.now(), action);
    }
}
