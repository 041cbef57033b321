//! Who came, and by which of our addresses.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use crate::config::Advertise;

/// A client, and the way that it came.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The client's address; port 0 when it is not known, as behind a terminator or over the gateway.
    pub peer: SocketAddr,
    /// The address of ours that it dialled.
    pub local: SocketAddr,
    /// The network that it came by.
    pub network: Arc<Reachable>,
    /// Whether what it says is encrypted.
    pub secure: bool,
    /// Whether it fetches its lines over HTTP; then silence on its stream means nothing.
    pub polled: bool,
    /// Whether it came through a tunnel of the proxy.
    pub tunnelled: bool,
}

/// What the clients of one network are told of our addresses.
#[derive(Clone, Debug, Default)]
pub struct Reachable {
    /// What the operator wants them to be told.
    pub advertise: Advertise,
    /// The port of the notification server.
    pub notification: u16,
    /// The port of the switchboard.
    pub switchboard: u16,
    /// The port of the switchboard over TLS, if there is one.
    pub switchboard_tls: Option<u16>,
}

impl Caller {
    /// A client that dialled us. Addresses of IPv4 are written as such, whatever socket they came by.
    #[must_use]
    pub fn new(peer: SocketAddr, local: SocketAddr, network: Arc<Reachable>) -> Self {
        Self { peer: canonical(peer), local: canonical(local), network, secure: false, polled: false, tunnelled: false }
    }

    /// The notification server that this client can dial.
    #[must_use]
    pub fn notification_address(&self) -> String {
        self.reachable(self.network.advertise.notification.as_ref(), self.network.notification)
    }

    /// The switchboard that this client can dial: over TLS, if it came so and there is one.
    #[must_use]
    pub fn switchboard_address(&self) -> String {
        let network = &self.network;
        match network.switchboard_tls {
            Some(port) if self.secure && !self.polled => {
                self.reachable(network.advertise.switchboard_tls.as_ref(), port)
            }
            _ => self.reachable(network.advertise.switchboard.as_ref(), network.switchboard),
        }
    }

    /// What the operator says, or the address that the client dialled with another port.
    fn reachable(&self, advertised: Option<&String>, port: u16) -> String {
        let dialled = || SocketAddr::new(self.local.ip(), port).to_string();
        advertised.cloned().unwrap_or_else(dialled)
    }

    /// Behind a terminator or a reverse proxy: the client is another one.
    #[must_use]
    pub fn on_behalf_of(mut self, client: IpAddr, secure: bool) -> Self {
        self.peer = canonical(SocketAddr::new(client, 0));
        self.secure = secure;
        self
    }
}

fn canonical(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}
