//! What all connections of a server share.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use swallowtail_config::{Config, RosterLimits};
use swallowtail_store::accounts::Tickets;

use crate::presence::Directory;
use crate::rates::Rates;
use crate::storage::Storage;
use crate::switchboard::Switchboard;

/// The parts of the service, as a connection sees them.
#[derive(Debug)]
pub struct Service {
    /// The settings.
    pub config: Config,
    /// Durable truth.
    pub store: Arc<dyn Storage>,
    /// Accounts in use.
    pub directory: Arc<Directory>,
    /// Conversations.
    pub switchboard: Arc<Switchboard>,
    /// How often accounts did what lately.
    pub rates: Arc<Rates>,
    /// Checks what USR brings.
    pub tickets: Arc<Tickets>,
    /// Whether the server is about to stop and takes nobody in any more.
    pub draining: AtomicBool,
}

impl Service {
    /// A service with nobody signed in, over a store.
    #[must_use]
    pub fn new(config: Config, store: Arc<dyn Storage>, tickets: Tickets) -> Self {
        let directory = Directory::new(store.clone());
        let rates = Arc::new(Rates::new(config.rate_limits()));
        Self {
            switchboard: Switchboard::new(&config.limits, directory.clone(), rates.clone()),
            directory,
            rates,
            draining: AtomicBool::new(false),
            store,
            tickets: Arc::new(tickets),
            config,
        }
    }

    /// What an account may keep.
    #[must_use]
    pub fn roster_limits(&self) -> RosterLimits {
        self.config.roster_limits()
    }
}
