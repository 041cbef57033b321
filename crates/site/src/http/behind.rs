//! Clients behind a TLS terminator or a reverse proxy.

use std::net::{IpAddr, SocketAddr};
use std::sync::Once;

use axum::http::{HeaderMap, HeaderName};
use ipnet::IpNet;
use swallowtail_config::{contains, is_private};
use swallowtail_messenger::net::Caller;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// Returns the client of a request: the peer of the connection, or the client that a trusted peer
/// names. Returns `None` if a trusted peer names a client in a form that the server cannot read. In
/// that case the client must not get the rights of the peer.
///
/// Only the last word of `X-Forwarded-For` counts. The trusted peer appends that word. The client may have sent the
/// words before it.
pub(crate) fn behind(caller: Caller, trusted: &[IpNet], headers: &HeaderMap) -> Option<Caller> {
    let named = last_word(headers, &FORWARDED_FOR);
    if !contains(trusted, caller.peer.ip()) {
        if named.is_some() && is_private(caller.peer.ip()) {
            warn_once(&caller);
        }
        return Some(caller);
    }
    // A proxy may send its own requests, or may be configured without the header that names the
    // client.
    let Some(named) = named else { return Some(caller.on_behalf_of_unknown_client()) };
    let secure = last_word(headers, &FORWARDED_PROTO).is_some_and(|scheme| scheme.eq_ignore_ascii_case("https"));
    address(named).map(|client| caller.on_behalf_of(client, secure))
}

fn last_word<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let value = headers.get_all(name).iter().next_back()?;
    // A value that is not text becomes an empty word, which the server cannot read either.
    Some(value.to_str().unwrap_or_default().rsplit(',').next().unwrap_or_default().trim())
}

/// Parses an address with or without a port.
fn address(word: &str) -> Option<IpAddr> {
    let bare = word.strip_prefix('[').and_then(|word| word.strip_suffix(']')).unwrap_or(word);
    bare.parse().ok().or_else(|| word.parse::<SocketAddr>().ok().map(|address| address.ip()))
}

/// Logs once that a proxy in a private network is not trusted. All clients of the proxy then appear to have its private
/// address, and nothing else reports this mistake.
fn warn_once(caller: &Caller) {
    static WARNED: Once = Once::new();
    WARNED.call_once(|| {
        tracing::warn!(peer = %caller.peer.ip(), "got X-Forwarded-For from an address that is not in \
                                                  http.trusted_proxies; all clients behind this proxy appear to have \
                                                  the proxy's address");
    });
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use swallowtail_messenger::net::{Peer, Reachable};

    fn seen(peer: &str, headers: &[(HeaderName, &'static str)]) -> Option<(String, bool)> {
        let network = Arc::new(Reachable::default());
        let caller = Caller::new(peer.parse().unwrap(), "192.0.2.1:80".parse().unwrap(), network);
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(name, value.parse().unwrap());
        }
        let caller = behind(caller, &["127.0.0.0/8".parse().unwrap()], &map)?;
        Some((caller.peer.to_string(), caller.secure))
    }

    #[test]
    fn only_the_last_value_in_the_forwarded_headers_of_a_trusted_proxy_counts() {
        let forwarded = |value| (FORWARDED_FOR, value);
        let https = (FORWARDED_PROTO, "https");
        let is = |address: &str, secure| Some((address.to_owned(), secure));
        let stranger = seen("203.0.113.9:5", &[forwarded("192.168.0.1"), https.clone()]);
        assert_eq!(stranger, is("203.0.113.9:5", false));
        assert_eq!(seen("127.0.0.1:9", &[]), is("127.0.0.1:9", false));
        let network = Arc::new(Reachable::default());
        let caller = Caller::new("127.0.0.1:9".parse().unwrap(), "192.0.2.1:80".parse().unwrap(), network);
        let trusted = ["127.0.0.0/8".parse().unwrap()];
        let peer = behind(caller, &trusted, &HeaderMap::new()).unwrap().peer;
        assert_eq!(peer, Peer::Unnamed("127.0.0.1:9".parse().unwrap()), "the client can be anyone");
        assert_eq!(seen("127.0.0.1:9", std::slice::from_ref(&https)), is("127.0.0.1:9", false), "no client is named");
        let client = is("198.51.100.7:0", true);
        assert_eq!(seen("127.0.0.1:9", &[forwarded("127.0.0.1, 198.51.100.7"), https.clone()]), client);
        assert_eq!(seen("127.0.0.1:9", &[forwarded("10.0.0.1"), forwarded("198.51.100.7"), https]), client);
        for word in ["::ffff:198.51.100.7", "198.51.100.7:4711", "[::ffff:198.51.100.7]", "[::ffff:198.51.100.7]:1"] {
            assert_eq!(seen("127.0.0.1:9", &[forwarded(word)]), is("198.51.100.7:0", false), "{word}");
        }
        for word in ["a, b", "unknown", "", "198.51.100.7,", "_hidden"] {
            assert_eq!(seen("127.0.0.1:9", &[forwarded(word)]), None, "{word:?} is not an address");
        }
    }
}
