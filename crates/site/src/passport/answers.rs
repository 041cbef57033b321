//! The forms of what the sign-in service answers.

use axum::body::Body;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName, PRAGMA};
use axum::response::Response;

use crate::http::answers::{empty, set, text};

/// An answer of Passport 1.4: no body, all that matters in one header. Nothing in between may keep it.
pub(super) fn login(status: StatusCode, name: HeaderName, value: &str) -> Response {
    let mut response = empty(status);
    set(&mut response, CACHE_CONTROL, "no-cache");
    set(&mut response, PRAGMA, "no-cache");
    set(&mut response, CONTENT_TYPE, "text/html");
    set(&mut response, name, value);
    response
}

/// The client shall ask another login page (http.md section 1.2).
pub(super) fn elsewhere(name: HeaderName, value: &str, page: &str) -> Response {
    let mut response = crate::http::answers::redirect(page);
    set(&mut response, CACHE_CONTROL, "no-cache");
    set(&mut response, name, value);
    response
}

/// A SOAP document; faults too come with 200 (http.md section 2).
pub(super) fn soap(document: String) -> Response {
    let mut response = Response::new(Body::from(document));
    set(&mut response, CONTENT_TYPE, "text/xml; charset=utf-8");
    set(&mut response, CACHE_CONTROL, "no-cache");
    response
}

/// A password came over plain HTTP from afar (security.md section 8).
pub(super) fn insecure() -> Response {
    const ADVICE: &str = "Passwords are not taken over plain HTTP from this address: sign in over https, \
        or set insecure_http = true under [sign_in] in the server's configuration.\n";
    text(StatusCode::FORBIDDEN, ADVICE)
}
