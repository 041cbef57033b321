//! The proxy auto-config file. With it, a system sends requests for Microsoft's old host names to this server, and all
//! other requests directly to their hosts.

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

/// Returns the routes `/proxy.pac` and `/wpad.dat`. Windows searches for `/wpad.dat` automatically.
pub(crate) fn router() -> Router {
    Router::new().route("/proxy.pac", get(file)).route("/wpad.dat", get(file))
}

async fn file(Extension(caller): Extension<Caller>, request: Request) -> Response {
    let Reached { host, http, .. } = Reached::of(&caller, &request);
    // The proxy needs plain HTTP, because original clients cannot use a proxy over TLS.
    let Some(port) = http else { return answers::empty(StatusCode::NOT_FOUND) };
    let mut response = Response::new(Body::from(script(&join(&host, Some(port)), &MICROSOFT)));
    answers::set(&mut response, CONTENT_TYPE, "application/x-ns-proxy-autoconfig");
    answers::set(&mut response, CACHE_CONTROL, "no-cache");
    response
}
