//! The listeners of every network. They pass each connection to its service.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use swallowtail_config::{Advertise, Config, Listen, MAIN};
use swallowtail_messenger::chat::ChatServer;
use swallowtail_messenger::net::{AnyStream, Caller, NotAdmitted, Place, Reachable, Table};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_rustls::server::TlsStream;

use crate::accept::{accept_loop, listen_on};
use crate::connection;
use crate::http::Visit;
use crate::site::Site;
use crate::tls::Tls;

/// The addresses on which a server listens.
#[derive(Clone, Debug)]
pub struct Addresses {
    /// The address of the notification server.
    pub notification: SocketAddr,
    /// The address of the switchboard. If the notification server and the switchboard share one
    /// port, this is the address of the notification server.
    pub switchboard: SocketAddr,
    /// The address of the sign-in service, the gateway, the proxy and the web pages.
    pub http: SocketAddr,
    /// The addresses of all listeners. A key is the name of the network and the key under `listen`.
    pub all: BTreeMap<(String, &'static str), SocketAddr>,
}

impl Addresses {
    /// Creates the addresses from all listeners. The main network always has the notification
    /// server, the switchboard and HTTP. If the notification server and the switchboard share one
    /// port, they have the same address.
    #[must_use]
    pub fn new(all: BTreeMap<(String, &'static str), SocketAddr>) -> Self {
        let main = |key| all.get(&(MAIN.to_owned(), key)).copied();
        let notification = main("notification").unwrap_or(UNSPECIFIED);
        let switchboard = main("switchboard").unwrap_or(notification);
        Self { notification, switchboard, http: main("http").unwrap_or(UNSPECIFIED), all }
    }

    /// Returns the address of a listener of the main network, by its key under `[listen]`.
    #[must_use]
    pub fn main(&self, key: &'static str) -> Option<SocketAddr> {
        self.of(MAIN, key)
    }

    /// Returns the address of a listener of a network, by its key under `listen`.
    #[must_use]
    pub fn of(&self, network: &str, key: &'static str) -> Option<SocketAddr> {
        self.all.get(&(network.to_owned(), key)).copied()
    }
}

/// A substitute for the address of a required listener that is missing. It is never used, because
/// the settings always contain the required listeners.
const UNSPECIFIED: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0);

/// The timeout for the TLS handshake with a client that the server refuses. After that handshake,
/// the server only tells the client that the server is busy.
const REFUSAL_HANDSHAKE: Duration = Duration::from_secs(2);

/// The purpose of a listener.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Purpose {
    Chat(ChatServer),
    Http,
}

/// A socket that is bound but not served yet.
#[derive(Debug)]
struct Socket {
    /// The key under `listen`.
    key: &'static str,
    purpose: Purpose,
    secure: bool,
    listener: TcpListener,
    address: SocketAddr,
}

/// The sockets of one network.
#[derive(Debug)]
struct NetworkSockets {
    name: String,
    advertise: Advertise,
    sockets: Vec<Socket>,
}

/// All sockets of a server, bound but not served yet.
#[derive(Debug)]
pub struct Sockets(Vec<NetworkSockets>);

impl Sockets {
    /// Binds all addresses. Call this in a tokio runtime.
    ///
    /// # Errors
    /// Returns an error that names the address and its setting if an address cannot be bound.
    pub fn bind(config: &Config) -> anyhow::Result<Self> {
        let mut all = Vec::new();
        for (name, listen, advertise) in config.networks() {
            let mut sockets = Vec::new();
            for (key, address, purpose, secure) in listeners_of(listen) {
                let Some(address) = address else { continue };
                let listener = listen_on(address).with_context(|| cannot_listen(name, key, address))?;
                let address = listener.local_addr()?;
                sockets.push(Socket { key, purpose, secure, listener, address });
            }
            all.push(NetworkSockets { name: name.to_owned(), advertise: advertise.clone(), sockets });
        }
        Ok(Self(all))
    }

    /// Returns the actual addresses, with the ports that the system chose.
    #[must_use]
    pub fn addresses(&self) -> Addresses {
        let every = self.0.iter().flat_map(|network| {
            network.sockets.iter().map(|socket| ((network.name.clone(), socket.key), socket.address))
        });
        Addresses::new(every.collect())
    }

    /// Serves all sockets until the server stops.
    pub fn open(self, shared: &Shared, listeners: &mut JoinSet<()>) {
        let main = self.addresses();
        for network in self.0 {
            let reachable = Arc::new(network.reachable(&main));
            for socket in network.sockets {
                let acceptor = Acceptor {
                    purpose: socket.purpose,
                    tls: shared.site.tls.clone().filter(|_| socket.secure),
                    network: reachable.clone(),
                    shared: shared.clone(),
                };
                let stopped = match socket.purpose {
                    Purpose::Chat(_) => shared.stopped.clone(),
                    Purpose::Http => shared.http_stopped.clone(),
                };
                listeners
                    .spawn(accept_loop(socket.listener, stopped, move |stream, peer| acceptor.accept(stream, peer)));
            }
        }
    }
}

/// Returns the listeners that a network can have: key, address, purpose, and whether it uses TLS.
fn listeners_of(listen: &Listen) -> [(&'static str, Option<SocketAddr>, Purpose, bool); 7] {
    let notification = if listen.one_port { ChatServer::Either } else { ChatServer::Notification };
    let switchboard = listen.switchboard.filter(|_| !listen.one_port);
    [
        ("notification", listen.notification, Purpose::Chat(notification), false),
        ("switchboard", switchboard, Purpose::Chat(ChatServer::Switchboard), false),
        ("http", listen.http, Purpose::Http, false),
        ("https", listen.https, Purpose::Http, true),
        ("dispatch", listen.dispatch, Purpose::Chat(ChatServer::Dispatch), false),
        ("notification_tls", listen.notification_tls, Purpose::Chat(notification), true),
        ("switchboard_tls", listen.switchboard_tls, Purpose::Chat(ChatServer::Switchboard), true),
    ]
}

fn cannot_listen(network: &str, key: &str, address: SocketAddr) -> String {
    match (network, key) {
        (MAIN, "notification" | "switchboard" | "http" | "dispatch") => {
            format!("cannot listen on {address} for {key}; choose another address with --{key} or the key listen.{key}")
        }
        (MAIN, _) => format!("cannot listen on {address}; choose another address with the key listen.{key}"),
        _ => format!("cannot listen on {address}; choose another address with the key network.{network}.listen.{key}"),
    }
}

impl NetworkSockets {
    /// Returns the ports that clients of this network use. If the network lacks a service, its clients use the service
    /// of the main network.
    fn reachable(&self, main: &Addresses) -> Reachable {
        let find = |key| self.sockets.iter().find(|socket| socket.key == key);
        let port = |key| find(key).map(|socket| socket.address.port());
        let notification = find("notification");
        let shared = notification.filter(|socket| socket.purpose == Purpose::Chat(ChatServer::Either));
        let switchboard = port("switchboard").or_else(|| shared.map(|socket| socket.address.port()));
        Reachable {
            advertise: self.advertise.clone(),
            notification: port("notification").unwrap_or_else(|| main.notification.port()),
            switchboard: switchboard.unwrap_or_else(|| main.switchboard.port()),
            switchboard_tls: port("switchboard_tls"),
            http: port("http"),
            https: port("https"),
            name: self.name.clone(),
        }
    }
}

/// The state that all connections share.
#[derive(Clone, Debug)]
pub struct Shared {
    /// The services over HTTP, and the chat services.
    pub site: Arc<Site>,
    /// The table of all HTTP connections.
    pub http_connections: Arc<Table>,
    /// Becomes true when the chat listeners must stop.
    pub stopped: watch::Receiver<bool>,
    /// Becomes true when HTTP must stop.
    pub http_stopped: watch::Receiver<bool>,
}

/// Passes the connections of one listener to its service.
struct Acceptor {
    purpose: Purpose,
    tls: Option<Arc<Tls>>,
    network: Arc<Reachable>,
    shared: Shared,
}

impl Acceptor {
    fn accept(&self, stream: TcpStream, peer: SocketAddr) {
        // If this fails, the peer has already disconnected.
        let Ok(local) = stream.local_addr() else { return };
        let mut caller = Caller::new(peer, local, self.network.clone());
        caller.secure = self.tls.is_some();
        match self.purpose {
            Purpose::Chat(server) => self.chat(stream, caller, server),
            Purpose::Http => self.http(stream, caller),
        }
    }

    fn chat(&self, stream: TcpStream, caller: Caller, server: ChatServer) {
        let chat = self.shared.site.chat.clone();
        let place = match chat.admit(caller.peer) {
            Ok(place) => place,
            Err(NotAdmitted(Some(place))) => return self.refuse(stream, &caller, place),
            Err(NotAdmitted(None)) => return,
        };
        match self.tls.clone() {
            None => drop(tokio::spawn(chat.serve(stream, &caller, server, place))),
            Some(tls) => {
                let stopped = self.shared.stopped.clone();
                drop(tokio::spawn(async move {
                    let stream = tokio::select! {
                        // In a box, so that the task does not keep room for it.
                        stream = Box::pin(handshake(&tls, stream, caller.peer.ip(), stopped)) => stream,
                        () = place.closed() => None,
                    };
                    if let Some(stream) = stream {
                        chat.serve(stream, &caller, server, place).await;
                    }
                }));
            }
        }
    }

    /// Tells a client that there is no place for its chat connection.
    fn refuse(&self, stream: TcpStream, caller: &Caller, place: Place) {
        let (chat, peer) = (self.shared.site.chat.clone(), caller.peer.ip());
        let (tls, stopped) = (self.tls.clone(), self.shared.stopped.clone());
        tokio::spawn(async move {
            let stream = timeout(REFUSAL_HANDSHAKE, secured(tls, stream, peer, stopped)).await;
            if let Ok(Some(stream)) = stream {
                chat.refuse(stream, place).await;
            }
        });
    }

    fn http(&self, stream: TcpStream, caller: Caller) {
        // This fails if the server stops, or if the table is full and too many other connections
        // are already being closed. The table has already logged that it is full. The server then
        // closes this connection without an answer.
        let Ok(visit) = Visit::admit(&self.shared.http_connections, caller.peer.ip()) else { return };
        let (site, stopped, tls) = (self.shared.site.clone(), self.shared.http_stopped.clone(), self.tls.clone());
        tokio::spawn(async move {
            let peer = caller.peer;
            let stream = visit.during(secured(tls, stream, peer.ip(), stopped.clone())).await.flatten();
            if let Some(stream) = stream
                && let Err(error) = connection::serve(stream, caller, site, stopped, visit).await
            {
                tracing::debug!(%error, %peer, "an HTTP connection failed");
            }
        });
    }
}

/// If the listener uses TLS, does the TLS handshake and returns the decrypted stream, or `None` if
/// the handshake does not succeed. Otherwise returns the stream itself.
async fn secured(
    tls: Option<Arc<Tls>>,
    stream: TcpStream,
    peer: IpAddr,
    stopped: watch::Receiver<bool>,
) -> Option<AnyStream> {
    match tls {
        None => Some(Box::new(stream)),
        Some(tls) => handshake(&tls, stream, peer, stopped).await.map(|stream| Box::new(stream) as AnyStream),
    }
}

/// Does the TLS handshake. An unfinished handshake ends when the server stops.
async fn handshake(
    tls: &Tls,
    stream: TcpStream,
    peer: IpAddr,
    mut stopped: watch::Receiver<bool>,
) -> Option<TlsStream<TcpStream>> {
    tokio::select! {
        stream = tls.accept(stream, peer) => stream,
        _ = stopped.wait_for(|stop| *stop) => None,
    }
}
