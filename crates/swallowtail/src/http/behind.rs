//! Clients behind a terminator of TLS or a reverse proxy.

use axum::http::{HeaderMap, HeaderName};
use ipnet::IpNet;

use crate::config::contains;
use crate::net::Caller;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// Who a request is from: the one who dialled us, or the client that a trusted one names.
///
/// Of `X-Forwarded-For` only the last word counts: the trusted one appends it, all before it came from the client.
pub(super) fn behind(caller: Caller, trusted: &[IpNet], headers: &HeaderMap) -> Caller {
    if !contains(trusted, caller.peer.ip()) {
        return caller;
    }
    let last = |name| headers.get_all(name).iter().next_back()?.to_str().ok()?.rsplit(',').next().map(str::trim);
    match last(&FORWARDED_FOR).and_then(|word| word.parse().ok()) {
        Some(client) => {
            let secure = last(&FORWARDED_PROTO).is_some_and(|scheme| scheme.eq_ignore_ascii_case("https"));
            caller.on_behalf_of(client, secure)
        }
        None => caller,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::net::Reachable;

    fn seen(peer: &str, headers: &[(HeaderName, &'static str)]) -> (String, bool) {
        let network = Arc::new(Reachable::default());
        let caller = Caller::new(peer.parse().unwrap(), "192.0.2.1:80".parse().unwrap(), network);
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(name, value.parse().unwrap());
        }
        let caller = behind(caller, &["127.0.0.0/8".parse().unwrap()], &map);
        (caller.peer.to_string(), caller.secure)
    }

    #[test]
    fn only_a_trusted_peer_is_believed_and_only_its_own_word() {
        let forwarded = |value| (FORWARDED_FOR, value);
        let https = (FORWARDED_PROTO, "https");
        let own = ("127.0.0.1:9".to_owned(), false);
        assert_eq!(
            seen("203.0.113.9:5", &[forwarded("192.168.0.1"), https.clone()]),
            ("203.0.113.9:5".to_owned(), false)
        );
        assert_eq!(seen("127.0.0.1:9", &[]), own);
        assert_eq!(seen("127.0.0.1:9", std::slice::from_ref(&https)), own, "nobody is named");
        assert_eq!(seen("127.0.0.1:9", &[forwarded("a, b"), https.clone()]), own);
        let client = ("198.51.100.7:0".to_owned(), true);
        assert_eq!(seen("127.0.0.1:9", &[forwarded("127.0.0.1, 198.51.100.7"), https.clone()]), client);
        let twice = [forwarded("10.0.0.1"), forwarded("198.51.100.7"), https];
        assert_eq!(seen("127.0.0.1:9", &twice), client);
        assert_eq!(seen("127.0.0.1:9", &[forwarded("::ffff:198.51.100.7")]).0, "198.51.100.7:0");
    }
}
