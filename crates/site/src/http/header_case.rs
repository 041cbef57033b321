//! Header names in the exact case that old clients need (docs/protocol/http.md section 0 item 1).
//!
//! hyper writes header names in lower case. But hyper can keep the spelling of the names in a *request*, in an
//! extension of a private type. If a response has that extension, hyper writes the response with the same spelling.
//! Therefore, when the server starts, it sends hyper a request in memory that contains all header
//! names. Later, the server adds the extension of that request to every answer. Title case is for
//! patched clients.

use std::convert::Infallible;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use axum::body::Body;
use axum::http::{Extensions, Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use swallowtail_config::HeaderCase as Spelling;
use tokio::io::AsyncWriteExt;

/// A request that contains every header name of our answers, in the spelling that clients need.
const LESSON: &str = "GET / HTTP/1.1\r\n\
    Allow: GET\r\n\
    Authentication-Info: x\r\n\
    Cache-Control: x\r\n\
    Connection: close\r\n\
    Content-Disposition: x\r\n\
    Content-Length: 0\r\n\
    Content-Security-Policy: x\r\n\
    Content-Type: x\r\n\
    Date: x\r\n\
    Location: x\r\n\
    PassportURLs: x\r\n\
    Pragma: x\r\n\
    Referrer-Policy: x\r\n\
    Retry-After: x\r\n\
    WWW-Authenticate: x\r\n\
    X-Content-Type-Options: x\r\n\
    X-Frame-Options: x\r\n\
    X-MSN-Messenger: x\r\n\
    X-Token: x\r\n\
    \r\n";

/// The spelling of header names. Cloning is cheap.
#[derive(Clone, Debug)]
pub(crate) struct HeaderCase(Extensions);

impl HeaderCase {
    /// Makes hyper learn the spelling. If a future hyper no longer adds its extension, names are in
    /// lower case, and a test over a socket fails.
    pub(crate) async fn learn(spelling: Spelling) -> Self {
        let learnt = Arc::new(OnceLock::new());
        let (mut client, server) = tokio::io::duplex(4096);
        let service = service_fn(|request: Request<Incoming>| {
            let _ = learnt.set(request.extensions().clone());
            async { Ok::<_, Infallible>(Response::new(Body::empty())) }
        });
        let lesson = async {
            let _ = client.write_all(lesson_in(spelling).as_bytes()).await;
            let _ =
                http1::Builder::new().preserve_header_case(true).serve_connection(TokioIo::new(server), service).await;
        };
        // This never takes long. The timeout is only a precaution.
        let _ = tokio::time::timeout(Duration::from_secs(1), lesson).await;
        Self(learnt.get().cloned().unwrap_or_default())
    }

    /// Makes hyper write an answer in this spelling.
    pub(crate) fn apply<B>(&self, response: &mut Response<B>) {
        response.extensions_mut().extend(self.0.clone());
    }
}

/// Returns the request from which hyper learns the spelling of header names. In title case, only
/// the first letter of a name and the letters after hyphens are capitals.
fn lesson_in(spelling: Spelling) -> String {
    let title = |name: &str| {
        let part = |part: &str| {
            let (first, rest) = part.split_at(1);
            first.to_ascii_uppercase() + &rest.to_ascii_lowercase()
        };
        name.split('-').map(part).collect::<Vec<_>>().join("-")
    };
    let line = |line: &str| match (spelling, line.split_once(": ")) {
        (Spelling::Title, Some((name, value))) => format!("{}: {value}", title(name)),
        _ => line.to_owned(),
    };
    LESSON.split("\r\n").map(line).collect::<Vec<_>>().join("\r\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn header_names_are_in_title_case_for_patched_clients() {
        assert_eq!(lesson_in(Spelling::Exact), LESSON);
        let title = lesson_in(Spelling::Title);
        for name in ["Passporturls", "Www-Authenticate", "X-Msn-Messenger", "Authentication-Info"] {
            assert!(title.contains(&format!("\r\n{name}: ")), "{title}");
        }
        assert!(title.starts_with("GET / HTTP/1.1\r\n") && title.ends_with("\r\n\r\n"));
    }
}
