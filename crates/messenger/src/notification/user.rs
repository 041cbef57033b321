//! The account that is signed in on a connection, as the handlers of its commands see it.

use std::sync::Arc;

use msnp::{ErrorCode, Handle};

use crate::presence::{Cell, Endpoint};
use crate::rates::Act;
use crate::service::Service;

/// A signed-in account and its connection. Cheap to clone, for commands that wait for the store.
#[derive(Clone)]
pub(crate) struct User {
    /// The account.
    pub(super) cell: Arc<Cell>,
    /// The notification connection of the account.
    pub(super) endpoint: Arc<Endpoint>,
}

impl User {
    /// Returns whether another connection has signed in to the account after this one. In that
    /// case, an edit of this connection is refused, because the new connection has already read the
    /// lists and would not receive the change.
    pub(super) fn is_replaced(&self) -> bool {
        self.cell.endpoint().is_some_and(|endpoint| endpoint.epoch != self.endpoint.epoch)
    }

    /// Returns whether `handle` is the account's own address.
    pub(super) fn is_self(&self, handle: &Handle) -> bool {
        *handle == self.cell.handle
    }

    /// Fails with 800 if the account may not do `act` now. Does not count the act.
    pub(super) fn check_rate(&self, service: &Service, act: Act) -> Result<(), ErrorCode> {
        let is_over = self.endpoint.client.limited && service.rates.is_over(&self.cell.handle, act);
        if is_over { Err(ErrorCode::RateLimit) } else { Ok(()) }
    }

    /// Counts `act` for this account. Fails with 800 if the account is over the limit.
    pub(super) fn admit(&self, service: &Service, act: Act) -> Result<(), ErrorCode> {
        let admitted = !self.endpoint.client.limited || service.rates.admit(&self.cell.handle, act);
        if admitted { Ok(()) } else { Err(ErrorCode::RateLimit) }
    }

    /// Charges this account for a change that the server may send to everyone who has the account
    /// on FL. `bytes` is the total length of the parts of a line that may be long. Fails with 800
    /// if the account has made the server send too much.
    pub(super) fn admit_presence(&self, service: &Service, bytes: usize) -> Result<(), ErrorCode> {
        let watchers = || self.cell.state().roster.watchers().count();
        let handle = &self.cell.handle;
        let admitted = !self.endpoint.client.limited || service.rates.admit_presence(handle, bytes, watchers());
        if admitted { Ok(()) } else { Err(ErrorCode::RateLimit) }
    }
}
