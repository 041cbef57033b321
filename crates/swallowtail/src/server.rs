//! A whole server: its listeners and the service behind them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::Context;
use msnp::notification::{ServerCommand, ServiceLine, SignInAnswer};
use msnp::payload::{alert, shutdown_warning};
use msnp::{Dialect, Handle, TrId};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

use crate::accounts::{Accounts, member_id};
use crate::chat::Chat;
use crate::client_setup::{Offer, OldTls, Root, names};
use crate::gateway::Gateway;
use crate::http::{Routes, Site};
use crate::listeners::{Addresses, Entrance, Sockets};
use crate::net::{Connections, raise_file_limit};
use crate::notification;
use crate::passport::{Guessing, Passport, PassportSettings, Tickets};
use crate::presence::{Cell, Directory, Endpoint};
use crate::proxy::{Hosts, MOST_OLD_TLS};
use crate::rates::Rates;
use crate::service::Service;
use crate::store::{Claim, Store};
use crate::switchboard::Switchboard;
use crate::tls::Tls;
use crate::web::{self, Setup, Web};
use swallowtail_base::random;
use swallowtail_config::Config;

/// How long a stop waits for connections to take their last lines.
const STOP_PATIENCE: Duration = Duration::from_secs(5);

/// A running server.
pub struct Server {
    service: Arc<Service>,
    accounts: Accounts,
    chat_connections: Arc<Connections>,
    http_connections: Arc<Connections>,
    site: Arc<Site>,
    addresses: Addresses,
    /// Ends the chat listeners.
    stop: watch::Sender<bool>,
    /// Ends HTTP, a little later: the last lines of sessions over the gateway are fetched by it.
    stop_http: watch::Sender<bool>,
    listeners: JoinSet<()>,
    _claim: Claim,
}

impl Server {
    /// Claims the data directory, binds every address, opens the store and starts to serve.
    ///
    /// # Errors
    /// Names what cannot be opened or bound, and the setting for it.
    pub async fn start(config: Config) -> anyhow::Result<Self> {
        // First of all: who is refused here has touched nothing.
        let claim = Claim::take(&config.data)?;
        let root = config.tls.own_root.then(|| Root::open(&config.data, &names(&config))).transpose()?.map(Arc::new);
        let public = root.as_ref().map(|root| root.public().clone());
        let tls = Tls::open(&config.tls, root)?;
        let sockets = Sockets::bind(&config).await?;
        let addresses = sockets.addresses();

        let store = Store::open(&config.data).await?;
        let tickets = Arc::new(Tickets::open(&store).await?);
        let accounts = Accounts::new(store.clone());
        let passport = passport(&config, accounts.clone(), tickets.clone());
        let hosts = Arc::new(Hosts::new(&config));
        let files = raise_file_limit();
        let chat_connections = Connections::new(config.address_limits(files));
        let http_connections = Connections::new(config.http_limits(files));
        let service = Arc::new(Service {
            directory: Directory::new(store.clone()),
            switchboard: Switchboard::new(&config.limits),
            rates: Arc::new(Rates::new(config.rate_limits())),
            draining: AtomicBool::new(false),
            store,
            tickets,
            config,
        });
        let config = &service.config;
        let chat = Chat::new(service.clone(), chat_connections.clone());
        let gateway = Gateway::new(config, chat.clone());
        let (directory, rates) = (service.directory.clone(), service.rates.clone());
        let web = Web::open(config, &service.store, accounts.clone(), directory, rates, hosts.clone()).await?;
        // The certificate for Windows XP is looked for at each request. Its fault is none of the server's, but should be seen at once.
        if let Err(error) = OldTls::read(&config.data) {
            tracing::error!("clients on Windows XP are offered no certificate: {error:#}");
        }
        let setup = Setup { offer: Arc::new(Offer::new(config, public, None)), data: config.data.clone() };
        let site = Arc::new(Site {
            routes: Routes::new(config, passport, gateway.clone(), web::router(web, setup), hosts.clone()).await,
            chat,
            gateway,
            tls,
            old_tls: config.proxy.old_tls,
            old_tls_places: Semaphore::new(MOST_OLD_TLS),
            hosts,
        });

        let (stop, stopped) = watch::channel(false);
        let (stop_http, http_stopped) = watch::channel(false);
        let entrance =
            Entrance { site: site.clone(), http_connections: http_connections.clone(), stopped, http_stopped };
        let mut listeners = JoinSet::new();
        sockets.open(&entrance, &mut listeners);
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
            _claim: claim,
        })
    }

    /// Where it listens; with port 0 in the settings, the real ports.
    #[must_use]
    pub const fn addresses(&self) -> &Addresses {
        &self.addresses
    }

    /// The accounts, for those who run a server inside their own process.
    #[must_use]
    pub const fn accounts(&self) -> &Accounts {
        &self.accounts
    }

    /// What its connections share.
    #[must_use]
    pub const fn service(&self) -> &Arc<Service> {
        &self.service
    }

    /// The number of open chat connections.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.chat_connections.len()
    }

    /// The number of sessions over the gateway, which are chat connections too.
    #[must_use]
    pub fn gateway_sessions(&self) -> usize {
        self.site.gateway.len()
    }

    /// What its connections over HTTP may lead to.
    #[cfg(test)]
    pub(crate) const fn site(&self) -> &Arc<Site> {
        &self.site
    }

    /// Reads the certificates again. If one is no good, all stay as they are.
    ///
    /// # Errors
    /// Names the file that cannot be used.
    pub fn reload_certificates(&self) -> anyhow::Result<()> {
        self.site.tls.as_ref().context("there are none to read: the settings have no [[tls.certificate]]")?.reload()
    }

    /// Says something to everybody who is signed in; the text may differ by account.
    fn tell_everybody(&self, line: impl Fn(&Cell, &Endpoint) -> Option<ServerCommand>) {
        for cell in self.service.directory.cells() {
            if let Some(endpoint) = cell.endpoint()
                && let Some(line) = line(&cell, &endpoint)
            {
                endpoint.send(&line);
            }
        }
    }

    /// Warns that the service will stop in so many minutes (payloads.md section 11).
    pub fn warn(&self, minutes: u32) {
        let line = ServerCommand::from(ServiceLine::Message(shutdown_warning(minutes)));
        self.tell_everybody(|_, _| Some(line.clone()));
    }

    /// Shows an alert. Small libraries for MSNP8 do not read its payload, so they do not get it (ns.md section 13).
    pub fn announce(&self, text: &str) {
        let page = &self.service.config.sign_in.page;
        let id = u32::from_le_bytes(random::bytes()) >> 1;
        self.tell_everybody(|cell, endpoint| {
            let alert = || alert(&cell.handle, member_id(cell.id), id, page, text);
            (endpoint.dialect >= Dialect::Msnp9).then(|| ServiceLine::Notification(alert()).into())
        });
    }

    /// Sends everybody to another notification server (ns.md section 4, XFR NS).
    pub fn move_to(&self, notification: &str) {
        self.tell_everybody(|_, endpoint| {
            let (notification, dispatch) = (notification.to_owned(), endpoint.notification.clone());
            Some(SignInAnswer::Transfer { trid: TrId::UNASKED, notification, dispatch }.into())
        });
    }

    /// The password of an account was changed, or the account is gone: its connections are closed, and its cookies are worth nothing
    /// any more. Tickets are checked at each sign-in.
    pub async fn account_changed(&self, handle: &Handle) {
        let directory = &self.service.directory;
        // At once, whatever else may fail. A sign-in that has begun holds the turn, so the look after that finds it.
        if let Some(cell) = directory.find(handle) {
            cell.expel();
        }
        let turn = directory.turn(handle).await;
        match turn.cell().await {
            Ok(Some(cell)) => cell.expel(),
            Ok(None) => directory.forget_watcher(handle.clone()),
            Err(error) => tracing::error!(%error, %handle, "the store could not be read after a change of an account"),
        }
        self.service.switchboard.expel(handle);
    }

    /// Stops: takes nobody in any more, tells everybody who is signed in, lets what is queued out, and closes the store.
    pub async fn stop(mut self) {
        self.service.draining.store(true, Ordering::Release);
        self.stop.send_replace(true);
        for endpoint in self.service.directory.endpoints() {
            notification::announce_shutdown(&endpoint);
        }
        // Clients of the gateway fetch their last lines by polling, so HTTP goes on until they have.
        tokio::join!(self.chat_connections.close_all(STOP_PATIENCE), self.site.gateway.drain(STOP_PATIENCE));
        self.stop_http.send_replace(true);
        self.http_connections.close_all(STOP_PATIENCE).await;
        while self.listeners.join_next().await.is_some() {}
        self.service.store.close().await;
    }
}

fn passport(config: &Config, accounts: Accounts, tickets: Arc<Tickets>) -> Arc<Passport> {
    let limits = &config.limits;
    let guessing = Guessing::new(limits.wrong_passwords_per_account, limits.wrong_passwords_per_address);
    Arc::new(Passport { accounts, tickets, guessing, settings: PassportSettings::new(config) })
}
