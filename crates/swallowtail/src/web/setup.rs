//! `/setup`: choose a client, then the steps for it and its files.
//!
//! Every file is made for the request, for the host by which the visitor reached us; the one asked for is found among them by its name, so there is no
//! path into any directory. The keys of certificates are not among them.

use std::path::PathBuf;
use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::{Extension, Path, Request, State};
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::Response;
use axum::routing::get;

use crate::client_setup::{Client, Made, Offer, Place, ROOT_CER, Section, files, sections};
use crate::http::{answers, host_of};
use crate::net::Caller;
use crate::proxy::MICROSOFT;

/// Files that browsers show, and Windows itself reads, as they are; the others are saved.
const SHOWN: [&str; 3] = ["steps.html", "steps.txt", "proxy.pac"];

/// What these pages need.
#[derive(Clone, Debug)]
pub(crate) struct Setup {
    pub(crate) offer: Arc<Offer>,
    /// Where the certificate for Windows XP will be once it is made.
    pub(crate) data: PathBuf,
}

#[derive(Template)]
#[template(path = "setup.html")]
struct Clients {
    clients: &'static [Client],
}

#[derive(Template)]
#[template(path = "setup_client.html")]
struct ClientPage {
    client: &'static Client,
    sections: Vec<Section>,
    files: Vec<Made>,
}

pub(super) fn router(setup: Setup) -> Router {
    Router::new()
        .route("/setup", get(clients))
        .route("/setup/root.cer", get(root))
        .route("/setup/{client}", get(client))
        .route("/setup/{client}/{file}", get(file))
        .with_state(setup)
}

async fn clients() -> Response {
    page(&Clients { clients: Client::ALL })
}

/// The root alone, for those who know what they want.
async fn root(State(setup): State<Setup>) -> Response {
    match &setup.offer.root {
        Some(root) => download(ROOT_CER, "application/x-x509-ca-cert", root.der.clone()),
        None => answers::empty(StatusCode::NOT_FOUND),
    }
}

async fn client(
    State(setup): State<Setup>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    request: Request,
) -> Response {
    let Some(client) = Client::find(&id) else { return answers::empty(StatusCode::NOT_FOUND) };
    let place = place(&setup.offer, &caller, &request);
    match made(setup, place, client).await {
        Ok((place, files)) => page(&ClientPage { client, sections: sections(client, &place), files }),
        Err(error) => broken(&error),
    }
}

async fn file(
    State(setup): State<Setup>,
    Extension(caller): Extension<Caller>,
    Path((id, name)): Path<(String, String)>,
    request: Request,
) -> Response {
    let Some(client) = Client::find(&id) else { return answers::empty(StatusCode::NOT_FOUND) };
    let place = place(&setup.offer, &caller, &request);
    match made(setup, place, client).await {
        Ok((_, files)) => match files.into_iter().find(|file| file.name == name) {
            Some(file) => download(file.name, file.content_type, file.body),
            None => answers::empty(StatusCode::NOT_FOUND),
        },
        Err(error) => broken(&error),
    }
}

/// Everything for a client, on a thread that may wait for the disk: the certificate for Windows XP may have been made since the start.
async fn made(setup: Setup, place: Place, client: &'static Client) -> anyhow::Result<(Place, Vec<Made>)> {
    tokio::task::spawn_blocking(move || {
        let place = match client.needs_old_tls() {
            true => Place { offer: Arc::new(place.offer.with_old(&setup.data)?), ..place },
            false => place,
        };
        let files = files(client, &place)?;
        Ok((place, files))
    })
    .await?
}

/// The server as the visitor reached it. Who came by a name of Microsoft's has been redirected already, and is told the address that was dialled.
fn place(offer: &Arc<Offer>, caller: &Caller, request: &Request) -> Place {
    let named = host_of(caller, request.uri(), request.headers());
    let (host, port) = match named.rsplit_once(':') {
        Some((host, port)) if !host.is_empty() => (host.to_owned(), port.parse().ok()),
        _ => (named, None),
    };
    // Over TLS it is another port, of which these clients know nothing.
    let http = if caller.secure { offer.http() } else { port.unwrap_or(80) };
    let host = if MICROSOFT.iter().any(|name| name.eq_ignore_ascii_case(&host)) {
        caller.local.ip().to_string()
    } else {
        host
    };
    Place { host, http, offer: offer.clone() }
}

fn page(template: &impl Template) -> Response {
    match template.render() {
        Ok(html) => shown("text/html; charset=utf-8", html.into_bytes()),
        Err(error) => broken(&error.into()),
    }
}

fn download(name: &str, content_type: &str, body: Vec<u8>) -> Response {
    let mut response = shown(content_type, body);
    if !SHOWN.contains(&name) {
        answers::set(&mut response, CONTENT_DISPOSITION, &format!("attachment; filename=\"{name}\""));
    }
    response
}

/// Not kept: it may differ by the host that the visitor asks.
fn shown(content_type: &str, body: Vec<u8>) -> Response {
    let mut response = answers::text(StatusCode::OK, body);
    answers::set(&mut response, CONTENT_TYPE, content_type);
    answers::set(&mut response, CACHE_CONTROL, "no-cache");
    response
}

fn broken(error: &anyhow::Error) -> Response {
    tracing::error!("a page for the set-up of a client could not be made: {error:#}");
    answers::empty(StatusCode::INTERNAL_SERVER_ERROR)
}
