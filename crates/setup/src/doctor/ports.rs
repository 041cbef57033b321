//! Whether anybody listens, and whether Microsoft's host names lead there.

use std::net::IpAddr;

use super::codes;
use super::dial::{Unreached, addresses, dial};
use super::exam::Exam;
use super::finding::Finding;
use super::target::HostPort;
use crate::client_table::Client;
use crate::hosts::SIGN_IN;

/// A service, as its port is looked at.
pub(super) struct Service {
    /// Its key in the configuration.
    pub(super) key: &'static str,
    /// The port that clients know, if they do.
    known: Option<u16>,
    /// What else stands and falls with it.
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
    Service { key: "listen.switchboard", known: None, meaning: ": no conversation can begin", codes: &[] };
pub(super) const HTTP: Service = Service {
    key: "listen.http",
    known: Some(80),
    meaning: ": the gateway is closed to those behind firewalls, and there is neither configuration nor proxy",
    codes: codes::NO_NOTIFICATION,
};
pub(super) const HTTPS: Service =
    Service { key: "listen.https", known: Some(443), meaning: ": nobody can sign in over TLS", codes: codes::NO_HTTPS };

/// Whether a port is open.
pub(super) async fn examine(exam: Exam<'_>, service: &Service, host_port: Option<&HostPort>) -> Finding {
    let Some(host_port) = host_port else {
        let through = if service.known == HTTPS.known && exam.target.proxy().is_some() {
            "; TLS is looked at through the proxy"
        } else {
            ""
        };
        return Finding::skipped(format!("{}{through}", exam.target.is_not_set(service.key)));
    };
    let Err(why) = dial(host_port).await else {
        return Finding::green(match service.known {
            Some(port) if port != host_port.port => {
                format!("{host_port} is open (clients dial port {port})")
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
                    "; if it has other ports, name them: --http-port 8080, --https-port 0 for none"
                }
                (None, _) => "",
                (Some(_), _) => "; flags of `serve` go before the settings",
            };
            format!(
                "start the server; if it runs, compare this address with {key} and with what it told at its start{other}"
            )
        }
        Unreached::Silent => {
            format!("open port {} in the firewall, and forward it if there is a router", host_port.port)
        }
        Unreached::Other(_) => format!("compare this address with {key}"),
    };
    Finding::red(format!("{}{}", why.cause(host_port), service.meaning), remedy).shows(service.codes)
}

/// The switchboard of our own server, which may have no port of its own.
pub(super) async fn switchboard(exam: Exam<'_>, is_notification_open: bool) -> Finding {
    let host_port = exam.target.switchboard.as_ref();
    if host_port.is_some() && host_port == exam.target.notification.as_ref() {
        return match is_notification_open {
            true => Finding::green("it is the notification port (listen.one_port)"),
            false => Finding::skipped("it is the notification port (listen.one_port)"),
        };
    }
    examine(exam, &SWITCHBOARD, host_port).await
}

/// Whether a client here would find the server by Microsoft's names (docs/protocol/http.md section 6).
pub(super) async fn redirection(exam: Exam<'_>) -> Finding {
    let Some(client) = exam.options.client.filter(|_| exam.options.redirected) else {
        return Finding::skipped("whether Microsoft's names lead here is not asked for (--client CLIENT --redirected)");
    };
    if client.hosts.is_empty() {
        return Finding::skipped(format!(
            "{} is told where to go, and asks for none of Microsoft's names",
            client.name
        ));
    }
    let mut server = Vec::new();
    for host in exam.target.hosts() {
        server.extend(addresses(host).await);
    }
    let Some(first) = server.first().copied() else {
        return Finding::skipped("the server's own name leads nowhere");
    };
    let terminator = exam.target.ours.as_ref().and_then(|ours| ours.old_tls.as_ref());
    let sign_in = match (client.needs_old_tls(), terminator) {
        (false, _) => Some(first),
        (true, Some(host_port)) => addresses(&host_port.host).await.first().copied(),
        (true, None) => None,
    };
    let wanted = lines(client, first, sign_in);
    let mut astray = Vec::new();
    // All at once: a name that nobody answers for takes its time.
    let lookups: Vec<_> = wanted.iter().map(|(to, host)| (*to, *host, tokio::spawn(addresses(host)))).collect();
    for (to, host, lookup) in lookups {
        match lookup.await.unwrap_or_default().first() {
            Some(there) if *there == to || (to == first && server.contains(there)) => {}
            Some(there) => astray.push(format!("{host} leads to {there}")),
            None => astray.push(format!("{host} leads nowhere")),
        }
    }
    let unknown = match sign_in {
        Some(_) => "",
        None => {
            ". The hosts of the sign-in have to lead to the terminator for Windows XP, which is not known here (proxy.old_tls)"
        }
    };
    if astray.is_empty() {
        let hosts: Vec<_> = wanted.iter().map(|(_, host)| *host).collect();
        return Finding::green(format!("{} lead to {first}{unknown}", hosts.join(", ")));
    }
    let lines: String = wanted.iter().map(|(to, host)| format!("\n{to} {host}")).collect();
    Finding::red(
        format!("{}{unknown}", astray.join(", ")),
        format!("have these lines in the hosts file of the client's machine, or its DNS say the same:{lines}"),
    )
    .shows(codes::NO_NAME)
}

/// The lines that the set-up of this client has for a hosts file; without an address for the sign-in, those that need
/// none.
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
    fn what_is_looked_at_is_what_the_set_up_redirects() {
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
}
