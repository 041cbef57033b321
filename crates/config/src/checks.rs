//! Finds settings that cannot work together, although each value alone is valid.

use std::net::SocketAddr;

use crate::config::Config;
use crate::network::{Advertise, Listen, MAIN, Network};

/// Settings that do not fit together.
#[derive(Debug)]
pub(crate) struct Conflict {
    /// The setting or section to change.
    pub(crate) key: String,
    /// The conflict, and the way to resolve it.
    pub(crate) text: String,
}

fn conflict(key: impl Into<String>, text: impl Into<String>) -> Conflict {
    Conflict { key: key.into(), text: text.into() }
}

/// Returns every conflict. `is_valid` returns whether all values in a section are valid. Sections
/// with an invalid value are not checked, because a conflict with that value would be a guess.
pub(crate) fn check(config: &Config, is_valid: impl Fn(&str) -> bool) -> Vec<Conflict> {
    let mut conflicts = Vec::new();
    if is_valid("sign_in") && config.sign_in.require_challenge && !config.sign_in.challenge {
        let text = "true has no effect while sign_in.challenge = false; change one of the two";
        conflicts.push(conflict("sign_in.require_challenge", text));
    }
    if ["helper", "http"].into_iter().all(&is_valid) && config.helper.enabled && config.helper().is_none() {
        let text = "the helper has no address; set helper.address, such as \"helper@example.com\", or put the name of this \
                    server under http.names";
        conflicts.push(conflict("helper.enabled", text));
    }
    if is_valid("shields") {
        for (number, client) in (1..).zip(&config.shields.clients) {
            let (min, max) = (client.min_build, client.max_build);
            if min > max {
                let key = format!("shields.client[{number}].min_build");
                conflicts.push(conflict(key, format!("{min} is above max_build = {max}; swap them")));
            }
        }
    }
    if ["listen", "advertise", "network", "tls"].into_iter().all(is_valid) {
        for (name, listen, advertise) in config.networks() {
            check_network(config, name, listen, advertise, &mut conflicts);
        }
        for (name, network) in &config.network {
            check_further_network(name, network, &mut conflicts);
        }
        check_addresses(config, &mut conflicts);
    }
    conflicts
}

/// Returns the prefix of a network's `listen` and `advertise` keys.
fn prefix(network: &str) -> String {
    if network == MAIN { String::new() } else { format!("network.{network}.") }
}

fn check_network(config: &Config, name: &str, listen: &Listen, advertise: &Advertise, conflicts: &mut Vec<Conflict>) {
    let prefix = prefix(name);
    if let Some(key) = listen.tls_key().filter(|_| !config.tls.own_root && config.tls.certificate.is_empty()) {
        let text = "TLS needs a certificate; add [[tls.certificate]], or set tls.own_root = true";
        conflicts.push(conflict(format!("{prefix}listen.{key}"), text));
    }
    if !has_switchboard(config, listen, advertise) {
        let text = format!(
            "clients of this notification server cannot reach a switchboard; set {prefix}listen.switchboard or \
             {prefix}advertise.switchboard"
        );
        conflicts.push(conflict(format!("{prefix}listen.notification"), text));
    }
    if listen.one_port && listen.notification.is_none() {
        let text = format!("true needs a notification server; set {prefix}listen.notification");
        conflicts.push(conflict(format!("{prefix}listen.one_port"), text));
    }
}

fn check_further_network(name: &str, network: &Network, conflicts: &mut Vec<Conflict>) {
    if name == MAIN {
        let text = "this name is taken by [listen] and [advertise]; choose another name";
        conflicts.push(conflict(format!("network.{MAIN}"), text));
    } else if network.listen.addresses().is_empty() {
        let text = format!("this network has no listeners; add [network.{name}.listen] with an address");
        conflicts.push(conflict(format!("network.{name}"), text));
    }
}

/// Returns whether the clients of a network's notification server can be sent to a switchboard. If
/// the network has no switchboard, its clients use the switchboard port of the main network, at the
/// address of their notification server.
fn has_switchboard(config: &Config, listen: &Listen, advertise: &Advertise) -> bool {
    let Some(notification) = listen.notification else { return true };
    let main = config.listen.switchboard.filter(|_| !config.listen.one_port).or(config.listen.notification);
    let is_there = main.is_some_and(|main| main.ip().is_unspecified() || main.ip() == notification.ip());
    listen.switchboard.is_some() || listen.one_port || advertise.switchboard.is_some() || is_there
}

/// Finds addresses that two listeners would share.
fn check_addresses(config: &Config, conflicts: &mut Vec<Conflict>) {
    let mut taken: Vec<(String, SocketAddr)> = Vec::new();
    for (name, listen, _) in config.networks() {
        for (key, address) in listen.addresses() {
            let key = format!("{}listen.{key}", prefix(name));
            if let Some((other, there)) = taken.iter().find(|(_, there)| overlap(address, *there)) {
                let text = format!("{address} is in use by {other} = \"{there}\"; choose another port");
                conflicts.push(conflict(key.clone(), text));
            }
            taken.push((key, address));
        }
    }
}

/// Returns whether two listeners cannot have these addresses at the same time. Listeners with port
/// 0 never conflict, because each of them gets a free port. An unspecified address means every
/// address of its family. `[::]` also means every IPv4 address.
fn overlap(one: SocketAddr, other: SocketAddr) -> bool {
    let covers = |all: SocketAddr, single: SocketAddr| all.ip().is_unspecified() && (all.is_ipv6() || single.is_ipv4());
    one.port() == other.port()
        && one.port() != 0
        && (one.ip() == other.ip() || covers(one, other) || covers(other, one))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unspecified_address_overlaps_specific_addresses_on_the_same_port() {
        for (one, other, expected) in [
            ("127.0.0.1:80", "127.0.0.1:80", true),
            ("127.0.0.1:80", "127.0.0.1:81", false),
            ("127.0.0.1:80", "192.0.2.1:80", false),
            ("0.0.0.0:80", "192.0.2.1:80", true),
            ("0.0.0.0:80", "[2001:db8::1]:80", false),
            ("[::]:80", "192.0.2.1:80", true),
            ("[::]:80", "0.0.0.0:80", true),
            ("0.0.0.0:0", "0.0.0.0:0", false),
        ] {
            let (one, other) = (one.parse().unwrap(), other.parse().unwrap());
            assert_eq!(overlap(one, other), expected, "{one} {other}");
            assert_eq!(overlap(other, one), expected, "{other} {one}");
        }
    }
}
