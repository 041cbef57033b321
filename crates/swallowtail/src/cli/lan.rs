//! The addresses at which other machines reach this machine.

use std::net::{IpAddr, Ipv4Addr, UdpSocket};

/// An address of this machine, with the name of its interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reachable {
    pub(super) address: Ipv4Addr,
    pub(super) interface: String,
}

/// The beginnings of interface names. Interfaces with these names only connect to containers and
/// virtual machines on this machine.
const VIRTUAL: [&str; 10] = ["br-", "cni", "docker", "flannel", "lxc", "podman", "vboxnet", "veth", "virbr", "vmnet"];

/// Returns the IPv4 addresses of this machine in its networks. Leaves out loopback and link-local
/// addresses, and networks of containers. The address that the default route uses comes first. Old
/// clients do not support IPv6.
pub(super) fn addresses() -> Vec<Reachable> {
    let interfaces = if_addrs::get_if_addrs().unwrap_or_default();
    let all = interfaces.into_iter().filter_map(|interface| match interface.ip() {
        IpAddr::V4(address) => Some(Reachable { address, interface: interface.name }),
        IpAddr::V6(_) => None,
    });
    sorted(all.collect(), own_address())
}

fn sorted(mut all: Vec<Reachable>, own: Option<IpAddr>) -> Vec<Reachable> {
    let is_virtual = |name: &str| VIRTUAL.iter().any(|start| name.starts_with(start));
    let is_own = |one: &Reachable| own == Some(one.address.into());
    all.retain(|one| !one.address.is_loopback() && !one.address.is_link_local());
    all.retain(|one| is_own(one) || !is_virtual(&one.interface));
    all.sort_by_key(|one| (!is_own(one), !one.address.is_private()));
    all
}

/// Returns the address from which this machine would send to the internet. Nothing is sent.
fn own_address() -> Option<IpAddr> {
    /// An example of an address on the internet (RFC 5737).
    const ANYWHERE: (Ipv4Addr, u16) = (Ipv4Addr::new(192, 0, 2, 1), 9);
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).ok()?;
    socket.connect(ANYWHERE).ok()?;
    socket.local_addr().ok().map(|address| address.ip())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_of_the_default_route_comes_first_and_container_networks_are_left_out() {
        let all = [
            ("127.0.0.1", "lo"),
            ("172.17.0.1", "docker0"),
            ("203.0.113.5", "eth1"),
            ("10.8.0.2", "tun0"),
            ("169.254.7.7", "eth2"),
            ("192.168.1.5", "wlan0"),
        ];
        let all = all.map(|(address, interface)| Reachable {
            address: address.parse().unwrap(),
            interface: interface.to_owned(),
        });
        let own = "192.168.1.5".parse().unwrap();
        let names = sorted(all.to_vec(), Some(own)).into_iter().map(|one| one.interface);
        assert_eq!(names.collect::<Vec<_>>(), ["wlan0", "tun0", "eth1"]);
    }
}
