//! A page as an answer, with the headers that keep it safe in a browser.

use askama::Template;
use axum::body::Body;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;

use crate::http::answers;

/// A page. Nobody in between keeps it.
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
            tracing::error!(%error, "a page could not be written");
            answers::empty(StatusCode::INTERNAL_SERVER_ERROR)
        }
    }
}

/// What a browser shows or saves: no other site has it in a frame, nothing is run in it, and it is taken for nothing
/// but what it is called. `same-origin` because with `no-referrer` browsers do not say either where a form came from.
pub(super) fn guarded(mut response: Response) -> Response {
    const HEADERS: [(axum::http::HeaderName, &str); 4] = [
        (
            CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
        ),
        (REFERRER_POLICY, "same-origin"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (X_FRAME_OPTIONS, "DENY"),
    ];
    response.headers_mut().extend(HEADERS.map(|(name, value)| (name, HeaderValue::from_static(value))));
    response
}
