//! The forms of our answers. `Connection: close` and `Date` are added to each by [`super::routes`] and hyper.

use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName, PRAGMA, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;

/// Seconds after which a client may try again when we are too busy.
const RETRY_AFTER_SECONDS: &str = "60";

/// An answer without a body.
pub(super) fn empty(status: StatusCode) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

/// An answer of Passport 1.4: no body, all that matters in one header. Nothing in between may keep it.
pub(super) fn login(status: StatusCode, name: HeaderName, value: &str) -> Response {
    let mut response = empty(status);
    set(&mut response, CACHE_CONTROL, "no-cache");
    set(&mut response, PRAGMA, "no-cache");
    set(&mut response, CONTENT_TYPE, "text/html");
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

/// We cannot tell now whether the password is right: too many sign-ins, or the store failed.
pub(super) fn unavailable() -> Response {
    let mut response = empty(StatusCode::SERVICE_UNAVAILABLE);
    set(&mut response, RETRY_AFTER, RETRY_AFTER_SECONDS);
    response
}

/// A password came over plain HTTP from afar (security.md section 8).
pub(super) fn insecure() -> Response {
    const ADVICE: &str = "Passwords are not taken over plain HTTP from this address: sign in over https, \
        or set insecure_http = true under [sign_in] in the server's configuration.\n";
    let mut response = Response::new(Body::from(ADVICE));
    *response.status_mut() = StatusCode::FORBIDDEN;
    set(&mut response, CONTENT_TYPE, "text/plain; charset=utf-8");
    response
}

/// Sets a header. A value that cannot be one is left out: callers check what comes from outside, so it is the operator's.
pub(super) fn set(response: &mut Response, name: HeaderName, value: &str) {
    match HeaderValue::from_str(value) {
        Ok(value) => {
            response.headers_mut().insert(name, value);
        }
        Err(_) => tracing::warn!(%name, "a header is left out: its value has characters that it cannot have"),
    }
}
