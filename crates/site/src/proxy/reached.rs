//! How a visitor of a page reached us, and so how the clients on that computer can.

use axum::extract::Request;
use swallowtail_config::host_port::split;
use swallowtail_messenger::net::Caller;
use swallowtail_setup::hosts::MICROSOFT;

use crate::http::host_of;

const HTTP: u16 = 80;
const HTTPS: u16 = 443;

/// Where this server is, seen from the visitor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reached {
    /// A name or an address, without brackets.
    pub(crate) host: String,
    /// The port of pages and proxy; `None` when the visitor's network has no listener for them.
    pub(crate) http: Option<u16>,
    /// The same over TLS.
    pub(crate) https: Option<u16>,
}

impl Reached {
    /// The port that the visitor used is known from the request, as somebody in between may have another one than we;
    /// the other is that of the network that the visitor came by. Who came by a name of Microsoft's, which leads here
    /// on that computer alone, is told the address that was dialled.
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
    fn the_port_that_was_used_is_the_visitors_and_the_other_the_networks() {
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
