//! The answers of the sign-in service.

use axum::body::Body;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName, PRAGMA};
use axum::response::Response;

use crate::http::answers::{empty, set, text};

/// Returns an answer of Passport 1.4. It has no body and only one header that matters. Caches must not store it.
pub(super) fn login(status: StatusCode, name: HeaderName, value: &str) -> Response {
    let mut response = empty(status);
    set(&mut response, CACHE_CONTROL, "no-cache");
    set(&mut response, PRAGMA, "no-cache");
    set(&mut response, CONTENT_TYPE, "text/html");
    set(&mut response, name, value);
    response
}

/// Returns a redirect to another login page (http.md section 1.2).
pub(super) fn redirect_login(name: HeaderName, value: &str, page: &str) -> Response {
    let mut response = crate::http::answers::redirect(page);
    set(&mut response, CACHE_CONTROL, "no-cache");
    set(&mut response, name, value);
    response
}

/// Returns a SOAP document. The status is 200, even for faults (http.md section 2).
pub(super) fn soap(document: String) -> Response {
    let mut response = Response::new(Body::from(document));
    set(&mut response, CONTENT_TYPE, "text/xml; charset=utf-8");
    set(&mut response, CACHE_CONTROL, "no-cache");
    response
}

/// Returns the refusal of a password over plain HTTP from a public address (security.md section 8).
pub(super) fn insecure() -> Response {
    const ADVICE: &str = "The server does not accept passwords over plain HTTP from this address. Sign in over https, \
        or set insecure_http = true under [sign_in] in the server's configuration.\n";
    text(StatusCode::FORBIDDEN, ADVICE)
}
