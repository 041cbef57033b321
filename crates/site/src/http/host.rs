//! The host that a request is for.

use std::net::SocketAddr;

use axum::http::header::HOST;
use axum::http::uri::Authority;
use axum::http::{HeaderMap, Uri};
use swallowtail_config::is_host;
use swallowtail_messenger::net::Caller;

/// The longest host name, in bytes, that an answer repeats.
const MAX_HOST: usize = 255;

/// Returns the host at which the client reaches this server. This is the host in the request if
/// that host is plausible. If not, this is the host that the operator advertises. If the operator
/// advertises no host, this is the address that the client dialled. The returned host is safe to
/// use in a header.
pub(crate) fn host_of(caller: &Caller, uri: &Uri, headers: &HeaderMap) -> String {
    match named(uri, headers).filter(|host| is_plausible(host)).or(caller.network.advertise.passport.as_deref()) {
        Some(host) => host.to_owned(),
        None => dialled(caller),
    }
}

/// Returns whether the request names a host that [`host_of`] does not use because it is not
/// plausible.
pub(crate) fn names_oddly(uri: &Uri, headers: &HeaderMap) -> bool {
    named(uri, headers).is_some_and(|host| !is_plausible(host))
}

/// Returns the host in a request. A value that is not text becomes an empty host, which is not plausible.
fn named<'a>(uri: &'a Uri, headers: &'a HeaderMap) -> Option<&'a str> {
    let target = uri.authority().map(Authority::as_str);
    target.or_else(|| headers.get(HOST).map(|host| host.to_str().unwrap_or_default()))
}

/// Returns the address that the client dialled, without the default port. libpurple sends no host,
/// and would treat a port as part of the name.
fn dialled(caller: &Caller) -> String {
    let usual = if caller.secure { 443 } else { 80 };
    match caller.local {
        SocketAddr::V4(address) if address.port() == usual => address.ip().to_string(),
        SocketAddr::V6(address) if address.port() == usual => format!("[{}]", address.ip()),
        other => other.to_string(),
    }
}

/// Returns whether a host, with or without a port, is safe to use in a header (security.md section 4, "HTTP headers").
fn is_plausible(host: &str) -> bool {
    host.len() <= MAX_HOST && is_host(&host.replace(':', ""))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use swallowtail_messenger::net::Reachable;

    #[test]
    fn the_default_port_is_left_out_of_the_host() {
        let host = |local: &str, secure| {
            let network = Arc::new(Reachable::default());
            let caller = Caller::new("192.0.2.9:5".parse().unwrap(), local.parse().unwrap(), network);
            host_of(&Caller { secure, ..caller }, &Uri::from_static("/a"), &HeaderMap::new())
        };
        assert_eq!(host("192.0.2.1:443", true), "192.0.2.1");
        assert_eq!(host("192.0.2.1:80", false), "192.0.2.1");
        assert_eq!(host("192.0.2.1:80", true), "192.0.2.1:80");
        assert_eq!(host("[2001:db8::1]:443", true), "[2001:db8::1]");
        assert_eq!(host("192.0.2.1:8080", false), "192.0.2.1:8080");
    }
}
