//! A client, and the way that it came: by which of our addresses, and through what.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use swallowtail_config::{Advertise, is_private};

use super::Peer;

/// A client, and the way that it came.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The client's address, and how it is known.
    pub peer: Peer,
    /// The address of ours that it dialled.
    pub local: SocketAddr,
    /// The network that it came by.
    pub network: Arc<Reachable>,
    /// Whether what it says is encrypted, on the way that it came or by the trusted proxy in front.
    pub secure: bool,
    /// What its lines come through.
    pub via: Via,
}

/// What a client's lines come through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Via {
    /// Its own connection to a listener.
    Listener,
    /// A tunnel of the proxy.
    Tunnel,
    /// The gateway: the client fetches its lines over HTTP, so silence on its stream means nothing.
    Gateway,
}

/// The addresses of this server that the clients of one network can dial.
#[derive(Clone, Debug, Default)]
pub struct Reachable {
    /// The addresses that the operator has set for them.
    pub advertise: Advertise,
    /// The port of the notification server.
    pub notification: u16,
    /// The port of the switchboard.
    pub switchboard: u16,
    /// The port of the switchboard over TLS, if there is one.
    pub switchboard_tls: Option<u16>,
    /// The port of pages and proxy of this very network, if it has one.
    pub http: Option<u16>,
    /// The same over TLS.
    pub https: Option<u16>,
    /// The network, as the settings call it.
    pub name: String,
}

impl Caller {
    /// Creates a caller that dialled us. Addresses of IPv4 are written as such, whatever socket they came by.
    #[must_use]
    pub fn new(peer: SocketAddr, local: SocketAddr, network: Arc<Reachable>) -> Self {
        Self {
            peer: Peer::Dialled(canonical(peer)),
            local: canonical(local),
            network,
            secure: false,
            via: Via::Listener,
        }
    }

    /// Returns the address of the notification server that this client can dial.
    #[must_use]
    pub fn notification_address(&self) -> String {
        self.reachable(self.network.advertise.notification.as_ref(), self.network.notification)
    }

    /// Returns the address of the switchboard that this client can dial: over TLS, if the client came over TLS and
    /// there is one.
    #[must_use]
    pub fn switchboard_address(&self) -> String {
        let network = &self.network;
        match network.switchboard_tls {
            Some(port) if self.secure && self.via != Via::Gateway => {
                self.reachable(network.advertise.switchboard_tls.as_ref(), port)
            }
            _ => self.reachable(network.advertise.switchboard.as_ref(), network.switchboard),
        }
    }

    /// Returns the address that the operator has set, or the one that the client dialled, with another port.
    fn reachable(&self, advertised: Option<&String>, port: u16) -> String {
        let dialled = || SocketAddr::new(self.local.ip(), port).to_string();
        advertised.cloned().unwrap_or_else(dialled)
    }

    /// Returns whether the client is on this machine or in a private network.
    #[must_use]
    pub fn is_near(&self) -> bool {
        is_private(self.peer.ip())
    }

    /// Returns whether a password may come this way (security.md section 8): encrypted, or from this machine or a
    /// private network. `insecure_http` is the setting that accepts it any way.
    #[must_use]
    pub fn may_bring_passwords(&self, insecure_http: bool) -> bool {
        self.secure || insecure_http || self.is_near()
    }

    /// Returns the client that a terminator or reverse proxy names in front of it.
    #[must_use]
    pub fn on_behalf_of(mut self, client: IpAddr, secure: bool) -> Self {
        self.peer = Peer::Named(client.to_canonical());
        self.secure = secure;
        self
    }

    /// Returns the client of a terminator or reverse proxy that names none: it may be anybody.
    #[must_use]
    pub fn on_behalf_of_anybody(mut self) -> Self {
        self.peer = Peer::Unnamed(self.peer.to_socket_addr());
        self
    }

    /// Returns the same client in a session over the gateway. The port of a request is not that of the session (http.md
    /// section 5, "ClientPort").
    #[must_use]
    pub fn over_gateway(&self) -> Self {
        Self { peer: Peer::Named(self.peer.ip()), via: Via::Gateway, ..self.clone() }
    }
}

fn canonical(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(address: &str) -> Caller {
        let peer = format!("{address}:5").parse().unwrap();
        Caller::new(peer, "192.0.2.1:80".parse().unwrap(), Arc::default())
    }

    #[test]
    fn passwords_in_clear_come_from_near_only() {
        let near =
            ["127.0.0.1", "10.1.2.3", "192.168.0.9", "172.16.0.1", "169.254.1.1", "[::1]", "[fd00::1]", "[fe80::1]"];
        for near in near.into_iter().chain(["[::ffff:10.0.0.1]"]) {
            assert!(from(near).may_bring_passwords(false), "{near}");
        }
        for far in ["203.0.113.1", "172.32.0.1", "[2001:db8::1]", "[::ffff:203.0.113.1]"] {
            assert!(!from(far).may_bring_passwords(false), "{far}");
            assert!(from(far).may_bring_passwords(true), "{far}");
            assert!(Caller { secure: true, ..from(far) }.may_bring_passwords(false), "{far}");
        }
    }
}
