//! The client address that a password comes from, and the account that it is for.

use std::net::{IpAddr, Ipv4Addr};

use ipnet::IpNet;
use msnp::Handle;

/// The maximum number of characters of an account's address that an [`Origin`] keeps. Only an
/// invalid address can be longer (identity.md).
const MAX_NAME: usize = 129;

/// The sizes of the networks that take turns while passwords wait to be hashed, as prefix lengths
/// in bits. Each pair has the length for IPv4 and the length for IPv6. A provider has a network of
/// the first size or a larger network. A customer has a network of the second size. A network of
/// the third size has one user, or a few users.
const NETWORKS: [(u8, u8); 3] = [(16, 32), (24, 48), (32, 64)];

/// A network or an account whose passwords wait to be hashed. Networks of the same size take turns
/// with each other, and so do accounts with passwords from the same address (`turns`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Party {
    /// A network, or a single address.
    Network(IpAddr),
    /// The address of an account, whether the account exists or not.
    Account(String),
}

/// The client address that a password comes from, and the account that it is for.
#[derive(Clone, Debug)]
pub struct Origin {
    address: IpAddr,
    handle: Option<Handle>,
    account: String,
}

impl Origin {
    /// Describes a password that a client at `address` sends for `account`. `account` may be any
    /// text. All addresses of an IPv6 /64 network count as the same address.
    #[must_use]
    pub fn new(address: IpAddr, account: &str) -> Self {
        let handle = Handle::parse_lax(account).ok();
        let name = handle.as_ref().map_or_else(|| account.chars().take(MAX_NAME).collect(), ToString::to_string);
        Self { address: network(address.to_canonical(), NETWORKS[2]), handle, account: name }
    }

    /// Describes a password that the operator sets.
    pub(in crate::accounts) fn operator() -> Self {
        Self::new(Ipv4Addr::LOCALHOST.into(), "")
    }

    /// Returns the address that limits on addresses use. For IPv6, it is the first address of the
    /// client's /64 network.
    #[must_use]
    pub const fn address(&self) -> IpAddr {
        self.address
    }

    /// Returns the name under which the server counts attempts to sign in to the account. All
    /// spellings of a valid address have the same name, whether the account exists or not.
    #[must_use]
    pub fn account(&self) -> &str {
        &self.account
    }

    /// Returns the address of the account, if that address is valid.
    pub(in crate::accounts) const fn handle(&self) -> Option<&Handle> {
        self.handle.as_ref()
    }

    /// Returns the networks and the account that the password belongs to. The largest network is
    /// first, and the account is last.
    pub(super) fn parties(&self) -> [Party; 4] {
        let [large, small, address] = NETWORKS.map(|lengths| Party::Network(network(self.address, lengths)));
        [large, small, address, Party::Account(self.account.clone())]
    }
}

/// Returns the first address of the network that contains `address`. The prefix length of the
/// network is `v4` or `v6` bits.
fn network(address: IpAddr, (v4, v6): (u8, u8)) -> IpAddr {
    let length = if address.is_ipv4() { v4 } else { v6 };
    IpNet::new(address, length).map_or(address, |network| network.network())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn networks(address: &str) -> Vec<String> {
        let parties = Origin::new(address.parse().unwrap(), "a@example.com").parties();
        let network =
            |party: &Party| if let Party::Network(address) = party { Some(address.to_string()) } else { None };
        parties.iter().filter_map(network).collect()
    }

    #[test]
    fn an_address_belongs_both_to_the_network_of_a_provider_and_to_the_network_of_a_customer() {
        assert_eq!(networks("192.0.2.77"), ["192.0.0.0", "192.0.2.0", "192.0.2.77"]);
        assert_eq!(networks("::ffff:192.0.2.77"), ["192.0.0.0", "192.0.2.0", "192.0.2.77"]);
        let of_a_customer = ["2001:db8::", "2001:db8:1::", "2001:db8:1:2::"];
        assert_eq!(networks("2001:db8:1:2::1"), of_a_customer);
        assert_eq!(networks("2001:db8:1:2:ffff::9"), of_a_customer);
    }

    #[test]
    fn all_spellings_of_a_handle_count_as_one_account_and_an_invalid_handle_that_is_too_long_is_truncated() {
        let of = |account: &str| Origin::new(Ipv4Addr::LOCALHOST.into(), account);
        assert_eq!(of("Alice@Example.COM").account(), of("alice@example.com").account());
        let long = "x".repeat(100) + "@" + &"y".repeat(100);
        assert_eq!((of(&long).account().len(), of(&long).handle()), (MAX_NAME, None));
    }
}
