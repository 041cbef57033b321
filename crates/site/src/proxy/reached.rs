//! The address at which a visitor of a page reached this server. Clients on the visitor's computer
//! can also use this address.

use axum::extract::Request;
use swallowtail_config::host_port::split;
use swallowtail_messenger::net::Caller;
use swallowtail_setup::hosts::MICROSOFT;

use crate::http::host_of;

const HTTP: u16 = 80;
const HTTPS: u16 = 443;

/// The address at which the visitor's computer reaches this server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reached {
    /// A host name, or an IP address without brackets.
    pub(crate) host: String,
    /// The HTTP port of the pages and the proxy. `None` if the visitor's network has no listener for it.
    pub(crate) http: Option<u16>,
    /// The HTTPS port. `None` if the visitor's network has no listener for it.
    pub(crate) https: Option<u16>,
}

impl Reached {
    /// Finds the address from a request. The visitor used either the HTTP port or the HTTPS port.
    /// That port is taken from the request, because a device between the visitor and the server can
    /// map it to another port. The other port is taken from the settings of the visitor's network.
    /// If the visitor used one of Microsoft's names, the host is the IP address that the visitor
    /// dialled, because such a name works only on computers that are set up for it.
    pub(crate) fn of(caller: &Caller, request: &Request) -> Self {
        let named = host_of(caller, request.uri(), request.headers());
        let dialled = || (caller.local.ip().to_string(), Some(caller.local.port()));
        let (host, port) = split(&named).map_or_else(dialled, |(host, port)| (host.to_owned(), port));
        let is_microsoft = MICROSOFT.iter().any(|name| name.eq_ignore_ascii_case(&host));
        let host = if is_microsoft { caller.local.ip().to_string() } else { host };
        let (http, https) = match caller.secure {
            true => (caller.network.http, Some(port.unwrap_or(HTTPS))),
            false => (Some(port.unwrap_or(HTTP)), caller.network.https),
        };
        Self { host, http, https }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use axum::body::Body;

    use super::*;
    use swallowtail_messenger::net::Reachable;

    fn reached(local: &str, secure: bool, host: &str) -> (String, Option<u16>, Option<u16>) {
        let network = Reachable { http: Some(8080), https: Some(8443), ..Reachable::default() };
        let caller = Caller::new("192.0.2.9:5".parse().unwrap(), local.parse().unwrap(), Arc::new(network));
        let request = Request::builder().header("Host", host).body(Body::empty()).unwrap();
        let Reached { host, http, https } = Reached::of(&Caller { secure, ..caller }, &request);
        (host, http, https)
    }

    #[test]
    fn a_request_gives_the_port_of_its_own_scheme_and_the_settings_give_the_port_of_the_other_scheme() {
        let table = [
            ("192.0.2.1:8080", false, "msn.example.org:81", ("msn.example.org", 81, 8443)),
            ("192.0.2.1:8080", false, "msn.example.org", ("msn.example.org", 80, 8443)),
            ("192.0.2.1:8443", true, "msn.example.org", ("msn.example.org", 8080, 443)),
            ("192.0.2.1:8443", true, "msn.example.org:444", ("msn.example.org", 8080, 444)),
            ("192.0.2.1:8080", false, "nexus.passport.com:8080", ("192.0.2.1", 8080, 8443)),
            ("[2001:db8::1]:80", false, "?", ("2001:db8::1", 80, 8443)),
            ("[2001:db8::1]:81", false, "?", ("2001:db8::1", 81, 8443)),
            ("192.0.2.1:8080", false, "a:b:c", ("192.0.2.1", 8080, 8443)),
        ];
        for (local, secure, named, (host, http, https)) in table {
            assert_eq!(reached(local, secure, named), (host.to_owned(), Some(http), Some(https)), "{local} {named}");
        }
    }
}
