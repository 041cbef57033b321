//! The forms of answers that several parts give. `Date` and `Content-Length` are added by hyper.

use axum::body::Body;
use axum::http::header::{CONNECTION, CONTENT_TYPE, HeaderName, LOCATION, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;

/// Seconds after which a client may try again when we are too busy.
const RETRY_AFTER_SECONDS: &str = "60";

/// An answer without a body.
pub(crate) fn empty(status: StatusCode) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

/// A sentence for whoever reads it.
pub(crate) fn text(status: StatusCode, sentence: impl Into<Body>) -> Response {
    let mut response = Response::new(sentence.into());
    *response.status_mut() = status;
    set(&mut response, CONTENT_TYPE, "text/plain; charset=utf-8");
    response
}

/// Another page has it.
pub(crate) fn redirect(to: &str) -> Response {
    let mut response = empty(StatusCode::FOUND);
    set(&mut response, LOCATION, to);
    response
}

/// It cannot be done now: too much at once, too many failures, or the store failed.
pub(crate) fn unavailable() -> Response {
    let mut response = empty(StatusCode::SERVICE_UNAVAILABLE);
    set(&mut response, RETRY_AFTER, RETRY_AFTER_SECONDS);
    response
}

/// With the end of the connection announced.
pub(crate) fn closing(mut response: Response) -> Response {
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    response
}

/// Sets a header. A value that cannot be one is left out: callers check what comes from outside, so it is the
/// operator's.
pub(crate) fn set(response: &mut Response, name: HeaderName, value: &str) {
    match HeaderValue::from_str(value) {
        Ok(value) => {
            response.headers_mut().insert(name, value);
        }
        Err(_) => tracing::warn!(%name, "a header is left out: its value has characters that it cannot have"),
    }
}
