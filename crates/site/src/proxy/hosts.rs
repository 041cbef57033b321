//! The hosts for which the proxy accepts requests.

use std::collections::BTreeSet;
use std::net::IpAddr;

use swallowtail_config::Config;
use swallowtail_config::host_port::split;
use swallowtail_messenger::net::Caller;
use swallowtail_setup::hosts::MICROSOFT;

/// The usual port of the notification server.
const NOTIFICATION_PORT: u16 = 1863;

/// Microsoft's old host names, and the names of this server.
#[derive(Clone, Debug)]
pub(crate) struct Hosts {
    /// The names of this server, in lower case.
    own: BTreeSet<String>,
    /// True if the proxy is on. If it is off, the server accepts no requests for Microsoft's names
    /// and opens no tunnels.
    proxy: bool,
}

/// The service that a tunnel connects to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// The services over HTTP.
    Http,
    /// The services over HTTPS.
    Https,
    /// The notification server or the switchboard.
    Chat,
}

impl Hosts {
    /// Creates the list from the settings and the name of this machine.
    #[must_use]
    pub(crate) fn new(config: &Config) -> Self {
        let machine = rustix::system::uname().nodename().to_string_lossy().into_owned();
        let advertised = config.networks().flat_map(|(_, _, advertise)| advertise.hosts());
        let names = config.http.names.iter().map(String::as_str).chain(advertised).chain(["localhost", &machine]);
        let own = names.map(str::to_ascii_lowercase).collect();
        Self { own, proxy: config.proxy.enabled }
    }

    /// Returns whether requests for `host` are accepted. `host` has no port.
    #[must_use]
    pub(crate) fn is_known(&self, host: &str, caller: &Caller) -> bool {
        self.is_own(host, caller) || self.is_microsoft(host)
    }

    fn is_microsoft(&self, host: &str) -> bool {
        self.proxy && MICROSOFT.iter().any(|known| known.eq_ignore_ascii_case(host))
    }

    /// Returns whether the host is a name of this server, or the address that the client dialled.
    fn is_own(&self, host: &str, caller: &Caller) -> bool {
        let host = split(host).map_or(host, |(host, _)| host);
        let dialled = host.parse::<IpAddr>().is_ok_and(|address| address.to_canonical() == caller.local.ip());
        dialled || self.own.contains(&host.to_ascii_lowercase())
    }

    /// Returns the service for a tunnel to `target`, which is `host:port`. Returns `None` if the tunnel must be
    /// refused.
    pub(crate) fn target(&self, target: &str, caller: &Caller) -> Option<Target> {
        if !self.proxy {
            return None;
        }
        let told = [caller.notification_address(), caller.switchboard_address()];
        if told.iter().any(|told| told.eq_ignore_ascii_case(target)) {
            return Some(Target::Chat);
        }
        let (host, port) = split(target)?;
        let own = self.is_own(host, caller);
        match port? {
            _ if !own && !self.is_microsoft(host) => None,
            80 => Some(Target::Http),
            443 => Some(Target::Https),
            NOTIFICATION_PORT => Some(Target::Chat),
            port if own && (port == caller.network.notification || port == caller.network.switchboard) => {
                Some(Target::Chat)
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use swallowtail_messenger::net::Reachable;

    fn caller() -> Caller {
        let mut network = Reachable { notification: 1900, switchboard: 1901, ..Reachable::default() };
        network.advertise.switchboard = Some("chat.example.com:99".to_owned());
        Caller::new("192.0.2.9:5".parse().unwrap(), "192.0.2.1:80".parse().unwrap(), Arc::new(network))
    }

    fn hosts(proxy: bool) -> Hosts {
        let mut config = Config::default();
        config.proxy.enabled = proxy;
        config.http.names = vec!["msn.example.org".to_owned()];
        config.advertise.switchboard = Some("chat.example.com:99".to_owned());
        Hosts::new(&config)
    }

    #[test]
    fn tunnels_connect_only_to_this_servers_own_services() {
        let table = [
            ("messenger.hotmail.com:1863", Some(Target::Chat)),
            ("MESSENGER.hotmail.com:1863", Some(Target::Chat)),
            ("loginnet.passport.com:443", Some(Target::Https)),
            ("config.messenger.msn.com:80", Some(Target::Http)),
            ("msn.example.org:443", Some(Target::Https)),
            ("192.0.2.1:1901", Some(Target::Chat)),
            ("192.0.2.1:1900", Some(Target::Chat)),
            ("[::ffff:192.0.2.1]:1900", Some(Target::Chat)),
            ("chat.example.com:99", Some(Target::Chat)),
            ("192.0.2.1:22", None),
            ("192.0.2.2:1901", None),
            ("messenger.hotmail.com:1901", None),
            ("messenger.hotmail.com:25", None),
            ("example.com:443", None),
            ("messenger.hotmail.com.example.com:443", None),
            ("messenger.hotmail.com", None),
            ("messenger.hotmail.com:99999", None),
            ("messenger.hotmail.com:+443", None),
            (":443", None),
            ("", None),
        ];
        for (target, service) in table {
            assert_eq!(hosts(true).target(target, &caller()), service, "{target}");
            assert_eq!(hosts(false).target(target, &caller()), None, "{target}");
        }
    }

    #[test]
    fn names_of_this_server_are_always_accepted_and_names_of_microsoft_only_if_the_proxy_is_enabled() {
        for own in ["192.0.2.1", "msn.example.org", "chat.example.com", "localhost", "MSN.example.org"] {
            assert!(hosts(false).is_known(own, &caller()), "{own}");
        }
        assert!(hosts(true).is_known("nexus.passport.com", &caller()));
        assert!(!hosts(false).is_known("nexus.passport.com", &caller()));
        for other in ["example.com", "192.0.2.2", "", "passport.com"] {
            assert!(!hosts(true).is_known(other, &caller()), "{other}");
        }
    }
}
