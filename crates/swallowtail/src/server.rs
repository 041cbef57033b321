//! A whole server: its listeners and the service behind them.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::Context;
use msnp::frame::LineRules;
use msnp::notification::{ServerCommand, ServiceLine, SignInAnswer};
use msnp::payload::{alert, shutdown_warning};
use msnp::{Dialect, Handle, TrId};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tracing::Instrument;

use crate::accounts::{Accounts, member_id};
use crate::config::Config;
use crate::net::{Connections, Outbox, accept_loop, connection, raise_file_limit};
use crate::notification::{self, Connection, NotificationSession, Role};
use crate::passport::{self, Passport, PassportSettings, Tickets};
use crate::presence::{Cell, Directory, Endpoint};
use crate::random;
use crate::rates::Rates;
use crate::service::Service;
use crate::store::{Claim, Store};
use crate::switchboard::{Switchboard, SwitchboardSession};

/// The most bytes that others may have waiting for one connection (framing.md section 11): some 150 full messages.
const OUTBOX_LIMIT: usize = 256 * 1024;
/// How long a stop waits for connections to take their last lines.
const STOP_PATIENCE: Duration = Duration::from_secs(5);

/// A running server.
pub struct Server {
    service: Arc<Service>,
    accounts: Accounts,
    connections: Arc<Connections>,
    addresses: Addresses,
    stop: watch::Sender<bool>,
    listeners: JoinSet<()>,
    _claim: Claim,
}

/// Where a server listens.
#[derive(Clone, Debug)]
pub struct Addresses {
    /// Notification server.
    pub notification: SocketAddr,
    /// Switchboard.
    pub switchboard: SocketAddr,
    /// Passport endpoints.
    pub http: SocketAddr,
    /// Dispatch server, if there is one.
    pub dispatch: Option<SocketAddr>,
}

impl Server {
    /// Claims the data directory, binds every address, opens the store and starts to serve.
    ///
    /// # Errors
    /// Names what cannot be opened or bound, and the setting for it.
    pub async fn start(config: Config) -> anyhow::Result<Self> {
        // First of all: who is refused here has touched nothing.
        let claim = Claim::take(&config.data)?;
        let listen = &config.listen;
        let notification = bind("notification", listen.notification).await?;
        let switchboard = bind("switchboard", listen.switchboard).await?;
        let http = bind("http", listen.http).await?;
        let dispatch = match listen.dispatch {
            Some(address) => Some(bind("dispatch", address).await?),
            None => None,
        };
        let addresses = Addresses {
            notification: notification.local_addr()?,
            switchboard: switchboard.local_addr()?,
            http: http.local_addr()?,
            dispatch: dispatch.as_ref().map(TcpListener::local_addr).transpose()?,
        };

        let store = Store::open(&config.data).await?;
        let tickets = Arc::new(Tickets::open(&store).await?);
        let accounts = Accounts::new(store.clone());
        let passport = passport(&config, accounts.clone(), tickets.clone());
        let connections = Connections::new(config.address_limits(raise_file_limit()));
        let service = Arc::new(Service {
            directory: Directory::new(store.clone()),
            switchboard: Switchboard::new(&config.limits),
            rates: Arc::new(Rates::new(config.rate_limits())),
            draining: AtomicBool::new(false),
            store,
            tickets,
            config,
        });

        let (stop, stopped) = watch::channel(false);
        let mut listeners = JoinSet::new();
        let chat = Chat { service: service.clone(), connections: connections.clone(), addresses: addresses.clone() };
        listeners.spawn(accept_loop(notification, stopped.clone(), {
            let chat = chat.clone();
            move |stream, peer| chat.serve_notification(stream, peer, false)
        }));
        if let Some(dispatch) = dispatch {
            let chat = chat.clone();
            let serve = move |stream, peer| chat.serve_notification(stream, peer, true);
            listeners.spawn(accept_loop(dispatch, stopped.clone(), serve));
        }
        let serve = move |stream, peer| chat.serve_switchboard(stream, peer);
        listeners.spawn(accept_loop(switchboard, stopped.clone(), serve));
        listeners.spawn(passport::serve(http, passport, connections.clone(), stopped));
        Ok(Self { service, accounts, connections, addresses, stop, listeners, _claim: claim })
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
        self.connections.len()
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
        self.connections.close_all(STOP_PATIENCE).await;
        while self.listeners.join_next().await.is_some() {}
        self.service.store.close().await;
    }
}

async fn bind(name: &str, address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| {
        format!("cannot listen on {address} for {name}; choose another address with --{name} or the key listen.{name}")
    })
}

fn passport(config: &Config, accounts: Accounts, tickets: Arc<Tickets>) -> Arc<Passport> {
    let settings = PassportSettings {
        public_host: config.advertise.passport.clone(),
        insecure_http_login: config.sign_in.insecure_http,
        failure_page: Some(config.sign_in.page.clone()),
    };
    Arc::new(Passport { accounts, tickets, settings })
}

/// What a new chat connection needs.
#[derive(Clone)]
struct Chat {
    service: Arc<Service>,
    connections: Arc<Connections>,
    addresses: Addresses,
}

impl Chat {
    fn serve_notification(&self, stream: TcpStream, peer: SocketAddr, dispatch: bool) {
        let Some((outbox, permit)) = self.admit(peer) else {
            return;
        };
        let Ok(dialled) = stream.local_addr() else { return };
        let advertise = &self.service.config.advertise;
        let notification = reachable(advertise.notification.as_ref(), dialled.ip(), self.addresses.notification);
        let role = if dispatch {
            let notification = notification.clone();
            Role::Dispatch { notification, dispatch: canonical(dialled).to_string() }
        } else {
            Role::Notification
        };
        let connection = Connection {
            outbox: outbox.clone(),
            permit,
            peer: canonical(peer),
            notification,
            switchboard: reachable(advertise.switchboard.as_ref(), dialled.ip(), self.addresses.switchboard),
            limited: self.is_limited(peer.ip()),
        };
        let session = NotificationSession::new(self.service.clone(), role, connection);
        let served = connection::serve(stream, session, outbox, LineRules::NOTIFICATION);
        tokio::spawn(served.instrument(tracing::debug_span!("notification", %peer)));
    }

    fn serve_switchboard(&self, stream: TcpStream, peer: SocketAddr) {
        let Some((outbox, permit)) = self.admit(peer) else {
            return;
        };
        let session = SwitchboardSession::new(
            self.service.directory.clone(),
            self.service.switchboard.clone(),
            self.service.rates.clone(),
            outbox.clone(),
            permit,
            self.is_limited(peer.ip()),
        );
        let served = connection::serve(stream, session, outbox, LineRules::SWITCHBOARD);
        tokio::spawn(served.instrument(tracing::debug_span!("switchboard", %peer)));
    }

    fn admit(&self, peer: SocketAddr) -> Option<(Arc<Outbox>, crate::net::Permit)> {
        let outbox = Outbox::new(OUTBOX_LIMIT);
        let permit = self.connections.admit(peer.ip(), &outbox);
        if permit.is_none() && !self.service.draining.load(Ordering::Acquire) {
            tracing::warn!(%peer, "too many connections; the newest is refused");
        }
        permit.map(|permit| (outbox, permit))
    }

    fn is_limited(&self, peer: IpAddr) -> bool {
        !self.connections.is_exempt(peer)
    }
}

/// What a client is told of another listener: the configured address, or the host that it dialled and that listener's port.
fn reachable(configured: Option<&String>, dialled: IpAddr, listener: SocketAddr) -> String {
    configured.cloned().unwrap_or_else(|| canonical(SocketAddr::new(dialled, listener.port())).to_string())
}

fn canonical(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}
