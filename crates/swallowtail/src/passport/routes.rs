//! Which path is answered by whom, and what all answers have in common.

use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::http::header::CONNECTION;
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use axum::routing::{get, post};
use tower::ServiceExt;

use super::header_case::HeaderCase;
use super::{Passport, answers, login, nexus, rst};

/// The endpoints with what they need. Cheap to clone.
#[derive(Clone)]
pub(super) struct Routes {
    router: Router,
    case: HeaderCase,
}

impl Routes {
    pub(super) async fn new(passport: Arc<Passport>) -> Self {
        let router = Router::new()
            .route("/rdr/pprdr.asp", get(nexus::plain))
            .route("/rdr/pprdr-url.asp", get(nexus::url))
            .route("/login2.srf", get(login::login))
            .route("/login.srf", get(login::login))
            .route("/ppsecure/login2.srf", get(login::login))
            .route("/RST.srf", post(rst::rst))
            .route("/", get(about).post(port_check))
            .with_state(passport);
        let case = HeaderCase::learn().await;
        Self { router, case }
    }

    /// Answers one request, in the spelling of old clients and with the end of the connection announced: gtmess reads to the
    /// end of the stream and asks for nothing of the kind (http.md section 0 items 1 and 6).
    pub(super) async fn answer(self, request: Request) -> Response {
        let (verb, path) = (request.method().clone(), request.uri().path().to_owned());
        let Ok(mut response) = self.router.oneshot(request).await;
        tracing::debug!(%verb, path, status = response.status().as_u16(), "answered");
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        self.case.apply(&mut response);
        response
    }
}

/// `GET /`: somebody looks with a browser.
async fn about() -> &'static str {
    "This is the sign-in service of a Swallowtail server, an MSN Messenger service. It is for clients, not for browsers.\n"
}

/// `POST /`: clients count the login server among their key ports and test it so (http.md section 2).
async fn port_check() -> Response {
    answers::empty(StatusCode::OK)
}
