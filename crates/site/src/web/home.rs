//! `/`: the home page. It says what this server is, that the server is up, and how to connect.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use swallowtail_config::Access;

use super::context::Web;
use super::page::page;

#[derive(Template)]
#[template(path = "home.html")]
struct Home {
    signed_in: usize,
    /// True if the sign-up page is closed to everyone.
    is_closed: bool,
}

/// Answers `GET /`.
pub(super) async fn show(State(web): State<Arc<Web>>) -> Response {
    let is_closed = web.sign_up.near == Access::Closed && web.sign_up.elsewhere == Access::Closed;
    page(StatusCode::OK, &Home { signed_in: web.signed_in.of(&web.directory, web.helper.as_ref()), is_closed })
}
