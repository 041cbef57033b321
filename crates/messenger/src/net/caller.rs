//! A client: its address, the server address that it connected to, and the path of its connection.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use swallowtail_config::{Advertise, is_private};

use super::Peer;

/// A client, and the way in which it reached this server.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The client's address, and the source from which the server knows the address.
    pub peer: Peer,
    /// The address of this server that the client connected to.
    pub local: SocketAddr,
    /// The network of the listener that accepted the connection.
    pub network: Arc<Reachable>,
    /// True if the connection is encrypted, either to this server or to the trusted proxy in front of it.
    pub secure: bool,
    /// The path of the connection.
    pub via: Via,
}

/// The path of a client's connection to the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Via {
    /// A connection to a listener, without a tunnel or the gateway.
    Listener,
    /// A tunnel through the proxy.
    Tunnel,
    /// The HTTP gateway. The client fetches its lines with HTTP requests, so a silent stream does not mean that the
    /// client is gone.
    Gateway,
}

/// The addresses of this server that the clients of one network can connect to.
#[derive(Clone, Debug, Default)]
pub struct Reachable {
    /// The addresses that the operator has configured for the clients of this network.
    pub advertise: Advertise,
    /// The port of the notification server.
    pub notification: u16,
    /// The port of the switchboard.
    pub switchboard: u16,
    /// The port of the switchboard over TLS, if it has one.
    pub switchboard_tls: Option<u16>,
    /// The HTTP port of this network, with the pages and the proxy, if it has one.
    pub http: Option<u16>,
    /// The HTTPS port of this network, if it has one.
    pub https: Option<u16>,
    /// The name of the network in the configuration.
    pub name: String,
}

impl Caller {
    /// Creates the caller of a connection from `peer` to `local`. An IPv4 address on an IPv6 socket is stored as IPv4.
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

    /// Creates the caller of a connection from inside this process. Its addresses are those of the loopback interface,
    /// with port 0, because there is no socket.
    #[must_use]
    pub fn own() -> Self {
        let loopback = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        Self { secure: true, ..Self::new(loopback, loopback, Arc::default()) }
    }

    /// Returns the address of the notification server that this client can connect to.
    #[must_use]
    pub fn notification_address(&self) -> String {
        self.reachable(self.network.advertise.notification.as_ref(), self.network.notification)
    }

    /// Returns the address of the switchboard that this client can connect to. A client that
    /// connected over TLS gets the TLS port, if the switchboard has one.
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

    /// Returns the advertised address. If the operator has not configured one, returns the IP address that the client
    /// connected to, with `port`.
    fn reachable(&self, advertised: Option<&String>, port: u16) -> String {
        let dialled = || SocketAddr::new(self.local.ip(), port).to_string();
        advertised.cloned().unwrap_or_else(dialled)
    }

    /// Returns whether the client is on this machine or in a private network.
    #[must_use]
    pub fn is_near(&self) -> bool {
        is_private(self.peer.ip())
    }

    /// Returns whether the client may send a password (security.md section 8). The client may send
    /// one if the connection is encrypted, or if the client is on this machine or in a private
    /// network. If `insecure_http` is set, every client may send a password.
    #[must_use]
    pub fn may_send_passwords(&self, insecure_http: bool) -> bool {
        self.secure || insecure_http || self.is_near()
    }

    /// Returns the caller with the client address that a TLS terminator or reverse proxy in front of the server
    /// reported.
    #[must_use]
    pub fn on_behalf_of(mut self, client: IpAddr, secure: bool) -> Self {
        self.peer = Peer::Named(client.to_canonical());
        self.secure = secure;
        self
    }

    /// Returns the caller for a TLS terminator or reverse proxy that did not report the client's address. The client
    /// can be anyone.
    #[must_use]
    pub fn on_behalf_of_unknown_client(mut self) -> Self {
        self.peer = Peer::Unnamed(self.peer.to_socket_addr());
        self
    }

    /// Returns the same client in a session over the gateway. The session has no client port, because each request can
    /// come from another port (http.md section 5, "ClientPort").
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
    fn plain_text_passwords_are_accepted_from_private_networks_only() {
        let near =
            ["127.0.0.1", "10.1.2.3", "192.168.0.9", "172.16.0.1", "169.254.1.1", "[::1]", "[fd00::1]", "[fe80::1]"];
        for near in near.into_iter().chain(["[::ffff:10.0.0.1]"]) {
            assert!(from(near).may_send_passwords(false), "{near}");
        }
        for far in ["203.0.113.1", "172.32.0.1", "[2001:db8::1]", "[::ffff:203.0.113.1]"] {
            assert!(!from(far).may_send_passwords(false), "{far}");
            assert!(from(far).may_send_passwords(true), "{far}");
            assert!(Caller { secure: true, ..from(far) }.may_send_passwords(false), "{far}");
        }
    }
}
