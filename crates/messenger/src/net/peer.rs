//! The address of a client, and how it is known.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

/// The address of a client, and how it is known. Shown as `address:port`, with port 0 where the client's port is not
/// known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Peer {
    /// The client dialled us from here, as far as can be known: a proxy that is not trusted is a client like any other.
    Dialled(SocketAddr),
    /// The client is known by its address alone: a trusted proxy named it, or it comes over the gateway, where each
    /// request may have another port.
    Named(IpAddr),
    /// A trusted proxy dialled us from here and named no client: it may be anybody.
    Unnamed(SocketAddr),
}

impl Peer {
    /// Returns the address by which the client is counted and judged.
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

    /// Returns address and port for formats that write 0 for a port that is not known.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_that_is_not_known_is_shown_as_0() {
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
