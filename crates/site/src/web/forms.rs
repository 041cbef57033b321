//! Checks that a form was sent from our own page, and that no page of another site made the
//! visitor's browser send it.
//!
//! Signing up needs no session, so another site has no session to exploit. But another site could
//! exploit the location of a visitor. For example, a page on the internet could make a visitor's
//! browser send a form to 192.168.1.5, and create an account that only people in that network may
//! create. The following three checks prevent this. They use no cookie, so visitors can sign up
//! even if their browser has no cookies.
//!
//! * A form contains a token from our page, which no other site can read. The server signs the token with its key. The
//!   token is valid for an hour, and only from the address that fetched it. An attacker who fetches the page gets a
//!   token that is invalid from a visitor's address.
//! * If the browser names the site that sent the form (`Origin`, or `Referer` in older browsers), it must be this site.
//! * A site that makes its own name resolve to our address (DNS rebinding) could read the page. So if visitors may sign
//!   up only because they are on this machine or in a private network, they must request the page by a name that a
//!   stranger cannot own.

use std::fmt;
use std::net::IpAddr;

use axum::http::header::{ORIGIN, REFERER};
use axum::http::{HeaderMap, HeaderName};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use swallowtail_base::random;
use swallowtail_base::utc::Utc;
use swallowtail_config::host_port::split;
use swallowtail_messenger::net::{Caller, Peer, counted_address};
use swallowtail_store::database::{Store, StoreError};

use crate::proxy::Hosts;

/// The time for which a form is valid, in seconds.
const TOKEN_LIFE: u64 = 3600;
/// The number of bytes for the time at which a token expires.
const END: usize = 8;
/// The number of random bytes in a token. Without these bytes, two tokens of the same second could
/// be equal.
const NONCE: usize = 8;
/// The endings of names that exist only inside a network.
const LOCAL_DOMAINS: [&str; 6] = [".home", ".home.arpa", ".internal", ".lan", ".local", ".localdomain"];
/// The headers in which a proxy names its client.
const FORWARDED: [HeaderName; 4] = [
    HeaderName::from_static("forwarded"),
    HeaderName::from_static("via"),
    HeaderName::from_static("x-forwarded-for"),
    HeaderName::from_static("x-real-ip"),
];

/// The key that signs and checks the tokens of forms.
pub(super) struct Forms {
    signer: Hmac<Sha256>,
}

impl Forms {
    /// Reads the key. The first call on a store creates the key.
    pub(super) async fn open(store: &Store) -> Result<Self, StoreError> {
        let keys = store.server_keys("form").await?;
        let signer = keys.first().and_then(|(_, secret)| Hmac::new_from_slice(secret).ok());
        Ok(Self { signer: signer.ok_or(StoreError::Malformed("form key"))? })
    }

    /// Returns a token for a form that is shown to this address at the time `now`.
    pub(super) fn token(&self, address: IpAddr, now: Utc) -> String {
        let end: [u8; END] = now.plus(TOKEN_LIFE).unix().to_be_bytes();
        let content = [end, random::bytes::<NONCE>()].concat();
        let signature = self.signed(&content, address).finalize().into_bytes();
        URL_SAFE_NO_PAD.encode([content.as_slice(), &signature].concat())
    }

    /// Returns whether this address fetched the form with this token within the last hour.
    pub(super) fn is_ours(&self, token: &str, address: IpAddr, now: Utc) -> bool {
        let bytes = URL_SAFE_NO_PAD.decode(token).unwrap_or_default();
        let Some((content, signature)) = bytes.split_at_checked(END + NONCE) else { return false };
        let Some(end) = content.first_chunk::<END>() else { return false };
        // This comparison takes constant time. It fails if the signature does not have exactly the
        // right length.
        let is_signed = self.signed(content, address).verify_slice(signature).is_ok();
        is_signed && now.unix() < i64::from_be_bytes(*end)
    }

    /// Returns a digest of texts. Nobody can compute the digest without the key. The digest stays in memory.
    pub(super) fn digest(&self, texts: &[&str]) -> [u8; 32] {
        let mut signer = self.signer.clone();
        for text in texts {
            // The input of the digest contains the length of each text, so that two different lists
            // of texts cannot have the same input.
            signer.update(&text.len().to_be_bytes());
            signer.update(text.as_bytes());
        }
        signer.finalize().into_bytes().into()
    }

    fn signed(&self, content: &[u8], address: IpAddr) -> Hmac<Sha256> {
        // As in the rate limits, only the network part of an IPv6 address counts, because a
        // visitor's computer changes the other part by itself.
        self.signer.clone().chain_update(content).chain_update(counted_address(address).to_string())
    }
}

/// Never shows the key, because it is secret.
impl fmt::Debug for Forms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Forms")
    }
}

/// Returns whether the browser names another site as the sender of a form. `host` is the host in
/// the request, with its port. A proxy in front of the server may have changed that host. So a site
/// is also accepted if it is one of the names in the settings.
pub(super) fn is_foreign(headers: &HeaderMap, host: &str, hosts: &Hosts, caller: &Caller) -> bool {
    let Some(sender) = headers.get(ORIGIN).or_else(|| headers.get(REFERER)) else { return false };
    let url = sender.to_str().unwrap_or_default();
    let rest = url.strip_prefix("http://").or_else(|| url.strip_prefix("https://"));
    let Some(site) = rest.and_then(|rest| rest.split(['/', '?', '#']).next()) else { return true };
    !site.eq_ignore_ascii_case(host) && !hosts.is_known(without_port(site), caller)
}

/// Returns whether `host` is an IP address, or a name that nobody outside the network can point to this server.
pub(super) fn is_trusted_name(host: &str, hosts: &Hosts, caller: &Caller) -> bool {
    let name = without_port(host).trim_end_matches('.').to_ascii_lowercase();
    let literal = name.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    let is_local = !name.contains('.') || LOCAL_DOMAINS.iter().any(|domain| name.ends_with(domain));
    literal.is_ok() || is_local || hosts.is_known(&name, caller)
}

/// Returns whether the caller is certainly on this machine or in a private network. A request through a proxy that is
/// not among `http.trusted_proxies` may come from anywhere.
pub(super) fn is_near(caller: &Caller, headers: &HeaderMap) -> bool {
    let is_forwarded = || FORWARDED.iter().any(|name| headers.contains_key(name));
    let is_known = match caller.peer {
        Peer::Dialled(_) => !is_forwarded(),
        Peer::Named(_) => true,
        Peer::Unnamed(_) => false,
    };
    caller.is_near() && is_known
}

/// Removes the port. A text that is not a host does not change, and matches no known host.
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
    fn a_form_token_is_valid_for_an_hour_and_only_for_the_ip_address_that_fetched_it() {
        let (forms, others) = (forms(1), forms(2));
        let now = Utc::from_unix(1_132_636_200);
        let near = address("192.168.1.7");
        let token = forms.token(near, now);
        assert!(forms.is_ours(&token, near, now) && forms.is_ours(&token, near, now.plus(TOKEN_LIFE - 1)));
        assert!(!forms.is_ours(&token, near, now.plus(TOKEN_LIFE)));
        assert!(!forms.is_ours(&token, address("192.168.1.8"), now));
        assert!(!others.is_ours(&token, near, now), "another key");
        assert_ne!(forms.token(near, now), token, "two forms of one second differ");
        let token = forms.token(address("2001:db8:1:2::3"), now);
        assert!(forms.is_ours(&token, address("2001:db8:1:2:aaaa::9"), now), "the same network");
        assert!(!forms.is_ours(&token, address("2001:db8:1:3::3"), now));
    }

    #[test]
    fn a_changed_or_shortened_token_is_invalid() {
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
    fn a_form_is_foreign_only_if_the_browser_names_another_site() {
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
    fn a_host_name_that_a_stranger_can_own_is_not_trusted() {
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
    fn a_caller_behind_an_unknown_proxy_does_not_count_as_local() {
        let is_near_with = |caller: &Caller, name: &'static str| {
            let headers = HeaderMap::from_iter([(HeaderName::from_static(name), "203.0.113.9".parse().unwrap())]);
            is_near(caller, &headers)
        };
        let with = |peer, name| is_near_with(&caller(peer), name);
        assert!(with("192.168.1.7:5", "accept") && with("127.0.0.1:5", "accept"));
        assert!(!with("203.0.113.9:5", "accept"));
        assert!(!with("127.0.0.1:5", "x-forwarded-for") && !with("127.0.0.1:5", "via"));
        let named = caller("127.0.0.1:5").on_behalf_of(address("192.168.1.7"), false);
        assert!(is_near_with(&named, "x-forwarded-for"), "a trusted proxy names a near client");
        assert!(
            !is_near_with(&caller("127.0.0.1:5").on_behalf_of_unknown_client(), "accept"),
            "a trusted proxy names no client"
        );
    }
}
