//! Checks whether the ports are open, and whether Microsoft's host names resolve to the server.

use std::net::IpAddr;

use super::codes;
use super::dial::{Unreached, addresses, dial};
use super::exam::Exam;
use super::finding::Finding;
use super::target::HostPort;
use crate::client_table::Client;
use crate::hosts::{AMSN, SIGN_IN};

/// A service whose port is checked.
pub(super) struct Service {
    /// The setting for the address of the service.
    pub(super) key: &'static str,
    /// The port that is fixed in clients, if there is one.
    known: Option<u16>,
    /// The consequence of a closed port.
    meaning: &'static str,
    codes: &'static [&'static str],
}

pub(super) const NOTIFICATION: Service = Service {
    key: "listen.notification",
    known: Some(1863),
    meaning: "; clients then try the gateway",
    codes: codes::NO_NOTIFICATION,
};
const SWITCHBOARD: Service =
    Service { key: "listen.switchboard", known: None, meaning: ": conversations cannot begin", codes: &[] };
pub(super) const HTTP: Service = Service {
    key: "listen.http",
    known: Some(80),
    meaning: ": clients behind firewalls cannot use the gateway, and there is no MsgrConfig and no proxy",
    codes: codes::NO_NOTIFICATION,
};
pub(super) const HTTPS: Service = Service {
    key: "listen.https",
    known: Some(443),
    meaning: ": clients cannot sign in over TLS",
    codes: codes::NO_HTTPS,
};

/// Checks whether a port is open.
pub(super) async fn examine(exam: Exam<'_>, service: &Service, host_port: Option<&HostPort>) -> Finding {
    let Some(host_port) = host_port else {
        let through = if service.known == HTTPS.known && exam.target.proxy().is_some() {
            "; TLS is tested through the proxy"
        } else {
            ""
        };
        return Finding::skipped(format!("{}{through}", exam.target.is_not_set(service.key)));
    };
    let Err(why) = dial(host_port).await else {
        return Finding::green(match service.known {
            Some(port) if port != host_port.port => {
                format!("{host_port} is open (clients connect to port {port})")
            }
            _ => format!("{host_port} is open"),
        });
    };
    let key = exam.target.key(service.key);
    let remedy = match why {
        Unreached::NoSuchName => return Finding::skipped(why.cause(host_port)),
        Unreached::Refused => {
            let other = match (&exam.target.ours, service.known) {
                (None, Some(80 | 443)) => {
                    "; if the server uses other ports, pass them, for example --http-port 8080, or --https-port 0 if \
                     it has no HTTPS port"
                }
                (None, _) => "",
                (Some(_), _) => " (flags of `serve` override settings)",
            };
            format!(
                "start the server; if it is running, compare this address with {key} and with the addresses that the \
                 server printed at start{other}"
            )
        }
        Unreached::Silent => {
            format!("open port {} in the firewall, and forward it in the router if there is one", host_port.port)
        }
        Unreached::Other(_) => format!("compare this address with {key}"),
    };
    Finding::red(format!("{}{}", why.cause(host_port), service.meaning), remedy).shows(service.codes)
}

/// Checks the port of our own switchboard, which may share the port of the notification server.
pub(super) async fn switchboard(exam: Exam<'_>, is_notification_open: bool) -> Finding {
    let host_port = exam.target.switchboard.as_ref();
    if host_port.is_some() && host_port == exam.target.notification.as_ref() {
        return match is_notification_open {
            true => Finding::green("the switchboard uses the notification port (listen.one_port)"),
            false => Finding::skipped("the switchboard uses the notification port (listen.one_port)"),
        };
    }
    examine(exam, &SWITCHBOARD, host_port).await
}

/// Checks whether Microsoft's host names resolve to the server on this computer
/// (docs/protocol/http.md section 6).
pub(super) async fn redirection(exam: Exam<'_>) -> Finding {
    let Some(client) = exam.options.client.filter(|_| exam.options.redirected) else {
        return Finding::skipped("not checked; add --client CLIENT --redirected");
    };
    if client.hosts.is_empty() {
        return Finding::skipped(format!(
            "{} uses none of Microsoft's names, because its user sets the server addresses",
            client.name
        ));
    }
    let mut server = Vec::new();
    for host in exam.target.hosts() {
        server.extend(addresses(host).await);
    }
    let Some(first) = server.first().copied() else {
        return Finding::skipped("not checked: the server's own name has no address");
    };
    let terminator = exam.target.ours.as_ref().and_then(|ours| ours.old_tls.as_ref());
    let sign_in = match (client.needs_old_tls(), terminator) {
        (false, _) => Some(first),
        (true, Some(host_port)) => addresses(&host_port.host).await.first().copied(),
        (true, None) => None,
    };
    let wanted = lines(client, first, sign_in);
    let mut astray = Vec::new();
    // The lookups run at the same time, because a lookup that gets no answer takes seconds.
    let lookups: Vec<_> = wanted.iter().map(|(to, host)| (*to, *host, tokio::spawn(addresses(host)))).collect();
    for (to, host, lookup) in lookups {
        let found = lookup.await.unwrap_or_default().first().copied();
        astray.extend(fault(host, to, found, &server));
    }
    let unknown = match sign_in {
        Some(_) => "",
        None => {
            ". The sign-in hosts have to resolve to the TLS terminator for Windows XP, but the doctor does not know \
             the address of the terminator (proxy.old_tls)"
        }
    };
    if astray.is_empty() {
        let hosts: Vec<_> = wanted.iter().map(|(_, host)| *host).collect();
        return Finding::green(format!("{} resolve to {first}{unknown}", hosts.join(", ")));
    }
    let lines: String = wanted.iter().map(|(to, host)| format!("\n{to} {host}")).collect();
    Finding::red(
        format!("{}{unknown}", astray.join(", ")),
        format!(
            "put these lines into the hosts file of the client's computer, or make the name server of that computer \
             give the same answers:{lines}"
        ),
    )
    .shows(codes::NO_NAME)
}

/// Returns what is wrong with the address `found` of a host that should resolve to `to`. `server`
/// contains the addresses of the server.
fn fault(host: &str, to: IpAddr, found: Option<IpAddr>, server: &[IpAddr]) -> Option<String> {
    match found {
        None => Some(format!("{host} has no address")),
        // aMSN hangs if this name has no address. Any address is valid, because aMSN does not sign in there.
        Some(_) if host == AMSN => None,
        Some(there) if there == to || (server.first() == Some(&to) && server.contains(&there)) => None,
        Some(there) => Some(format!("{host} resolves to {there}")),
    }
}

/// Returns the lines for a hosts file, as in the instructions for this client. If `sign_in` is
/// `None`, the lines do not include the hosts of the sign-in.
fn lines(client: &Client, server: IpAddr, sign_in: Option<IpAddr>) -> Vec<(IpAddr, &'static str)> {
    let all = client.redirections(server, sign_in.unwrap_or(server));
    all.filter(|(_, host)| sign_in.is_some() || !SIGN_IN.contains(host)).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::client_setup::{Kit, Offer, Place};
    use swallowtail_config::Config;

    #[test]
    fn the_doctor_checks_exactly_the_hosts_in_the_offered_hosts_file() {
        let config = Config::parse("[proxy]\nold_tls = \"192.0.2.7:443\"\n").unwrap();
        let offer = Offer::new(&config, None, None);
        let place = Place::of_main(&config, "192.0.2.1".to_owned(), Arc::new(offer));
        let server = "192.0.2.1".parse().unwrap();
        for client in Client::every() {
            let sign_in = if client.needs_old_tls() { "192.0.2.7".parse().unwrap() } else { server };
            let files = Kit::new(client, &place).unwrap().files;
            let made = files.into_iter().find(|file| file.name == "hosts.txt");
            let set_up = made.map_or_else(String::new, |file| String::from_utf8(file.body).unwrap());
            let looked_at: String =
                lines(client, server, Some(sign_in)).iter().map(|(to, host)| format!("{to} {host}\r\n")).collect();
            assert_eq!(looked_at, set_up, "{}", client.id);
            assert!(lines(client, server, None).iter().all(|(_, host)| !SIGN_IN.contains(host)));
        }
    }

    #[test]
    fn the_host_of_amsn_may_resolve_to_any_address_and_every_other_host_must_resolve_to_the_server() {
        let ip = |text: &str| text.parse::<IpAddr>().unwrap();
        let (first, second, old_tls, elsewhere) =
            (ip("192.0.2.1"), ip("192.0.2.2"), ip("192.0.2.7"), ip("203.0.113.9"));
        for (host, to, found, words) in [
            ("login.live.com", first, Some(first), None),
            ("login.live.com", first, Some(second), None),
            ("login.live.com", first, Some(elsewhere), Some("resolves to 203.0.113.9")),
            ("login.live.com", first, None, Some("has no address")),
            ("login.live.com", old_tls, Some(first), Some("resolves to 192.0.2.1")),
            (AMSN, first, Some(elsewhere), None),
            (AMSN, first, None, Some("has no address")),
        ] {
            let fault = fault(host, to, found, &[first, second]);
            assert_eq!(fault.is_some(), words.is_some(), "{host} {found:?}: {fault:?}");
            assert!(words.is_none_or(|words| fault.is_some_and(|fault| fault.contains(words))), "{host} {found:?}");
        }
    }
}
