//! The file by which a system learns to send Microsoft's old host names to us and everything else where it belongs.

use axum::Router;
use axum::body::Body;
use axum::extract::{Extension, Request};
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::Response;
use axum::routing::get;
use swallowtail_config::host_port::join;
use swallowtail_messenger::net::Caller;
use swallowtail_setup::hosts::MICROSOFT;
use swallowtail_setup::pac::script;

use super::reached::Reached;
use crate::http::answers;

/// `/proxy.pac`, and the name that Windows looks for by itself.
pub(crate) fn router() -> Router {
    Router::new().route("/proxy.pac", get(file)).route("/wpad.dat", get(file))
}

async fn file(Extension(caller): Extension<Caller>, request: Request) -> Response {
    let Reached { host, http, .. } = Reached::of(&caller, &request);
    // Without plain HTTP there is no proxy; a client of the time would not know how to ask one over TLS.
    let Some(port) = http else { return answers::empty(StatusCode::NOT_FOUND) };
    let mut response = Response::new(Body::from(script(&join(&host, Some(port)), &MICROSOFT)));
    answers::set(&mut response, CONTENT_TYPE, "application/x-ns-proxy-autoconfig");
    answers::set(&mut response, CACHE_CONTROL, "no-cache");
    response
}
