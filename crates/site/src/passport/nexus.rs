//! The nexus, which tells clients the address of the login page (docs/protocol/http.md section 1.1).

use axum::extract::{Extension, Request};
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName};
use axum::response::Response;
use swallowtail_messenger::net::Caller;

use crate::http::{answers, host_of};

const PASSPORT_URLS: HeaderName = HeaderName::from_static("passporturls");

/// Answers `GET /rdr/pprdr.asp`. The answer has only DALogin, without a scheme, because libpurple cuts the URL at the
/// first `/` and msnp11-sdk uses everything after `DALogin=`.
pub(super) async fn plain(Extension(caller): Extension<Caller>, request: Request) -> Response {
    let host = host_of(&caller, request.uri(), request.headers());
    answer(&format!("DALogin={host}/login2.srf"))
}

/// Answers `GET /rdr/pprdr-url.asp`. Only this server has this path. It is for libraries that need
/// a whole URL.
pub(super) async fn url(Extension(caller): Extension<Caller>, request: Request) -> Response {
    let host = host_of(&caller, request.uri(), request.headers());
    let secure = caller.secure || request.uri().scheme_str() == Some("https");
    let scheme = if secure { "https" } else { "http" };
    answer(&format!("DALogin={scheme}://{host}/login2.srf"))
}

fn answer(urls: &str) -> Response {
    let mut response = answers::empty(StatusCode::OK);
    answers::set(&mut response, CACHE_CONTROL, "private");
    answers::set(&mut response, CONTENT_TYPE, "text/html");
    answers::set(&mut response, PASSPORT_URLS, urls);
    response
}
