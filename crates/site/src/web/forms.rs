//! Tells forms that came from our own pages from those that somebody else's page made a visitor's browser send.
//!
//! Signing up needs no session, so there is none that another site could ride on. What it could use is a visitor's
//! *place*: a page in the internet that sends a form to 192.168.1.5 through the browser of somebody in that network
//! would make accounts where only neighbours may. Three things stand against it, without a cookie, so that browsers
//! that take none can sign up too:
//!
//! * a form carries a token that only a page of ours has, and no other site can read that page. It is signed with the
//!   server's key, is good for an hour, and holds for the address that fetched it: whoever can fetch the page himself
//!   gets no token that is good in somebody else's browser;
//! * where the browser says which site sent the form (`Origin`, or `Referer` from older ones), that must be this one;
//! * a site that has its own name lead to our address (DNS rebinding) could read the page. So where nearness alone lets
//!   people in, the name that the page was asked for by must be one that no stranger can own.

use std::fmt;
use std::net::IpAddr;

use axum::http::header::{ORIGIN, REFERER};
use axum::http::{HeaderMap, HeaderName};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use swallowtail_base::utc::Utc;
use swallowtail_config::host_port::split;
use swallowtail_messenger::net::{Caller, Peer, counted_address};
use swallowtail_store::database::{Store, StoreError};

use crate::proxy::Hosts;

/// How long somebody may think about a form, in seconds.
const TOKEN_LIFE: u64 = 3600;
/// Bytes of the time at which a token ends.
const END: usize = 8;
/// Ends of names that are given inside a network and by nobody else.
const LOCAL_DOMAINS: [&str; 6] = [".home", ".home.arpa", ".internal", ".lan", ".local", ".localdomain"];
/// Headers by which a proxy says for whom it asks.
const FORWARDED: [HeaderName; 4] = [
    HeaderName::from_static("forwarded"),
    HeaderName::from_static("via"),
    HeaderName::from_static("x-forwarded-for"),
    HeaderName::from_static("x-real-ip"),
];

/// Signs and checks the tokens of forms.
pub(super) struct Forms {
    signer: Hmac<Sha256>,
}

impl Forms {
    /// Reads the key; the first call on a store makes one.
    pub(super) async fn open(store: &Store) -> Result<Self, StoreError> {
        let keys = store.server_keys("form").await?;
        let signer = keys.first().and_then(|(_, secret)| Hmac::new_from_slice(secret).ok());
        Ok(Self { signer: signer.ok_or(StoreError::Malformed("form key"))? })
    }

    /// A token for a form that is shown to this address now.
    pub(super) fn token(&self, address: IpAddr, now: Utc) -> String {
        let end = now.plus(TOKEN_LIFE).unix().to_be_bytes();
        let signature = self.signed(end, address).finalize().into_bytes();
        URL_SAFE_NO_PAD.encode([end.as_slice(), &signature].concat())
    }

    /// Whether a form from this address was fetched by it, and not long ago.
    pub(super) fn is_ours(&self, token: &str, address: IpAddr, now: Utc) -> bool {
        let bytes = URL_SAFE_NO_PAD.decode(token).unwrap_or_default();
        let Some((end, signature)) = bytes.split_first_chunk::<END>() else { return false };
        // In constant time, and wrong for every length but the right one.
        let is_signed = self.signed(*end, address).verify_slice(signature).is_ok();
        is_signed && now.unix() < i64::from_be_bytes(*end)
    }

    fn signed(&self, end: [u8; END], address: IpAddr) -> Hmac<Sha256> {
        // As in the counters an IPv6 address stands for its network: browsers change the rest by themselves.
        self.signer.clone().chain_update(end).chain_update(counted_address(address).to_string())
    }
}

/// The key is secret.
impl fmt::Debug for Forms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Forms")
    }
}

/// Whether a browser says that another site sent a form to `host`, the name and port that it asked us by. A proxy in
/// front may have changed that; then the site is to be one of the names in the settings.
pub(super) fn is_foreign(headers: &HeaderMap, host: &str, hosts: &Hosts, caller: &Caller) -> bool {
    let Some(sender) = headers.get(ORIGIN).or_else(|| headers.get(REFERER)) else { return false };
    let url = sender.to_str().unwrap_or_default();
    let rest = url.strip_prefix("http://").or_else(|| url.strip_prefix("https://"));
    let Some(site) = rest.and_then(|rest| rest.split(['/', '?', '#']).next()) else { return true };
    !site.eq_ignore_ascii_case(host) && !hosts.is_known(without_port(site), caller)
}

/// Whether `host` is a name, or an address, that nobody outside can have made for us.
pub(super) fn is_trusted_name(host: &str, hosts: &Hosts, caller: &Caller) -> bool {
    let name = without_port(host).trim_end_matches('.').to_ascii_lowercase();
    let literal = name.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    let is_local = !name.contains('.') || LOCAL_DOMAINS.iter().any(|domain| name.ends_with(domain));
    literal.is_ok() || is_local || hosts.is_known(&name, caller)
}

/// Whether somebody is of this machine or of a private network, as far as can be known: who comes through a proxy that
/// is not among `http.trusted_proxies` may come from anywhere.
pub(super) fn is_near(caller: &Caller, headers: &HeaderMap) -> bool {
    let is_forwarded = || FORWARDED.iter().any(|name| headers.contains_key(name));
    let is_known = match caller.peer {
        Peer::Dialled(_) => !is_forwarded(),
        Peer::Named(_) => true,
        Peer::Unnamed(_) => false,
    };
    caller.is_near() && is_known
}

/// What is no host at all stays as it is: it is none that is known.
fn without_port(host: &str) -> &str {
    split(host).map_or(host, |(name, _)| name)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use swallowtail_config::Config;
    use swallowtail_messenger::net::Reachable;

    fn forms(secret: u8) -> Forms {
        Forms { signer: Hmac::new_from_slice(&[secret; 32]).unwrap() }
    }

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn caller(peer: &str) -> Caller {
        Caller::new(peer.parse().unwrap(), "192.168.1.5:80".parse().unwrap(), Arc::new(Reachable::default()))
    }

    fn hosts() -> Hosts {
        let mut config = Config::default();
        config.http.names = vec!["chat.example.com".to_owned()];
        Hosts::new(&config)
    }

    #[test]
    fn a_token_is_good_for_an_hour_where_it_was_fetched() {
        let (forms, others) = (forms(1), forms(2));
        let now = Utc::from_unix(1_132_636_200);
        let near = address("192.168.1.7");
        let token = forms.token(near, now);
        assert!(forms.is_ours(&token, near, now) && forms.is_ours(&token, near, now.plus(TOKEN_LIFE - 1)));
        assert!(!forms.is_ours(&token, near, now.plus(TOKEN_LIFE)));
        assert!(!forms.is_ours(&token, address("192.168.1.8"), now));
        assert!(!others.is_ours(&token, near, now), "another key");
        let token = forms.token(address("2001:db8:1:2::3"), now);
        assert!(forms.is_ours(&token, address("2001:db8:1:2:aaaa::9"), now), "the same network");
        assert!(!forms.is_ours(&token, address("2001:db8:1:3::3"), now));
    }

    #[test]
    fn any_other_bytes_are_no_token() {
        let (forms, now, peer) = (forms(1), Utc::from_unix(1_132_636_200), address("192.0.2.1"));
        let good = forms.token(peer, now);
        for index in 0..good.len() {
            let mut bytes = good.clone().into_bytes();
            bytes[index] = if bytes[index] == b'A' { b'B' } else { b'A' };
            assert!(!forms.is_ours(std::str::from_utf8(&bytes).unwrap(), peer, now), "changed at {index}");
            assert!(!forms.is_ours(&good[..index], peer, now), "cut to {index}");
        }
        for other in ["!", "é", &format!("{good}AAAA")] {
            assert!(!forms.is_ours(other, peer, now), "{other}");
        }
    }

    #[test]
    fn a_form_from_another_site_is_foreign_and_silence_is_not() {
        let foreign = |name: Option<HeaderName>, value: &str| {
            let mut headers = HeaderMap::new();
            headers.extend(name.map(|name| (name, value.parse().unwrap())));
            is_foreign(&headers, "192.168.1.5:8080", &hosts(), &caller("192.168.1.7:5"))
        };
        assert!(!foreign(None, ""));
        for own in
            ["http://192.168.1.5:8080", "https://192.168.1.5:8080", "http://chat.example.com", "http://localhost:1"]
        {
            assert!(!foreign(Some(ORIGIN), own), "{own}");
        }
        assert!(!foreign(Some(REFERER), "http://192.168.1.5:8080/signup?x=1"));
        for other in ["null", "", "http://evil.example", "http://evil.example/192.168.1.5:8080", "https://192.168.1.6"]
        {
            assert!(foreign(Some(ORIGIN), other), "{other}");
            assert!(foreign(Some(REFERER), other), "{other}");
        }
        assert!(foreign(Some(ORIGIN), "http://192.168.1.5:8080@evil.example"));
    }

    #[test]
    fn a_name_that_a_stranger_can_own_is_not_trusted() {
        let trusted = |host| is_trusted_name(host, &hosts(), &caller("192.168.1.7:5"));
        for own in [
            "192.168.1.5",
            "10.0.0.1:8080",
            "[::1]:8080",
            "attic",
            "Attic.local:8080",
            "attic.lan.",
            "Chat.Example.com",
        ] {
            assert!(trusted(own), "{own}");
        }
        for other in ["evil.example", "192.168.1.5.evil.example:8080", "local.evil.example", "xlocal.com"] {
            assert!(!trusted(other), "{other}");
        }
    }

    #[test]
    fn who_comes_through_an_unknown_proxy_is_not_near() {
        let is_near_with = |caller: &Caller, name: &'static str| {
            let headers = HeaderMap::from_iter([(HeaderName::from_static(name), "203.0.113.9".parse().unwrap())]);
            is_near(caller, &headers)
        };
        let with = |peer, name| is_near_with(&caller(peer), name);
        assert!(with("192.168.1.7:5", "accept") && with("127.0.0.1:5", "accept"));
        assert!(!with("203.0.113.9:5", "accept"));
        assert!(!with("127.0.0.1:5", "x-forwarded-for") && !with("127.0.0.1:5", "via"));
        let named = caller("127.0.0.1:5").on_behalf_of(address("192.168.1.7"), false);
        assert!(is_near_with(&named, "x-forwarded-for"), "as a trusted proxy says");
        assert!(!is_near_with(&caller("127.0.0.1:5").on_behalf_of_anybody(), "accept"), "a trusted proxy names nobody");
    }
}
