//! Answers that several parts of the site share. hyper adds `Date` and `Content-Length`.

use std::time::Duration;

use axum::body::Body;
use axum::http::header::{CONNECTION, CONTENT_TYPE, HeaderName, LOCATION, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use tokio::io::{AsyncWrite, AsyncWriteExt};
use tokio::time::timeout;

/// The number of seconds after which a client may retry when the server is too busy.
const RETRY_AFTER_SECONDS: &str = "60";

/// The longest time for sending the last answer on a connection that must close because another
/// connection needs its place.
pub(super) const LEAVE_TIMEOUT: Duration = Duration::from_millis(100);

/// Returns an answer without a body.
pub(crate) fn empty(status: StatusCode) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

/// Returns an answer with plain text.
pub(crate) fn text(status: StatusCode, sentence: impl Into<Body>) -> Response {
    let mut response = Response::new(sentence.into());
    *response.status_mut() = status;
    set(&mut response, CONTENT_TYPE, "text/plain; charset=utf-8");
    response
}

/// Returns a redirect to another page.
pub(crate) fn redirect(to: &str) -> Response {
    let mut response = empty(StatusCode::FOUND);
    set(&mut response, LOCATION, to);
    response
}

/// Returns 503 with `Retry-After`: the server is too busy, the address had too many failures, or the store failed.
pub(crate) fn unavailable() -> Response {
    let mut response = empty(StatusCode::SERVICE_UNAVAILABLE);
    set(&mut response, RETRY_AFTER, RETRY_AFTER_SECONDS);
    response
}

/// Sends the answer 503 on a connection that must close because another connection needs its place.
/// The request on this connection is incomplete. Does not wait for a client that does not read.
pub(crate) async fn send_unavailable(mut stream: impl AsyncWrite + Unpin) {
    let answer = format!(
        "HTTP/1.1 503 Service Unavailable\r\nRetry-After: {RETRY_AFTER_SECONDS}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    );
    let send = async {
        if stream.write_all(answer.as_bytes()).await.is_ok() {
            let _ = stream.shutdown().await;
        }
    };
    let _ = timeout(LEAVE_TIMEOUT, send).await;
}

/// Adds `Connection: close` to an answer.
pub(crate) fn closing(mut response: Response) -> Response {
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    response
}

/// Sets a header. Skips a value with characters that a header cannot have. Only the operator's
/// settings can contain such a value, because callers check all values that come from requests.
pub(crate) fn set(response: &mut Response, name: HeaderName, value: &str) {
    match HeaderValue::from_str(value) {
        Ok(value) => {
            response.headers_mut().insert(name, value);
        }
        Err(_) => tracing::warn!(%name, "skipped a header: its value has characters that a header cannot have"),
    }
}
