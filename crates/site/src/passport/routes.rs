//! Which path of the sign-in service is answered by whom, and from where passwords may come.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Extension, Request, State};
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::{get, post};
use swallowtail_messenger::net::Caller;

use super::{Passport, answers, login, nexus, not_rst, rst};
use crate::http::answers::closing;

/// The endpoints.
pub(crate) fn router(passport: Arc<Passport>) -> Router {
    let guard = middleware::from_fn_with_state(passport.clone(), before_passwords);
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

/// gtmess reads to the end of the stream and asks for nothing of the kind (http.md section 0 item 6).
async fn close(response: Response) -> Response {
    closing(response)
}

/// Whether a password may come from there at all.
async fn before_passwords(
    State(passport): State<Arc<Passport>>,
    Extension(caller): Extension<Caller>,
    request: Request,
    next: Next,
) -> Response {
    if !caller.may_bring_passwords(passport.settings.insecure_http_login) {
        return answers::insecure();
    }
    next.run(request).await
}
