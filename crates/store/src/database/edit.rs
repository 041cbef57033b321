//! What is written in one go.

use msnp::{Handle, Timestamp};

use super::account::AccountId;
use crate::roster::Change;

/// Changes that belong together: all of them are carried out, or none.
#[derive(Clone, Debug)]
pub struct Edit {
    /// The account that edits.
    pub(super) by: AccountId,
    pub(super) changes: Vec<(AccountId, Change)>,
    /// Everybody who has this address on FL has an old copy of it from this moment on.
    pub(super) touched: Option<(Handle, Timestamp)>,
}

impl Edit {
    /// An edit by an account. If that account is gone when it is to be written, it fails: an answer must not claim what is kept
    /// nowhere. Changes of *other* accounts that are gone are left out.
    #[must_use]
    pub const fn by(account: AccountId) -> Self {
        Self { by: account, changes: Vec::new(), touched: None }
    }

    /// Adds changes of an account's roster.
    pub fn push(&mut self, account: AccountId, changes: &[Change]) {
        self.changes.extend(changes.iter().map(|change| (account, change.clone())));
    }

    /// Moves the list stamp of everybody who has `handle` on FL (ns.md section 1.4, telephone numbers).
    pub fn touch_watchers(&mut self, handle: Handle, now: Timestamp) {
        self.touched = Some((handle, now));
    }

    /// Whether there is nothing to do.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty() && self.touched.is_none()
    }
}
