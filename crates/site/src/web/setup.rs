//! `/setup`: two questions to choose a client, then the instructions and the files for that client.
//!
//! For each request, the server creates all files anew, with the host at which the visitor reached
//! the server. It then looks up the requested file among these files by name, so no request names a
//! path in a directory. The keys of certificates are not among these files.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Extension, FromRequestParts, Path, Query, Request, State};
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::http::request::Parts;
use axum::response::Response;
use axum::routing::get;
use serde::Deserialize;
use swallowtail_messenger::net::Caller;
use swallowtail_setup::client_setup::{Kit, Made, Offer, Place, ROOT_CER, STEPS};
use swallowtail_setup::client_table::{Client, System};

use super::page::{failed, guarded, not_found, page};
use crate::http::answers;
use crate::proxy::Reached;

/// The files that browsers show or that Windows reads itself. Browsers save all other files.
const SHOWN: [&str; 3] = [STEPS[0], STEPS[1], "proxy.pac"];

/// The data for these pages.
#[derive(Clone, Debug)]
pub(crate) struct Setup {
    pub(crate) offer: Arc<Offer>,
    /// The data directory, which has the certificate for Windows XP once that certificate is created.
    pub(crate) data: PathBuf,
}

#[derive(Template)]
#[template(path = "setup.html")]
struct Clients {
    systems: &'static [(System, &'static str, &'static str)],
    /// The answer to the first question.
    chosen: Option<System>,
    /// The answers to the second question.
    clients: Vec<&'static Client>,
    /// True if some of these clients are Microsoft's.
    official: bool,
}

/// The answers to the first question: the system, its word in the URL, and its name.
const SYSTEMS: [(System, &str, &str); 3] = [
    (System::Xp, "xp", "Windows XP"),
    (System::Windows, "windows", "Windows 7, 10 or 11"),
    (System::Other, "other", "Linux, macOS or another system"),
];

/// The query of the page.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Question {
    on: String,
}

#[derive(Template)]
#[template(path = "setup_client.html")]
struct ClientPage {
    client: &'static Client,
    /// The word in the URL for the system of the client, from [`SYSTEMS`].
    system: &'static str,
    steps: String,
    files: Vec<Made>,
}

#[derive(Template)]
#[template(path = "setup_undo.html")]
struct UndoPage {
    client: &'static Client,
    steps: String,
}

/// The client that a URL names. If there is no such client, the answer is the page for URLs that do
/// not exist.
struct Chosen(&'static Client);

impl<S: Send + Sync> FromRequestParts<S> for Chosen {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
        let words = Path::<HashMap<String, String>>::from_request_parts(parts, state).await;
        let client = words.ok().and_then(|Path(words)| Client::find(words.get("client")?));
        client.map(Self).ok_or_else(not_found)
    }
}

/// Returns the routes of these pages and of their files.
pub(super) fn router(setup: Setup) -> Router {
    Router::new()
        .route("/setup", get(clients))
        .route("/setup/root.cer", get(root))
        .route("/setup/{client}", get(client))
        .route("/setup/{client}/undo", get(undo))
        .route("/setup/{client}/undo/", get(slashed_undo))
        .route("/setup/{client}/", get(slashed))
        .route("/setup/{client}/{file}", get(file))
        .with_state(setup)
}

/// Answers with the two questions. A query that cannot be read counts as an empty query.
async fn clients(question: Result<Query<Question>, QueryRejection>) -> Response {
    let Query(question) = question.unwrap_or_default();
    let chosen = SYSTEMS.iter().find(|(_, id, _)| *id == question.on).map(|(system, ..)| *system);
    let is_for = |client: &&Client| chosen.is_some_and(|system| client.is_for(system));
    let clients: Vec<_> = Client::ALL.iter().filter(is_for).collect();
    let official = clients.iter().any(|client| client.installer().is_some());
    page(StatusCode::OK, &Clients { systems: &SYSTEMS, chosen, clients, official })
}

/// Answers with only the root certificate, for visitors who do not need instructions.
async fn root(State(setup): State<Setup>) -> Response {
    match &setup.offer.root {
        Some(root) => download(ROOT_CER, "application/x-x509-ca-cert", root.der.clone()),
        None => not_found(),
    }
}

/// Answers with the instructions for a client.
async fn client(
    Chosen(client): Chosen,
    State(setup): State<Setup>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Response {
    let shown = kit(client, setup, &caller, Reached::of(&caller, &request)).await.and_then(|kit| {
        let steps = kit.steps(&folder(client))?;
        Ok(page(StatusCode::OK, &ClientPage { client, system: system_of(client), steps, files: kit.files }))
    });
    shown.unwrap_or_else(|error| broken(&error))
}

/// Redirects `/setup/{client}/` to the URL without the slash at its end.
async fn slashed(Chosen(client): Chosen) -> Response {
    answers::redirect(&format!("/setup/{}", client.id))
}

/// Redirects `/setup/{client}/undo/` to the URL without the slash at its end.
async fn slashed_undo(Chosen(client): Chosen) -> Response {
    answers::redirect(&format!("/setup/{}/undo", client.id))
}

/// Answers with the steps that undo everything.
async fn undo(
    Chosen(client): Chosen,
    State(setup): State<Setup>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Response {
    let shown = kit(client, setup, &caller, Reached::of(&caller, &request))
        .await
        .and_then(|kit| Ok(page(StatusCode::OK, &UndoPage { client, steps: kit.undo(&folder(client))? })));
    shown.unwrap_or_else(|error| broken(&error))
}

/// Returns the word in the URL for the system of a client: for the first system in [`SYSTEMS`] for
/// which the page offers the client.
fn system_of(client: &Client) -> &'static str {
    SYSTEMS.iter().find(|(system, ..)| client.is_for(*system)).map_or("", |(_, id, _)| id)
}

/// Returns the path of the folder with the files of a client.
fn folder(client: &Client) -> String {
    format!("/setup/{}/", client.id)
}

/// Answers with one of the files for a client.
async fn file(
    Chosen(client): Chosen,
    State(setup): State<Setup>,
    Extension(caller): Extension<Caller>,
    Path((_, name)): Path<(String, String)>,
    request: Request,
) -> Response {
    match kit(client, setup, &caller, Reached::of(&caller, &request)).await {
        Ok(kit) => match kit.files.into_iter().find(|file| file.name == name) {
            Some(file) => download(file.name, file.content_type, file.body),
            None => not_found(),
        },
        Err(error) => broken(&error),
    }
}

/// Creates the kit for a client. Creating a kit is faster than looking up a stored one. The
/// certificate for Windows XP may have been created since the server started, so it is read from
/// disk each time, on another thread.
async fn kit(client: &'static Client, setup: Setup, caller: &Caller, reached: Reached) -> anyhow::Result<Kit> {
    let Reached { host, http, https } = reached;
    let Setup { mut offer, data } = setup;
    if client.needs_old_tls() {
        let read = {
            let offer = offer.clone();
            tokio::task::spawn_blocking(move || offer.with_old(&data)).await?
        };
        match read {
            Ok(with_old) => offer = Arc::new(with_old),
            // The server already logged this error when it started. Visitors get a page that says
            // what is missing.
            Err(error) => tracing::debug!("could not read the certificate for Windows XP: {error:#}"),
        }
    }
    let network = &caller.network;
    let notification = Place::notification(&network.advertise, &host, network.notification);
    Kit::new(client, &Place { host, http, https, notification, network: network.name.clone(), offer })
}

/// Returns a file for a browser to save, or to show if it is among [`SHOWN`].
fn download(name: &str, content_type: &str, body: Vec<u8>) -> Response {
    let mut response = answers::text(StatusCode::OK, body);
    answers::set(&mut response, CONTENT_TYPE, content_type);
    // The file depends on the host in the request. `no-store` is not used, because old versions of Internet Explorer
    // cannot save files with it.
    answers::set(&mut response, CACHE_CONTROL, "no-cache");
    if !SHOWN.contains(&name) {
        answers::set(&mut response, CONTENT_DISPOSITION, &format!("attachment; filename=\"{name}\""));
    }
    guarded(response)
}

/// Logs why a page could not be created, and returns the error page.
fn broken(error: &anyhow::Error) -> Response {
    tracing::error!("could not create a set-up page: {error:#}");
    failed(StatusCode::INTERNAL_SERVER_ERROR)
}
