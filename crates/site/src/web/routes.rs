//! The path of each page.

use std::sync::Arc;

use axum::Router;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use super::context::Web;
use super::setup::{self, Setup};
use super::{home, sign_up};
use crate::http::answers;

/// Returns the routes of the pages, and of the files that all of them use.
pub(crate) fn router(web: Arc<Web>, setup: Setup) -> Router {
    Router::new()
        .route("/", get(home::show))
        .route("/signup", get(sign_up::show).post(sign_up::submit))
        .with_state(web)
        .route("/signup/", get(async || answers::redirect("/signup")))
        .route("/setup/", get(async || answers::redirect("/setup")))
        .route("/style.css", get(style))
        .route("/favicon.svg", get(async || icon("image/svg+xml", include_bytes!("../../templates/favicon.svg"))))
        .route("/favicon.ico", get(async || icon("image/x-icon", include_bytes!("../../templates/favicon.ico"))))
        .merge(setup::router(setup))
}

async fn style() -> Response {
    const STYLE: &str = include_str!("../../templates/style.css");
    ([(CONTENT_TYPE, "text/css; charset=utf-8"), (CACHE_CONTROL, "max-age=3600")], STYLE).into_response()
}

fn icon(content_type: &'static str, bytes: &'static [u8]) -> Response {
    ([(CONTENT_TYPE, content_type), (CACHE_CONTROL, "max-age=86400")], bytes).into_response()
}
