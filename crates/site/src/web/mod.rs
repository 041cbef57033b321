//! Pages for people: tables-era HTML and plain CSS without JavaScript, so that the browsers of the clients' time show them too.
//!
//! Every page is a template in `templates/` that extends `base.html`; askama escapes what it puts in and checks the templates when the crate is
//! built. `home` says what this server is, `sign_up` makes accounts, `forms` tells our own forms from those of others.

mod forms;
mod home;
mod setup;
mod sign_up;

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::body::Body;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use ipnet::IpNet;

pub(crate) use setup::Setup;

use crate::http::answers;
use crate::proxy::Hosts;
use swallowtail_config::SignUp;
use swallowtail_messenger::presence::Directory;
use swallowtail_messenger::rates::Rates;
use swallowtail_messenger::service::Service;
use swallowtail_store::accounts::Accounts;
use swallowtail_store::database::StoreError;

/// What the pages know of the service.
#[derive(Debug)]
pub(crate) struct Web {
    accounts: Accounts,
    directory: Arc<Directory>,
    rates: Arc<Rates>,
    hosts: Arc<Hosts>,
    forms: forms::Forms,
    signed_in: home::Count,
    sign_up: SignUp,
    insecure_http: bool,
    /// Whether some listener has TLS.
    has_https: bool,
    exempt: Vec<IpNet>,
}

impl Web {
    /// Reads the key of the forms; the first call on a store makes one.
    pub(crate) async fn open(
        service: &Service,
        accounts: Accounts,
        hosts: Arc<Hosts>,
    ) -> Result<Arc<Self>, StoreError> {
        let config = &service.config;
        Ok(Arc::new(Self {
            accounts,
            directory: service.directory.clone(),
            rates: service.rates.clone(),
            hosts,
            forms: forms::Forms::open(&service.store).await?,
            signed_in: home::Count::default(),
            sign_up: config.sign_up.clone(),
            insecure_http: config.sign_in.insecure_http,
            // A terminator in front has it too.
            has_https: config.networks().any(|(_, listen, _)| listen.https.is_some())
                || !config.http.trusted_proxies.is_empty(),
            exempt: config.limits.exempt.clone(),
        }))
    }
}

/// The pages, and what every one of them needs beside itself.
pub(crate) fn router(web: Arc<Web>, setup: Setup) -> Router {
    Router::new()
        .route("/", get(home::show))
        .route("/signup", get(sign_up::show).post(sign_up::take))
        .with_state(web)
        .route("/style.css", get(style))
        // Browsers ask for a picture by themselves, and complain in their log if there is nothing.
        .route("/favicon.ico", get(async || ([(CACHE_CONTROL, "max-age=86400")], StatusCode::NO_CONTENT)))
        .merge(setup::router(setup))
}

async fn style() -> Response {
    const STYLE: &str = include_str!("../../templates/style.css");
    ([(CONTENT_TYPE, "text/css; charset=utf-8"), (CACHE_CONTROL, "max-age=3600")], STYLE).into_response()
}

/// A page. Nobody in between keeps it.
fn page(status: StatusCode, template: &impl Template) -> Response {
    match template.render() {
        Ok(text) => {
            let mut response = Response::new(Body::from(text));
            *response.status_mut() = status;
            answers::set(&mut response, CONTENT_TYPE, "text/html; charset=utf-8");
            answers::set(&mut response, CACHE_CONTROL, "no-store");
            guarded(response)
        }
        Err(error) => {
            tracing::error!(%error, "a page could not be written");
            answers::empty(StatusCode::INTERNAL_SERVER_ERROR)
        }
    }
}

/// What a browser shows or saves: no other site has it in a frame, nothing is run in it, and it is taken for nothing but what it is called.
/// `same-origin` because with `no-referrer` browsers do not say either where a form came from.
fn guarded(mut response: Response) -> Response {
    const HEADERS: [(axum::http::HeaderName, &str); 4] = [
        (
            CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
        ),
        (REFERRER_POLICY, "same-origin"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (X_FRAME_OPTIONS, "DENY"),
    ];
    response.headers_mut().extend(HEADERS.map(|(name, value)| (name, HeaderValue::from_static(value))));
    response
}
