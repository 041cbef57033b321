//! The HTTP requests and answers of the gateway.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Extension, Request, State};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_TYPE, HeaderName};
use axum::response::Response;
use axum::routing::post;
use msnp::gateway::{self, GatewayRequest};
use swallowtail_messenger::net::Caller;

use super::Gateway;
use super::session::{Answer, OPENING};
use crate::http::body::read_body;
use crate::http::{answers, host_of};

const MESSENGER: HeaderName = HeaderName::from_static("x-msn-messenger");
/// The longest body of a request, in bytes (http.md section 0 item 7).
const MAX_BODY: usize = 16 * 1024;

/// Returns the route `/gateway/gateway.dll`.
pub(crate) fn router(gateway: Arc<Gateway>) -> Router {
    Router::new().route("/gateway/gateway.dll", post(serve)).with_state(gateway)
}

async fn serve(
    State(gateway): State<Arc<Gateway>>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Response {
    let asked = match GatewayRequest::parse(request.uri().query().unwrap_or_default()) {
        Ok(asked) => asked,
        Err(why) => {
            tracing::debug!(%why, peer = %caller.peer, "refused a malformed gateway request");
            return answers::empty(StatusCode::BAD_REQUEST);
        }
    };
    let host = host_of(&caller, request.uri(), request.headers());
    let commands = match read_body(request, MAX_BODY).await {
        Ok(commands) => commands,
        Err(why) => return answers::empty(why.status()),
    };
    // The body is read before the session is locked, so that a slow client does not keep the lock.
    let (session, counter) = match asked {
        GatewayRequest::Open(server) => match gateway.open(&caller, server) {
            Some(session) => (session, OPENING),
            None => return answers::unavailable(),
        },
        GatewayRequest::Session(id) => match gateway.find(id, &caller) {
            Some(session) => (session, id.counter),
            None => return answers::empty(StatusCode::BAD_REQUEST),
        },
    };
    match session.exchange(counter, commands).await {
        Some(answer) => {
            if answer.closed {
                gateway.remove(session.key);
            }
            respond(answer, &host)
        }
        None => answers::empty(StatusCode::BAD_REQUEST),
    }
}

fn respond(answer: Answer, host: &str) -> Response {
    let close = if answer.closed { "; Session=close" } else { "" };
    let mut response = Response::new(Body::from(answer.bytes));
    answers::set(&mut response, MESSENGER, &format!("SessionID={}; GW-IP={host}{close}", answer.id));
    answers::set(&mut response, CONTENT_TYPE, gateway::CONTENT_TYPE);
    response
}
