//! `/`: what this server is, that it is up, and how to connect.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use tokio::time::Instant;

use super::{Web, page};
use swallowtail_base::lock;
use swallowtail_config::Access;
use swallowtail_messenger::presence::Directory;

/// How old the number of people may be. To count them all accounts in use are looked at, which no stranger shall have us do at every request.
const COUNT_LIFE: Duration = Duration::from_secs(5);

#[derive(Template)]
#[template(path = "home.html")]
struct Home {
    signed_in: usize,
    /// Whether nobody can sign up by the page.
    is_closed: bool,
}

/// How many people are on line, as it was a moment ago.
#[derive(Debug, Default)]
pub(super) struct Count(Mutex<Option<(Instant, usize)>>);

impl Count {
    fn of(&self, directory: &Directory) -> usize {
        let mut last = lock(&self.0);
        match *last {
            Some((at, count)) if at.elapsed() < COUNT_LIFE => count,
            _ => {
                let count = directory.count_seen();
                *last = Some((Instant::now(), count));
                count
            }
        }
    }
}

/// `GET /`.
pub(super) async fn show(State(web): State<Arc<Web>>) -> Response {
    let is_closed = web.sign_up.near == Access::Closed && web.sign_up.elsewhere == Access::Closed;
    page(StatusCode::OK, &Home { signed_in: web.signed_in.of(&web.directory), is_closed })
}
