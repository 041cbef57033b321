//! `/setup`: choose a client, then the steps for it and its files.
//!
//! Every file is made for the request, for the host by which the visitor reached us; the one asked for is found among
//! them by its name, so there is no path into any directory. The keys of certificates are not among them.

use std::path::PathBuf;
use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::{Extension, Path, Request, State};
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::Response;
use axum::routing::get;
use swallowtail_messenger::net::Caller;
use swallowtail_setup::client_setup::{Kit, Made, Offer, Place, ROOT_CER, STEPS};
use swallowtail_setup::client_table::Client;

use super::page::{guarded, page};
use crate::http::answers;
use crate::proxy::Reached;

/// Files that browsers show, and Windows itself reads, as they are; the others are saved.
const SHOWN: [&str; 3] = [STEPS[0], STEPS[1], "proxy.pac"];

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
    steps: String,
    files: Vec<Made>,
}

#[derive(Template)]
#[template(path = "setup_undo.html")]
struct UndoPage {
    client: &'static Client,
    steps: String,
}

pub(super) fn router(setup: Setup) -> Router {
    Router::new()
        .route("/setup", get(clients))
        .route("/setup/root.cer", get(root))
        .route("/setup/{client}", get(client))
        .route("/setup/{client}/undo", get(undo))
        .route("/setup/{client}/{file}", get(file))
        .with_state(setup)
}

async fn clients() -> Response {
    page(StatusCode::OK, &Clients { clients: Client::ALL })
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
    let shown = kit(client, setup, &caller, Reached::of(&caller, &request)).await.and_then(|kit| {
        let steps = kit.steps(&folder(client))?;
        Ok(page(StatusCode::OK, &ClientPage { client, steps, files: kit.files }))
    });
    shown.unwrap_or_else(|error| broken(&error))
}

async fn undo(
    State(setup): State<Setup>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    request: Request,
) -> Response {
    let Some(client) = Client::find(&id) else { return answers::empty(StatusCode::NOT_FOUND) };
    let shown = kit(client, setup, &caller, Reached::of(&caller, &request))
        .await
        .and_then(|kit| Ok(page(StatusCode::OK, &UndoPage { client, steps: kit.undo(&folder(client))? })));
    shown.unwrap_or_else(|error| broken(&error))
}

/// The address under which the files of a client are.
fn folder(client: &Client) -> String {
    format!("/setup/{}/", client.id)
}

async fn file(
    State(setup): State<Setup>,
    Extension(caller): Extension<Caller>,
    Path((id, name)): Path<(String, String)>,
    request: Request,
) -> Response {
    let Some(client) = Client::find(&id) else { return answers::empty(StatusCode::NOT_FOUND) };
    match kit(client, setup, &caller, Reached::of(&caller, &request)).await {
        Ok(kit) => match kit.files.into_iter().find(|file| file.name == name) {
            Some(file) => download(file.name, file.content_type, file.body),
            None => answers::empty(StatusCode::NOT_FOUND),
        },
        Err(error) => broken(&error),
    }
}

/// Everything for a client, which is made faster than it could be kept. Only the certificate for Windows XP is read, as
/// it may have been made since the start; the disk is waited for on another thread.
async fn kit(client: &'static Client, setup: Setup, caller: &Caller, reached: Reached) -> anyhow::Result<Kit> {
    let Reached { host, http, https } = reached;
    let Setup { mut offer, data } = setup;
    if client.needs_old_tls() {
        offer = Arc::new(tokio::task::spawn_blocking(move || offer.with_old(&data)).await??);
    }
    let network = &caller.network;
    let notification = Place::notification(&network.advertise, &host, network.notification);
    Kit::new(client, &Place { host, http, https, notification, network: network.name.clone(), offer })
}

fn download(name: &str, content_type: &str, body: Vec<u8>) -> Response {
    let mut response = answers::text(StatusCode::OK, body);
    answers::set(&mut response, CONTENT_TYPE, content_type);
    // It may differ by the host that the visitor asks. Not `no-store`: Internet Explorer of the time cannot save what
    // it may not store.
    answers::set(&mut response, CACHE_CONTROL, "no-cache");
    if !SHOWN.contains(&name) {
        answers::set(&mut response, CONTENT_DISPOSITION, &format!("attachment; filename=\"{name}\""));
    }
    guarded(response)
}

fn broken(error: &anyhow::Error) -> Response {
    tracing::error!("a page for the set-up of a client could not be made: {error:#}");
    answers::empty(StatusCode::INTERNAL_SERVER_ERROR)
}
