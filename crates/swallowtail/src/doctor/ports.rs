//! Whether anybody listens, and whether Microsoft's host names lead there.

use super::codes;
use super::dial::{Unreached, addresses, dial};
use super::finding::Finding;
use super::known::Known;
use super::target::Place;

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
pub(super) async fn examine(known: &Known<'_>, service: &Service, place: Option<&Place>) -> Finding {
    let Some(place) = place else {
        let through = if service.known == HTTPS.known && known.target.proxy().is_some() {
            "; TLS is looked at through the proxy"
        } else {
            ""
        };
        return Finding::skipped(format!("{}{through}", known.target.is_not_set(service.key)));
    };
    let Err(why) = dial(place).await else {
        return Finding::green(match service.known {
            Some(port) if port != place.port => {
                format!("{place} is open (clients dial port {port})")
            }
            _ => format!("{place} is open"),
        });
    };
    let key = known.target.key(service.key);
    let remedy = match why {
        Unreached::NoSuchName => return Finding::skipped(why.cause(place)),
        Unreached::Refused => {
            format!("start the server; if it runs, compare this address with {key} and with what it told at its start")
        }
        Unreached::Silent => format!("open port {} in the firewall, and forward it if there is a router", place.port),
        Unreached::Other(_) => format!("compare this address with {key}"),
    };
    Finding::red(format!("{}{}", why.cause(place), service.meaning), remedy).shows(service.codes)
}

/// The switchboard of our own server, which may have no port of its own.
pub(super) async fn switchboard(known: &Known<'_>) -> Finding {
    let place = known.target.switchboard.as_ref();
    if place.is_some() && place == known.target.notification.as_ref() {
        return match known.notification_open {
            true => Finding::green("it is the notification port (listen.one_port)"),
            false => Finding::skipped("it is the notification port (listen.one_port)"),
        };
    }
    examine(known, &SWITCHBOARD, place).await
}

/// Whether a client here would find the server by Microsoft's names (docs/protocol/http.md section 6).
pub(super) async fn redirection(known: &Known<'_>) -> Finding {
    let Some(client) = known.options.client.filter(|_| known.options.redirected) else {
        return Finding::skipped(
            "whether Microsoft's names lead here is not asked for (--client VERSION --redirected)",
        );
    };
    let mut server = Vec::new();
    for host in known.target.hosts() {
        server.extend(addresses(host).await);
    }
    let Some(first) = server.first() else { return Finding::skipped("the server's own name leads nowhere") };
    let (mut astray, mut hosts) = (Vec::new(), Vec::new());
    // All at once: a name that nobody answers for takes its time.
    let lookups: Vec<_> = client.hosts().map(|host| (host, tokio::spawn(addresses(host)))).collect();
    for (host, lookup) in lookups {
        hosts.push(host);
        match lookup.await.unwrap_or_default().first() {
            Some(there) if server.contains(there) => {}
            Some(there) => astray.push((host, format!("{host} leads to {there}"))),
            None => astray.push((host, format!("{host} leads nowhere"))),
        }
    }
    if astray.is_empty() {
        return Finding::green(format!("{} lead to {first}", hosts.join(", ")));
    }
    let lines: String = astray.iter().map(|(host, _)| format!("\n{first} {host}")).collect();
    let causes: Vec<_> = astray.into_iter().map(|(_, cause)| cause).collect();
    Finding::red(causes.join(", "), format!("add to the hosts file of the client's machine, or to its DNS:{lines}"))
        .shows(codes::NO_NAME)
}
