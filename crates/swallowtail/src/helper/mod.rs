//! The helper: a contact that belongs to the service and answers its users (`[helper]`).
//!
//! The server signs the helper in with the client crate `msnp-client`, over streams in memory. For
//! all other parts of the service, the helper is therefore an ordinary client. This module decides
//! what the helper says and does. The helper's lists are like those of other accounts, except that
//! `swallowtail_messenger` lets them become longer, and adds new accounts to them.

mod account;
mod inside;
mod limit;
mod request;
mod resident;
mod words;

use std::sync::Arc;
use std::time::Duration;

use msnp::{DisplayName, Handle};
use swallowtail_config::Config;
use swallowtail_messenger::chat::Chat;
use swallowtail_messenger::service::Service;
use swallowtail_store::database::Store;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;

use resident::Resident;
use words::Words;

/// The time limit for signing out when the server stops. A sign-out takes milliseconds.
const STOP_PATIENCE: Duration = Duration::from_secs(2);

/// The helper of a running server. Dropping this value ends the helper without a sign-out.
#[derive(Debug)]
pub(crate) struct Helper {
    stop: watch::Sender<bool>,
    task: JoinSet<()>,
}

impl Helper {
    /// Creates the account of the helper, if the settings enable the helper and its account does not exist.
    ///
    /// # Errors
    /// Fails if the address belongs to a user, or if the store cannot be used.
    pub(crate) async fn prepare(config: &Config, store: &Store) -> anyhow::Result<()> {
        match config.helper() {
            Some(handle) => account::ensure(store, &handle, &name_of(config, &handle)).await,
            None => Ok(()),
        }
    }

    /// Starts the helper, if the settings enable it. The helper signs in, and does so again whenever its connection is
    /// lost.
    pub(crate) fn start(service: &Arc<Service>, chat: Chat) -> Option<Self> {
        let config = &service.config;
        let handle = config.helper()?;
        let name = name_of(config, &handle);
        let words = Words::new(config, &name);
        let account = account::of(service.clone(), handle);
        let resident =
            Resident::new(inside::server(chat), account, name, config.helper.personal_message.clone(), words);
        let (stop, stopped) = watch::channel(false);
        let mut task = JoinSet::new();
        task.spawn(resident.run(stopped));
        Some(Self { stop, task })
    }

    /// Signs the helper out.
    pub(crate) async fn stop(mut self) {
        self.stop.send_replace(true);
        // If signing out takes longer than `STOP_PATIENCE`, the task of the helper is dropped when
        // this function returns. That also ends the connections of the helper.
        let _ = timeout(STOP_PATIENCE, self.task.join_next()).await;
    }
}

/// Returns the display name of the helper. The settings accept only valid names.
fn name_of(config: &Config, handle: &Handle) -> DisplayName {
    DisplayName::new(&config.helper.name).unwrap_or_else(|| DisplayName::from(handle))
}
