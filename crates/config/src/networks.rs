//! Lists of networks, and the list of private networks.

use std::net::IpAddr;
use std::sync::LazyLock;

use ipnet::IpNet;

/// Loopback, private and link-local networks.
pub(crate) static PRIVATE: LazyLock<Vec<IpNet>> =
    LazyLock::new(|| PRIVATE_NETWORKS.iter().filter_map(|network| network.parse().ok()).collect());
const PRIVATE_NETWORKS: [&str; 8] = [
    "127.0.0.0/8",
    "10.0.0.0/8",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "169.254.0.0/16",
    "::1/128",
    "fc00::/7",
    "fe80::/10",
];

/// Returns whether an address belongs to this machine or to a private network.
#[must_use]
pub fn is_private(address: IpAddr) -> bool {
    contains(&PRIVATE, address)
}

/// Returns whether one of the networks in this list contains an address. An IPv4-mapped IPv6
/// address counts as the IPv4 address.
#[must_use]
pub fn contains(networks: &[IpNet], address: IpAddr) -> bool {
    let address = address.to_canonical();
    networks.iter().any(|network| network.contains(&address))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_private_network_is_well_formed() {
        assert_eq!(PRIVATE.len(), PRIVATE_NETWORKS.len());
    }
}
