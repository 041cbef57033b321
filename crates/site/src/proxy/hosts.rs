//! The hosts that a request through the proxy may be for.

use std::collections::BTreeSet;
use std::net::IpAddr;

use swallowtail_config::Config;
use swallowtail_config::host_port::split;
use swallowtail_messenger::net::Caller;
use swallowtail_setup::hosts::MICROSOFT;

/// The port of the notification server that clients know.
const NOTIFICATION_PORT: u16 = 1863;

/// Microsoft's old names, and ours.
#[derive(Clone, Debug)]
pub(crate) struct Hosts {
    /// Names of this server, in lower case.
    own: BTreeSet<String>,
    /// Whether Microsoft's names are taken.
    proxy: bool,
}

/// What a tunnel is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// Requests.
    Http,
    /// Requests over TLS.
    Https,
    /// Notification server or switchboard.
    Chat,
}

impl Hosts {
    /// As the settings say, with the name of this machine.
    #[must_use]
    pub(crate) fn new(config: &Config) -> Self {
        let machine = rustix::system::uname().nodename().to_string_lossy().into_owned();
        let advertised = config.networks().flat_map(|(_, _, advertise)| advertise.hosts());
        let names = config.http.names.iter().map(String::as_str).chain(advertised).chain(["localhost", &machine]);
        let own = names.map(str::to_ascii_lowercase).collect();
        Self { own, proxy: config.proxy.enabled }
    }

    /// Whether a request may be for this host, which is written without a port.
    #[must_use]
    pub(crate) fn is_known(&self, host: &str, caller: &Caller) -> bool {
        self.is_own(host, caller) || self.is_microsoft(host)
    }

    fn is_microsoft(&self, host: &str) -> bool {
        self.proxy && MICROSOFT.iter().any(|known| known.eq_ignore_ascii_case(host))
    }

    /// A name of ours, or the very address that the client dialled.
    fn is_own(&self, host: &str, caller: &Caller) -> bool {
        let host = split(host).map_or(host, |(host, _)| host);
        let dialled = host.parse::<IpAddr>().is_ok_and(|address| address.to_canonical() == caller.local.ip());
        dialled || self.own.contains(&host.to_ascii_lowercase())
    }

    /// What a tunnel to `target`, `host:port`, is for; `None` when it is refused.
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
    fn a_tunnel_leads_to_our_own_services_and_nowhere_else() {
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
    fn our_own_names_are_known_and_microsofts_only_to_a_proxy() {
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
