//! The host that a request is for.

use axum::http::header::HOST;
use axum::http::uri::Authority;
use axum::http::{HeaderMap, Uri};

use crate::net::Caller;

/// The longest host that we repeat.
const MOST_HOST: usize = 255;

/// The host that the client reached us by: the one it named, else the operator's, else the address it dialled. It can stand in a header.
pub(crate) fn host_of(caller: &Caller, uri: &Uri, headers: &HeaderMap) -> String {
    let target = uri.authority().map(Authority::as_str);
    let header = || headers.get(HOST).and_then(|host| host.to_str().ok());
    let named = target.or_else(header).filter(|host| is_plausible(host));
    match named.or(caller.network.advertise.passport.as_deref()) {
        Some(host) => host.to_owned(),
        None => caller.local.to_string(),
    }
}

/// Whether a host may stand in a header of ours (security.md section 4, "HTTP headers").
pub(crate) fn is_plausible(host: &str) -> bool {
    let fits = !host.is_empty() && host.len() <= MOST_HOST;
    fits && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b':' | b'-'))
}
