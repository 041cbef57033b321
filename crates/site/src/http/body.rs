//! Reads the body of a request, with limits on its size and time.

use std::time::Duration;

use axum::body::Bytes;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::http::header::CONTENT_LENGTH;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use tokio::time::timeout;

/// The longest body, in bytes, except for the gateway (http.md section 0 item 7).
pub(crate) const MAX_BODY: usize = 64 * 1024;
/// The timeout for a body.
const BODY_TIMEOUT: Duration = Duration::from_secs(20);

/// The reason why a body could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BadBody {
    /// The body is too long.
    TooLong,
    /// The body did not arrive in time.
    TooSlow,
    /// The body is incomplete or malformed.
    Broken,
}

impl BadBody {
    /// Returns the status code of the answer.
    pub(crate) const fn status(self) -> StatusCode {
        match self {
            Self::TooLong => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::Broken => StatusCode::BAD_REQUEST,
        }
    }
}

/// Reads the whole body, of at most `most` bytes. If `Content-Length` is larger, refuses the body
/// without reading it.
pub(crate) async fn read_body(request: Request, most: usize) -> Result<Bytes, BadBody> {
    let length = request.headers().get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    if length.is_some_and(|length: usize| length > most) {
        return Err(BadBody::TooLong);
    }
    let body = Limited::new(request.into_body(), most).collect();
    match timeout(BODY_TIMEOUT, body).await {
        Err(_) => Err(BadBody::TooSlow),
        Ok(Ok(body)) => Ok(body.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(BadBody::TooLong),
        Ok(Err(_)) => Err(BadBody::Broken),
    }
}
