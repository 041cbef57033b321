//! Answers `POST /RST.srf` of Passport 3.0. Client 7.5 signs in with this request
//! (docs/protocol/http.md section 2).

mod answer;

use std::sync::Arc;

use axum::extract::{Extension, Request, State};
use axum::response::Response;
use msnp::passport::{BadRst, RstRequest, parse_rst};
use swallowtail_base::random;
use swallowtail_base::utc::Utc;
use swallowtail_messenger::net::Caller;
use swallowtail_store::accounts::{AuthError, member_id};

use super::{Passport, TicketLife, answers};
use crate::http::answers::{empty, unavailable};
use crate::http::body::{BadBody, MAX_BODY, read_body};
use answer::Grant;

/// Answers a request for tokens.
pub(super) async fn rst(
    State(passport): State<Arc<Passport>>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Response {
    let body = match read_body(request, MAX_BODY).await {
        Ok(body) => Ok(body),
        Err(slow @ BadBody::TooSlow) => return empty(slow.status()),
        Err(BadBody::TooLong | BadBody::Broken) => Err(BadRst::Limit),
    };
    let request = match body.and_then(|body| parse_rst(&body)) {
        Ok(request) => request,
        Err(error) => {
            tracing::debug!(%error, "could not read an RST request");
            return answers::soap(answer::invalid());
        }
    };
    grant(&passport, &caller, &request).await
}

async fn grant(passport: &Passport, caller: &Caller, request: &RstRequest) -> Response {
    let (username, password) = (&request.username, request.password.as_bytes());
    let (account, ticket) = match passport.sign_in(caller, username, password, TicketLife::Rst).await {
        Ok(granted) => granted,
        Err(AuthError::Denied) => return answers::soap(answer::denied(Utc::now())),
        Err(AuthError::Busy | AuthError::Store(_)) => return unavailable(),
    };
    let legacy = random::bytes();
    let grant =
        Grant { member: member_id(account.id), ticket: &ticket, tokens: &request.tokens, now: Utc::now(), legacy };
    answers::soap(grant.document())
}
