//! An edit, which consists of changes to rosters that the store writes together.

use msnp::{Handle, Timestamp};

use super::account::AccountId;
use crate::roster::Change;

/// Changes that belong together. The store writes either all of them or none.
#[derive(Clone, Debug)]
pub struct Edit {
    /// The account that makes the edit.
    pub(super) by: AccountId,
    /// The changes, each with the account whose roster it changes.
    pub(super) changes: Vec<(AccountId, Change)>,
    /// An address and a time. Each account that has the address on FL gets a new list stamp of this
    /// time.
    pub(super) touched: Option<(Handle, Timestamp)>,
}

impl Edit {
    /// Creates an empty edit by an account. If that account is removed before the edit is written,
    /// the edit fails, so that the client does not receive a success reply. The store skips changes
    /// to *other* accounts that were removed.
    #[must_use]
    pub const fn by(account: AccountId) -> Self {
        Self { by: account, changes: Vec::new(), touched: None }
    }

    /// Adds changes to an account's roster.
    pub fn push(&mut self, account: AccountId, changes: &[Change]) {
        self.changes.extend(changes.iter().map(|change| (account, change.clone())));
    }

    /// Also advances the list stamp of every account that has `handle` on FL (ns.md section 1.4, telephone numbers).
    pub fn touch_watchers(&mut self, handle: Handle, now: Timestamp) {
        self.touched = Some((handle, now));
    }

    /// Returns the account that makes the edit.
    #[must_use]
    pub const fn editor(&self) -> AccountId {
        self.by
    }

    /// Returns the changes, each with the account whose roster it changes, in the order in which they are written.
    #[must_use]
    pub fn changes(&self) -> &[(AccountId, Change)] {
        &self.changes
    }

    /// Returns the address and the time that were passed to [`Edit::touch_watchers`], if that
    /// method was called.
    #[must_use]
    pub const fn touched(&self) -> Option<&(Handle, Timestamp)> {
        self.touched.as_ref()
    }

    /// Returns whether the edit has no changes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty() && self.touched.is_none()
    }
}
