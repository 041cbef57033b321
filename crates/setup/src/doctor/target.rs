//! The target of the checks (the address of each service of a server), and the options (such as the
//! client and the account to use).

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;

use msnp::Handle;
use swallowtail_config::{Advertise, Config, HeaderCase, Listen, MAIN};

use crate::client_setup::own_names;
use crate::client_table::Client;

/// A host and a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct HostPort {
    /// A name or an address.
    pub(super) host: String,
    pub(super) port: u16,
}

impl HostPort {
    /// Parses `host:port`, as in XFR.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (host, port) = text.rsplit_once(':')?;
        let host = host.trim_start_matches('[').trim_end_matches(']');
        Some(Self { host: host.to_owned(), port: port.parse().ok()? }).filter(|host_port| !host_port.host.is_empty())
    }

    /// Returns the address at which to reach a listener: loopback if it listens on all addresses.
    fn of_listener(address: SocketAddr) -> Self {
        let ip = match address.ip() {
            ip if !ip.is_unspecified() => ip,
            IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
        };
        Self { host: ip.to_string(), port: address.port() }
    }
}

impl fmt::Display for HostPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

/// An account for tests. No output shows the password.
#[derive(Clone)]
pub struct TestAccount {
    /// The address that signs in.
    pub handle: Handle,
    /// The password of the account.
    pub password: String,
}

/// The options for checking a server.
#[derive(Clone, Default)]
pub struct Options {
    /// The client that the doctor acts as. If there is none, the doctor checks what all clients have in common.
    pub client: Option<&'static Client>,
    /// True if Microsoft's host names must resolve to the server on this computer.
    pub redirected: bool,
    /// True if the server must support the TLS of clients on Windows XP.
    pub xp: bool,
    /// The account that signs in. If there is none, the doctor checks that sign-ins are refused.
    pub account: Option<TestAccount>,
    /// A PEM file with the root that clients trust.
    pub root: Option<PathBuf>,
}

/// The thing that the doctor checks: another server, or one network of our own server.
#[derive(Clone, Debug)]
pub struct Target {
    /// The name of the target, as shown to users.
    pub title: String,
    pub(super) notification: Option<HostPort>,
    pub(super) dispatch: Option<HostPort>,
    /// The switchboard's address. It is known in advance only from settings.
    pub(super) switchboard: Option<HostPort>,
    pub(super) http: Option<HostPort>,
    pub(super) https: Option<HostPort>,
    /// The facts about our own server. `None` for another server.
    pub(super) ours: Option<Ours>,
}

/// The facts about our own server, from its settings.
#[derive(Clone, Debug)]
pub(super) struct Ours {
    /// The beginning of the full name of every `listen.*` or `advertise.*` setting of the network
    /// that this target stands for, such as `network.NAME.`. Empty for the main network.
    prefix: String,
    pub(super) advertise: Advertise,
    pub(super) header_case: HeaderCase,
    pub(super) is_proxy: bool,
    pub(super) old_tls: Option<HostPort>,
    /// The file with the server's own root, if it has one.
    pub(super) own_root: Option<PathBuf>,
    /// The certificate files in the settings.
    pub(super) configured: Vec<PathBuf>,
    /// The host names and IP addresses that the settings give this server.
    pub(super) names: Vec<String>,
}

/// The ports of a server whose settings are unknown, because it is not our own server. Port 0 means
/// that the server does not have the service.
#[derive(Clone, Copy, Debug)]
pub struct Ports {
    /// The port of the notification server or of the dispatch server.
    pub notification: u16,
    /// The port of the sign-in service, the gateway and the proxy.
    pub http: u16,
    /// The port of the sign-in service over TLS.
    pub https: u16,
}

impl Target {
    /// Returns the address of the proxy. Returns `None` if there is no HTTP port or our own settings have no proxy.
    pub(super) fn proxy(&self) -> Option<&HostPort> {
        self.http.as_ref().filter(|_| self.ours.as_ref().is_none_or(|ours| ours.is_proxy))
    }

    /// Creates the target for another server. Only its host and its ports are known.
    #[must_use]
    pub fn remote(host: &str, ports: Ports) -> Self {
        let host_port = |port| (port != 0).then(|| HostPort { host: host.to_owned(), port });
        Self {
            title: host.to_owned(),
            notification: host_port(ports.notification),
            dispatch: None,
            switchboard: None,
            http: host_port(ports.http),
            https: host_port(ports.https),
            ours: None,
        }
    }

    /// Creates the targets for our own server: one for each network.
    ///
    /// # Errors
    /// If a port in the settings is 0, returns an error that names its setting. With 0, the server
    /// chooses another port at each start, so the doctor cannot know it.
    pub fn ours(config: &Config) -> anyhow::Result<Vec<Self>> {
        let mut targets = Vec::new();
        for (name, listen, advertise) in config.networks() {
            let prefix = if name == MAIN { String::new() } else { format!("network.{name}.") };
            for (key, address) in keys(listen) {
                anyhow::ensure!(
                    address.is_none_or(|address| address.port() != 0),
                    "{prefix}listen.{key} has port 0, which means another port at each start: pass --host and the ports"
                );
            }
            let host_port = |address: Option<SocketAddr>| address.map(HostPort::of_listener);
            let own_root = config.tls.own_root.then(|| config.data.join("root/certificate.pem"));
            let configured = config.tls.certificate.iter().map(|files| files.chain.clone()).collect();
            let switchboard = if listen.one_port { listen.notification } else { listen.switchboard };
            targets.push(Self {
                title: if name == MAIN { "this server".to_owned() } else { format!("this server, network {name}") },
                notification: host_port(listen.notification),
                dispatch: host_port(listen.dispatch),
                switchboard: host_port(switchboard),
                http: host_port(listen.http),
                https: host_port(listen.https),
                ours: Some(Ours {
                    prefix,
                    advertise: advertise.clone(),
                    header_case: config.http.header_case,
                    is_proxy: config.proxy.enabled,
                    old_tls: host_port(config.proxy.old_tls),
                    own_root,
                    configured,
                    names: own_names(config),
                }),
            });
        }
        Ok(targets)
    }

    /// Returns the full name of a `listen.*` or `advertise.*` setting of the network that this
    /// target stands for. `key` is the name without the network.
    pub(super) fn key(&self, key: &str) -> String {
        self.ours.as_ref().map_or_else(|| key.to_owned(), |ours| format!("{}{key}", ours.prefix))
    }

    /// Returns the reason why a service without an address is not checked.
    pub(super) fn is_not_set(&self, key: &str) -> String {
        match (&self.ours, key.strip_prefix("listen.")) {
            (None, Some("switchboard")) => {
                "the server sends the address of the switchboard only to signed-in clients".to_owned()
            }
            (None, Some(service)) => format!("--{service}-port is 0"),
            _ => format!("{} is not set", self.key(key)),
        }
    }

    /// Returns the hosts to which the doctor connects, and the hosts that the server sends to
    /// clients for the sign-in. The list has no duplicates.
    pub(super) fn hosts(&self) -> Vec<&str> {
        let host_ports = [&self.notification, &self.http, &self.https, &self.switchboard];
        let mut hosts: Vec<_> = host_ports.into_iter().flatten().map(|host_port| host_port.host.as_str()).collect();
        let passport = self.ours.as_ref().and_then(|ours| ours.advertise.passport.as_deref());
        hosts.extend(passport.map(|advertised| advertised.rsplit_once(':').map_or(advertised, |(host, _)| host)));
        hosts.sort_unstable();
        hosts.dedup();
        hosts
    }
}

fn keys(listen: &Listen) -> [(&'static str, Option<SocketAddr>); 5] {
    let switchboard = listen.switchboard.filter(|_| !listen.one_port);
    [
        ("notification", listen.notification),
        ("switchboard", switchboard),
        ("http", listen.http),
        ("https", listen.https),
        ("dispatch", listen.dispatch),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listener_on_all_addresses_is_checked_over_loopback() {
        let config = Config::parse("[listen]\nnotification = \"0.0.0.0:1863\"\nhttp = \"[::]:80\"\n").unwrap();
        let targets = Target::ours(&config).unwrap();
        assert_eq!(targets.len(), 1);
        assert_eq!(targets[0].notification.as_ref().unwrap().to_string(), "127.0.0.1:1863");
        assert_eq!(targets[0].http.as_ref().unwrap().to_string(), "[::1]:80");
        assert_eq!(targets[0].is_not_set("listen.https"), "listen.https is not set");
    }

    #[test]
    fn settings_of_another_network_are_reported_with_their_full_keys() {
        let text = "[network.internet.listen]\nnotification = \"192.0.2.7:1863\"\nswitchboard = \"192.0.2.7:1864\"\n";
        let targets = Target::ours(&Config::parse(text).unwrap()).unwrap();
        assert_eq!(targets[1].key("advertise.switchboard"), "network.internet.advertise.switchboard");
        let error = Target::ours(&Config::parse("[listen]\nhttp = \"127.0.0.1:0\"\n").unwrap()).unwrap_err();
        assert!(error.to_string().contains("listen.http has port 0"), "{error}");
    }

    #[test]
    fn an_address_in_xfr_must_consist_of_a_host_and_a_port() {
        for (text, host) in [("a.example:1864", Some("a.example")), ("[::1]:1864", Some("::1"))] {
            assert_eq!(HostPort::parse(text).map(|host_port| host_port.host).as_deref(), host);
        }
        for text in ["", ":1", "a", "a:", "a:99999"] {
            assert_eq!(HostPort::parse(text), None, "{text}");
        }
    }
}
