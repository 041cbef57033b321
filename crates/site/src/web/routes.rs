//! Which page is at which path.

use std::sync::Arc;

use axum::Router;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use super::context::Web;
use super::setup::{self, Setup};
use super::{home, sign_up};

/// The pages, and what every one of them needs beside itself.
pub(crate) fn router(web: Arc<Web>, setup: Setup) -> Router {
    Router::new()
        .route("/", get(home::show))
        .route("/signup", get(sign_up::show).post(sign_up::take))
        .with_state(web)
        .route("/style.css", get(style))
        // Browsers ask for a picture by themselves, and complain in their log if there is nothing.
        .route("/favicon.ico", get(async || ([(CACHE_CONTROL, "max-age=86400")], StatusCode::NO_CONTENT)))
        .merge(setup::router(setup))
}

async fn style() -> Response {
    const STYLE: &str = include_str!("../../templates/style.css");
    ([(CONTENT_TYPE, "text/css; charset=utf-8"), (CACHE_CONTROL, "max-age=3600")], STYLE).into_response()
}
