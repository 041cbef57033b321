//! Pages for people: tables-era HTML and plain CSS without JavaScript, so that the browsers of the clients' time show them too.
//!
//! Every page is a template in `templates/` that extends `base.html`; askama escapes what it puts in and checks the templates when the crate is
//! built.

use axum::Router;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

/// What every page needs beside itself.
pub(crate) fn router() -> Router {
    Router::new().route("/style.css", get(style))
}

async fn style() -> Response {
    const STYLE: &str = include_str!("../../templates/style.css");
    ([(CONTENT_TYPE, "text/css; charset=utf-8"), (CACHE_CONTROL, "max-age=3600")], STYLE).into_response()
}
