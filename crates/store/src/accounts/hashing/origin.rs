//! The address and the account that a password comes from.

use std::net::{IpAddr, Ipv4Addr};

use ipnet::IpNet;
use msnp::Handle;

/// The maximum number of characters of an invalid address of an account that are kept. A valid address cannot have more
/// (identity.md).
const MAX_NAME: usize = 129;

/// The lengths of the networks that take turns, in bits, for IPv4 and IPv6. Providers get networks of the first length
/// or larger, and customers get networks of the second. Each network of the third length has one user, or a few.
const NETWORKS: [(u8, u8); 3] = [(16, 32), (24, 48), (32, 64)];

/// A party that takes turns with others of its kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Party {
    /// A network, or a single address.
    Network(IpAddr),
    /// The address of an account, whether the account exists or not.
    Account(String),
}

/// The address and the account that a password comes from.
#[derive(Clone, Debug)]
pub struct Origin {
    address: IpAddr,
    handle: Option<Handle>,
    account: String,
}

impl Origin {
    /// Describes a password for `account`, which may be any text, from an address. All addresses of an IPv6 network of 64
    /// bits count as the same address.
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

    /// Returns the address, as limits for addresses count it: for IPv6, the first address of the network of 64 bits.
    #[must_use]
    pub const fn address(&self) -> IpAddr {
        self.address
    }

    /// Returns the name under which attempts on the account are counted. All spellings of a valid address have the same
    /// name, whether the account exists or not.
    #[must_use]
    pub fn account(&self) -> &str {
        &self.account
    }

    /// Returns the address of the account, if it is valid.
    pub(in crate::accounts) const fn handle(&self) -> Option<&Handle> {
        self.handle.as_ref()
    }

    /// Returns the parties that take turns, largest first.
    pub(super) fn parties(&self) -> [Party; 4] {
        let [large, small, address] = NETWORKS.map(|lengths| Party::Network(network(self.address, lengths)));
        [large, small, address, Party::Account(self.account.clone())]
    }
}

/// Returns the first address of the network of one of these lengths.
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
