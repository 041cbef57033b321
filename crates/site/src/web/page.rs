//! Sends a page, with the headers that protect it in a browser.

use askama::Template;
use axum::body::Body;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;

use crate::http::answers;

/// Returns a page as a response that no cache stores.
pub(super) fn page(status: StatusCode, template: &impl Template) -> Response {
    match template.render() {
        Ok(text) => {
            let mut response = Response::new(Body::from(text));
            *response.status_mut() = status;
            answers::set(&mut response, CONTENT_TYPE, "text/html; charset=utf-8");
            answers::set(&mut response, CACHE_CONTROL, "no-store");
            guarded(response)
        }
        Err(error) => {
            tracing::error!(%error, "could not render a page");
            answers::empty(StatusCode::INTERNAL_SERVER_ERROR)
        }
    }
}

/// The page for a URL that does not exist.
#[derive(Template)]
#[template(path = "not_found.html")]
struct NotFound;

/// Returns the page for a URL that does not exist.
pub(crate) fn not_found() -> Response {
    page(StatusCode::NOT_FOUND, &NotFound)
}

/// The page for a failure of the server.
#[derive(Template)]
#[template(path = "failed.html")]
struct Failed;

/// Returns the page for a failure of the server. The caller has already logged the failure.
pub(super) fn failed(status: StatusCode) -> Response {
    page(status, &Failed)
}

/// Adds the headers for everything that a browser shows or saves. No other site may frame the page, no script in the
/// page runs, and browsers do not guess its content type. The referrer policy is `same-origin`,
/// because with `no-referrer` browsers would not name the site that sent a form.
pub(super) fn guarded(mut response: Response) -> Response {
    const HEADERS: [(axum::http::HeaderName, &str); 4] = [
        (
            CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
        ),
        (REFERRER_POLICY, "same-origin"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (X_FRAME_OPTIONS, "DENY"),
    ];
    response.headers_mut().extend(HEADERS.map(|(name, value)| (name, HeaderValue::from_static(value))));
    response
}
