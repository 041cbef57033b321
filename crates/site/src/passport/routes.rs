//! The paths of the sign-in service, and the check that a client may send passwords.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Extension, Request, State};
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::{get, post};
use swallowtail_messenger::net::Caller;

use super::{Passport, answers, login, nexus, not_rst, rst};
use crate::http::answers::closing;

/// Returns the routes of the endpoints.
pub(crate) fn router(passport: Arc<Passport>) -> Router {
    let guard = middleware::from_fn_with_state(passport.clone(), require_secure_passwords);
    let mut kept = Router::new();
    if passport.settings.not_rst {
        kept = kept.route("/NotRST.srf", post(not_rst::not_rst)).route_layer(guard.clone());
    }
    let closed = Router::new()
        .route("/login2.srf", get(login::login))
        .route("/login.srf", get(login::login))
        .route("/ppsecure/login2.srf", get(login::login))
        .route("/RST.srf", post(rst::rst))
        .route_layer(guard)
        .route("/rdr/pprdr.asp", get(nexus::plain))
        .route("/rdr/pprdr-url.asp", get(nexus::url))
        .route_layer(middleware::map_response(close));
    closed.merge(kept).with_state(passport)
}

/// Closes the connection after an answer. gtmess reads until the end of the stream, but does not ask the server to
/// close the connection (http.md section 0 item 6).
async fn close(response: Response) -> Response {
    closing(response)
}

/// Refuses requests from addresses that may not send passwords over plain HTTP.
async fn require_secure_passwords(
    State(passport): State<Arc<Passport>>,
    Extension(caller): Extension<Caller>,
    request: Request,
    next: Next,
) -> Response {
    if !caller.may_send_passwords(passport.settings.insecure_http_login) {
        return answers::insecure();
    }
    next.run(request).await
}
