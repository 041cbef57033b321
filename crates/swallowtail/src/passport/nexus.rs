//! The nexus: where is the login page? (docs/protocol/http.md section 1.1)

use std::sync::Arc;

use axum::extract::{Extension, Request, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, HOST, HeaderName};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;

use super::{Passport, answers};
use crate::passport::serve::Caller;

const PASSPORT_URLS: HeaderName = HeaderName::from_static("passporturls");

/// The longest host that we repeat.
const MOST_HOST: usize = 255;

/// `GET /rdr/pprdr.asp`. DALogin alone and without a scheme, because libpurple cuts at the first `/` and msnp11-sdk takes
/// everything after `DALogin=`.
pub(super) async fn plain(
    State(passport): State<Arc<Passport>>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Response {
    let host = host_of(&passport, caller, request.uri(), request.headers());
    answer(&format!("DALogin={host}/login2.srf"))
}

/// `GET /rdr/pprdr-url.asp`, a path of ours for libraries that take the value for a whole URL.
pub(super) async fn url(
    State(passport): State<Arc<Passport>>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Response {
    let host = host_of(&passport, caller, request.uri(), request.headers());
    let scheme = match request.uri().scheme_str() {
        Some("https") => "https",
        _ => "http",
    };
    answer(&format!("DALogin={scheme}://{host}/login2.srf"))
}

fn answer(urls: &str) -> Response {
    let mut response = answers::empty(StatusCode::OK);
    answers::set(&mut response, CACHE_CONTROL, "private");
    answers::set(&mut response, CONTENT_TYPE, "text/html");
    answers::set(&mut response, PASSPORT_URLS, urls);
    response
}

/// The host that the client reached us by: the one it named, else the operator's, else the address it dialled.
pub(super) fn host_of(passport: &Passport, caller: Caller, uri: &Uri, headers: &HeaderMap) -> String {
    let target = uri.authority().map(Authority::as_str);
    let header = || headers.get(HOST).and_then(|host| host.to_str().ok());
    let named = target.or_else(header).filter(|host| is_plausible(host));
    match named.or(passport.settings.public_host.as_deref()) {
        Some(host) => host.to_owned(),
        None => caller.local.to_string(),
    }
}

/// Whether a host may stand in a header of ours (security.md section 4, "HTTP headers").
fn is_plausible(host: &str) -> bool {
    let fits = !host.is_empty() && host.len() <= MOST_HOST;
    fits && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b':' | b'-'))
}
