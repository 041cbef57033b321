//! `POST /RST.srf`: Passport 3.0, as client 7.5 signs in (docs/protocol/http.md section 2).

mod answer;

use std::sync::Arc;
use std::time::Duration;

use axum::body::{self, Body};
use axum::extract::{Extension, Request, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_LENGTH;
use axum::response::Response;

use msnp::passport::{BadRst, RstRequest, parse_rst};

use super::{Passport, TicketLife, answers};
use crate::accounts::utc::Utc;
use crate::accounts::{AuthError, member_id};
use crate::passport::serve::Caller;
use answer::Grant;

/// The longest body and the longest time for it (http.md section 0 item 7). Real requests are below 8 KiB.
const MAX_BODY: usize = 64 * 1024;
const BODY_TIMEOUT: Duration = Duration::from_secs(20);

/// Answers a request for tokens.
pub(super) async fn rst(
    State(passport): State<Arc<Passport>>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Response {
    if !passport.takes_passwords_from(caller.peer.ip()) {
        return answers::insecure();
    }
    let Ok(body) = tokio::time::timeout(BODY_TIMEOUT, read_body(request)).await else {
        return answers::empty(StatusCode::REQUEST_TIMEOUT);
    };
    let request = match body.ok_or(BadRst::Limit).and_then(|body| parse_rst(&body)) {
        Ok(request) => request,
        Err(error) => {
            tracing::debug!(%error, "unreadable RST request");
            return answers::soap(answer::invalid());
        }
    };
    grant(&passport, &request).await
}

async fn grant(passport: &Passport, request: &RstRequest) -> Response {
    let (username, password) = (&request.username, request.password.as_bytes());
    let (account, ticket) = match passport.sign_in(username, password, TicketLife::Rst).await {
        Ok(granted) => granted,
        Err(AuthError::Denied) => return answers::soap(answer::denied(Utc::now())),
        Err(AuthError::Busy | AuthError::Store(_)) => return answers::unavailable(),
    };
    let mut legacy = [0; 48];
    if getrandom::fill(&mut legacy).is_err() {
        return answers::unavailable();
    }
    let grant =
        Grant { member: member_id(account.id), ticket: &ticket, tokens: &request.tokens, now: Utc::now(), legacy };
    answers::soap(grant.document())
}

/// The body; `None` when it is too long or breaks off. One that says it is too long is not read at all.
async fn read_body(request: Request<Body>) -> Option<body::Bytes> {
    let length = request.headers().get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    if length.is_some_and(|length: usize| length > MAX_BODY) {
        return None;
    }
    body::to_bytes(request.into_body(), MAX_BODY).await.ok()
}
