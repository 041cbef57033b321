//! Answers `POST /NotRST.srf` from a patched msidcrl.dll (docs/protocol/http.md section 2). Off by default.

use std::sync::Arc;

use axum::extract::{Extension, Request, State};
use axum::http::header::HeaderName;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use swallowtail_messenger::net::Caller;
use swallowtail_store::accounts::AuthError;

use super::{Passport, TicketLife};
use crate::http::answers;

const USER: HeaderName = HeaderName::from_static("x-user");
const PASSWORD: HeaderName = HeaderName::from_static("x-password");
const TOKEN: HeaderName = HeaderName::from_static("x-token");

/// Answers with a ticket, or with 200 and no ticket. An unknown account, a wrong password and a missing password get
/// the same answer.
pub(super) async fn not_rst(
    State(passport): State<Arc<Passport>>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Response {
    let result = match credentials(request.headers()) {
        Some((user, password)) => passport.sign_in(&caller, user, password, TicketLife::Rst).await,
        None => Err(AuthError::Denied),
    };
    let mut response = answers::empty(StatusCode::OK);
    match result {
        Ok((_, ticket)) => answers::set(&mut response, TOKEN, ticket.secret()),
        Err(AuthError::Denied) => {}
        Err(AuthError::Busy | AuthError::Store(_)) => return answers::unavailable(),
    }
    response
}

/// Returns the user and the password. Neither is encoded.
fn credentials(headers: &HeaderMap) -> Option<(&str, &[u8])> {
    Some((headers.get(USER)?.to_str().ok()?, headers.get(PASSWORD)?.as_bytes()))
}
