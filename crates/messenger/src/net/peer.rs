//! The address of a client, and the source from which the server knows the address.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

/// The address of a client, and the source from which the server knows the address. A peer is
/// displayed as `address:port`, with port 0 if the port is unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Peer {
    /// The other end of the connection. The server treats this address as the client's address,
    /// even if it belongs to an untrusted proxy.
    Dialled(SocketAddr),
    /// The address of a client whose port is unknown. Either a trusted proxy reported the address, or the client uses
    /// the gateway, where each request can have another port.
    Named(IpAddr),
    /// The address of a trusted proxy that did not report its client. The client can be anyone.
    Unnamed(SocketAddr),
}

impl Peer {
    /// Returns the address that limits and other checks use.
    #[must_use]
    pub const fn ip(self) -> IpAddr {
        match self {
            Self::Dialled(address) | Self::Unnamed(address) => address.ip(),
            Self::Named(ip) => ip,
        }
    }

    /// Returns the client's port, if it is known.
    #[must_use]
    pub const fn port(self) -> Option<u16> {
        match self {
            Self::Dialled(address) | Self::Unnamed(address) => Some(address.port()),
            Self::Named(_) => None,
        }
    }

    /// Returns the address and port, with port 0 if the port is unknown.
    #[must_use]
    pub fn to_socket_addr(self) -> SocketAddr {
        SocketAddr::new(self.ip(), self.port().unwrap_or(0))
    }
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.to_socket_addr().fmt(f)
    }
}

/// Returns the address under which a peer is counted. For IPv6 this is the /64 network. Every
/// customer of a provider has at least a whole /64 network, so a limit for each single IPv6 address
/// would have no effect.
#[must_use]
pub fn counted_address(peer: IpAddr) -> IpAddr {
    match peer.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6((u128::from(v6) & !u128::from(u64::MAX)).into()),
        v4 @ IpAddr::V4(_) => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_addresses_of_an_ipv6_network_count_as_one_address() {
        let counted = |text: &str| counted_address(text.parse().unwrap()).to_string();
        for (address, network) in [
            ("2001:db8::1", "2001:db8::"),
            ("2001:db8::2", "2001:db8::"),
            ("2001:db8:0:1::3", "2001:db8:0:1::"),
            ("::ffff:192.0.2.1", "192.0.2.1"),
            ("192.0.2.1", "192.0.2.1"),
        ] {
            assert_eq!(counted(address), network);
        }
    }

    #[test]
    fn an_unknown_port_is_displayed_as_0() {
        let address: SocketAddr = "[2001:db8::1]:1863".parse().unwrap();
        for (peer, port, shown) in [
            (Peer::Dialled(address), Some(1863), "[2001:db8::1]:1863"),
            (Peer::Unnamed(address), Some(1863), "[2001:db8::1]:1863"),
            (Peer::Named(address.ip()), None, "[2001:db8::1]:0"),
        ] {
            assert_eq!((peer.ip(), peer.port(), peer.to_string()), (address.ip(), port, shown.to_owned()));
        }
    }
}
