//! A running server. It owns the listeners and the service behind them, and starts and stops them
//! in the right order.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use anyhow::Context;
use swallowtail_config::Config;
use swallowtail_messenger::chat::Chat;
use swallowtail_messenger::net::Table;
use swallowtail_messenger::service::Service;
use swallowtail_site::accept::raise_file_limit;
use swallowtail_site::listeners::{Addresses, Shared, Sockets};
use swallowtail_site::site::Site;
use swallowtail_site::tls::Certificates;
use swallowtail_store::accounts::{Accounts, Tickets};
use swallowtail_store::database::{Claim, Store};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::helper::Helper;
use crate::memory;

/// The time that connections have to receive their last lines when the server stops.
const STOP_PATIENCE: Duration = Duration::from_secs(5);

/// A running server.
pub struct Server {
    service: Arc<Service>,
    accounts: Accounts,
    chat_connections: Arc<Table>,
    http_connections: Arc<Table>,
    site: Arc<Site>,
    addresses: Addresses,
    /// Stops the chat listeners.
    stop: watch::Sender<bool>,
    /// Stops the HTTP listeners. They stop a little later than the chat listeners, because clients
    /// of the gateway fetch their last lines over HTTP.
    stop_http: watch::Sender<bool>,
    listeners: JoinSet<()>,
    helper: Option<Helper>,
    _claim: Claim,
}

impl Server {
    /// Claims the data directory, binds every address, opens the store and starts to serve. The
    /// server limits the number of connections to what the process can serve with the files that it
    /// may open and the memory that it may use.
    ///
    /// # Errors
    /// Returns an error that names the file or address that cannot be used, and the setting for it.
    pub async fn start(config: Config) -> anyhow::Result<Self> {
        let (files, fit) = (raise_file_limit(), memory::connections());
        if fit < files {
            tracing::info!(files, connections = fit, "the memory limits the number of connections");
        }
        Self::start_with_files(config, files.min(fit)).await
    }

    /// Does the same as [`Self::start`], but admits only as many connections as if this process
    /// could open `files` files.
    ///
    /// # Errors
    /// Returns an error that names the file or address that cannot be used, and the setting for it.
    pub async fn start_with_files(config: Config, files: usize) -> anyhow::Result<Self> {
        // This must happen before anything else is stored in the directory. If the directory
        // contains other data but no database, the database counts as lost.
        Store::prepare(&config.data).await?;
        let claim = Claim::take(&config.data)?;
        let certificates = Certificates::open(&config)?;
        let sockets = Sockets::bind(&config)?;
        let addresses = sockets.addresses();

        let store = Store::open(&config.data).await?;
        let begun = Instant::now();
        store.quick_check().await?;
        tracing::info!(milliseconds = begun.elapsed().as_millis(), "checked the database");
        let tickets = Tickets::open(&store).await?;
        Helper::prepare(&config, &store).await?;
        let accounts = Accounts::new(store.clone()).with_first_contact(config.first_contact());
        let chat_connections = Table::new("chat", config.chat_connections(files));
        let http_connections = Table::new("HTTP", config.http_connections(files));
        let service = Arc::new(Service::new(config, Arc::new(store), tickets));
        let chat = Chat::new(service.clone(), chat_connections.clone());
        let site = Site::open(&service, accounts.clone(), chat.clone(), certificates).await?;

        let (stop, stopped) = watch::channel(false);
        let (stop_http, http_stopped) = watch::channel(false);
        let shared = Shared { site: site.clone(), http_connections: http_connections.clone(), stopped, http_stopped };
        let mut listeners = JoinSet::new();
        sockets.open(&shared, &mut listeners);
        let helper = Helper::start(&service, chat);
        Ok(Self {
            service,
            accounts,
            chat_connections,
            http_connections,
            site,
            addresses,
            stop,
            stop_http,
            listeners,
            helper,
            _claim: claim,
        })
    }

    /// Returns the addresses on which the server listens. If a port in the settings is 0, the address has the real
    /// port.
    #[must_use]
    pub const fn addresses(&self) -> &Addresses {
        &self.addresses
    }

    /// Returns the accounts, for programs that run a server inside their own process.
    #[must_use]
    pub const fn accounts(&self) -> &Accounts {
        &self.accounts
    }

    /// Returns the store, for programs that run a server inside their own process.
    #[must_use]
    pub const fn store(&self) -> &Store {
        self.accounts.store()
    }

    /// Returns the service, which all connections share.
    #[must_use]
    pub const fn service(&self) -> &Arc<Service> {
        &self.service
    }

    /// Returns the number of open chat connections.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.chat_connections.len()
    }

    /// Returns the number of connections of all kinds that have ended since the start.
    #[must_use]
    pub fn ended_connections(&self) -> u64 {
        self.chat_connections.ended() + self.http_connections.ended()
    }

    /// Returns the number of sessions over the gateway. [`Self::connections`] also counts these
    /// sessions.
    #[must_use]
    pub fn gateway_sessions(&self) -> usize {
        self.site.gateway.len()
    }

    /// Reloads the certificates. If one of them is invalid, the old ones stay in use.
    ///
    /// # Errors
    /// Returns an error that names the file that cannot be used.
    pub fn reload_certificates(&self) -> anyhow::Result<()> {
        self.site
            .tls
            .as_ref()
            .context("there are no certificates to reload, because the settings have no [[tls.certificate]]")?
            .reload()
    }

    /// Logs every certificate from a file if the certificate has expired or will expire within 14
    /// days.
    pub fn report_expiring_certificates(&self) {
        if let Some(tls) = &self.site.tls {
            tls.report_expiring();
        }
    }

    /// Stops the server: refuses new connections, notifies everyone who is signed in, sends pending output, and closes
    /// the store.
    pub async fn stop(mut self) {
        self.service.draining.store(true, Ordering::Release);
        self.stop.send_replace(true);
        // The helper stops before the server announces the stop to all clients. Otherwise the
        // helper would try to sign in again.
        if let Some(helper) = self.helper.take() {
            helper.stop().await;
        }
        self.service.announce_stop();
        // Clients of the gateway fetch their last lines by polling, so HTTP continues until these
        // clients have their last lines.
        self.chat_connections.close();
        tokio::join!(self.chat_connections.drained(STOP_PATIENCE), self.site.gateway.drain(STOP_PATIENCE));
        self.stop_http.send_replace(true);
        self.http_connections.close();
        self.http_connections.drained(STOP_PATIENCE).await;
        while self.listeners.join_next().await.is_some() {}
        self.store().close().await;
    }
}
