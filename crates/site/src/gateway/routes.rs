//! The HTTP around a session.

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
use super::session::Fetched;
use crate::http::body::read_body;
use crate::http::{answers, host_of};

const MESSENGER: HeaderName = HeaderName::from_static("x-msn-messenger");
/// The longest body of a request (http.md section 0 item 7).
const MAX_BODY: usize = 16 * 1024;

/// `/gateway/gateway.dll`.
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
            tracing::debug!(%why, peer = %caller.peer, "no request to the gateway");
            return answers::empty(StatusCode::BAD_REQUEST);
        }
    };
    let host = host_of(&caller, request.uri(), request.headers());
    let commands = match read_body(request, MAX_BODY).await {
        Ok(commands) => commands,
        Err(why) => return answers::empty(why.status()),
    };
    // The body comes first: a session is not held while a client takes its time with it.
    let (session, counter) = match asked {
        GatewayRequest::Open(server) => match gateway.open(&caller, server) {
            Some(session) => (session, None),
            None => return answers::unavailable(),
        },
        GatewayRequest::Session(id) => match gateway.find(id, &caller) {
            Some(session) => (session, Some(id.counter)),
            None => return answers::empty(StatusCode::BAD_REQUEST),
        },
    };
    match session.exchange(counter, &commands).await {
        Some(fetched) => {
            if fetched.closed {
                gateway.remove(session.key);
            }
            answer(fetched, &host)
        }
        None => answers::empty(StatusCode::BAD_REQUEST),
    }
}

fn answer(fetched: Fetched, host: &str) -> Response {
    let close = if fetched.closed { "; Session=close" } else { "" };
    let mut response = Response::new(Body::from(fetched.bytes));
    answers::set(&mut response, MESSENGER, &format!("SessionID={}; GW-IP={host}{close}", fetched.id));
    answers::set(&mut response, CONTENT_TYPE, gateway::CONTENT_TYPE);
    response
}
