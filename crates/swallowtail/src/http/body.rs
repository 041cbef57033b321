//! Reading the body of a request, within bounds.

use std::time::Duration;

use axum::body::{self, Body, Bytes};
use axum::http::header::CONTENT_LENGTH;
use axum::http::{Request, StatusCode};
use tokio::time::timeout;

/// The longest time for a body (http.md section 0 item 7).
const BODY_TIMEOUT: Duration = Duration::from_secs(20);

/// Why there is no body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoBody {
    /// It is longer than it may be, or breaks off.
    Unusable,
    /// It took too long.
    Slow,
}

impl NoBody {
    /// The status that says so.
    pub(crate) const fn status(self) -> StatusCode {
        match self {
            Self::Unusable => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Slow => StatusCode::REQUEST_TIMEOUT,
        }
    }
}

/// The body, of at most `most` bytes. One that says it is longer is not read at all.
pub(crate) async fn read(request: Request<Body>, most: usize) -> Result<Bytes, NoBody> {
    let length = request.headers().get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    if length.is_some_and(|length: usize| length > most) {
        return Err(NoBody::Unusable);
    }
    match timeout(BODY_TIMEOUT, body::to_bytes(request.into_body(), most)).await {
        Ok(body) => body.map_err(|_| NoBody::Unusable),
        Err(_) => Err(NoBody::Slow),
    }
}
