//! The parts of the service that all connections share.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use msnp::Handle;
use swallowtail_config::{Config, RosterLimits};
use swallowtail_store::accounts::Tickets;

use crate::net::LogLimit;
use crate::presence::Directory;
use crate::rates::Rates;
use crate::storage::Storage;
use crate::switchboard::Switchboard;

/// The maximum number of accounts that can have the helper on their contact lists. The client in
/// the helper stores at most 20,000 addresses. This maximum is lower, because some of the stored
/// addresses may belong to accounts that do not have the helper on their contact lists.
const HELPER_USERS: usize = 15_000;

/// The parts of the service that all connections share.
#[derive(Debug)]
pub struct Service {
    /// The settings.
    pub config: Config,
    /// The accounts and lists in the database.
    pub store: Arc<dyn Storage>,
    /// The accounts in use.
    pub directory: Arc<Directory>,
    /// The conversations.
    pub switchboard: Arc<Switchboard>,
    /// The recent acts of accounts and addresses, for the rate limits.
    pub rates: Arc<Rates>,
    /// Limits the log lines about refused sign-ins.
    pub refusals: LogLimit,
    /// Checks the tickets of USR.
    pub tickets: Arc<Tickets>,
    /// The address of the helper, if the service has one.
    pub helper: Option<Handle>,
    /// True if the server is about to stop. A stopping server opens no more conversations.
    pub draining: AtomicBool,
}

impl Service {
    /// Creates a service on a store. No account is signed in yet.
    #[must_use]
    pub fn new(config: Config, store: Arc<dyn Storage>, tickets: Tickets) -> Self {
        let directory = Directory::new(store.clone());
        let rates = Arc::new(Rates::new(config.rate_limits()));
        Self {
            switchboard: Switchboard::new(&config.limits, directory.clone(), rates.clone()),
            directory,
            rates,
            refusals: LogLimit::default(),
            draining: AtomicBool::new(false),
            store,
            tickets: Arc::new(tickets),
            helper: config.helper(),
            config,
        }
    }

    /// Returns the limits for an account's contacts, lists and groups. The helper can be on more
    /// contact lists than any other account.
    #[must_use]
    pub fn roster_limits(&self, owner: &Handle) -> RosterLimits {
        let limits = self.config.roster_limits();
        match self.is_helper(owner) {
            true => RosterLimits { allowed_or_blocked: HELPER_USERS, reverse: HELPER_USERS, ..limits },
            false => limits,
        }
    }

    /// Returns whether `handle` is the address of the helper.
    #[must_use]
    pub fn is_helper(&self, handle: &Handle) -> bool {
        self.helper.as_ref() == Some(handle)
    }
}
