//! Header names in the exact case that old clients look for (docs/protocol/http.md section 0 item 1).
//!
//! hyper writes names in lower case. It can keep the spelling of a *request's* names, in an extension of a type that it does
//! not show, and it writes a response by that spelling when it finds the extension there. So the spelling is learnt once,
//! from a request in memory that has all the names, and put on every answer.

use std::convert::Infallible;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use axum::body::Body;
use axum::http::{Extensions, Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::AsyncWriteExt;

/// Every name that our answers have, as clients want it.
const LESSON: &str = "GET / HTTP/1.1\r\n\
    Allow: GET\r\n\
    Authentication-Info: x\r\n\
    Cache-Control: x\r\n\
    Connection: close\r\n\
    Content-Length: 0\r\n\
    Content-Type: x\r\n\
    Date: x\r\n\
    Location: x\r\n\
    PassportURLs: x\r\n\
    Pragma: x\r\n\
    Retry-After: x\r\n\
    WWW-Authenticate: x\r\n\
    X-Token: x\r\n\
    \r\n";

/// The spelling. Cheap enough to clone for each answer.
#[derive(Clone, Debug)]
pub(super) struct HeaderCase(Extensions);

impl HeaderCase {
    /// Has hyper read the lesson. Should it ever not leave its extension behind, names are written in lower case; a test over
    /// a socket guards against that.
    pub(super) async fn learn() -> Self {
        let learnt = Arc::new(OnceLock::new());
        let (mut client, server) = tokio::io::duplex(4096);
        let service = service_fn(|request: Request<Incoming>| {
            let _ = learnt.set(request.extensions().clone());
            async { Ok::<_, Infallible>(Response::new(Body::empty())) }
        });
        let lesson = async {
            let _ = client.write_all(LESSON.as_bytes()).await;
            let _ =
                http1::Builder::new().preserve_header_case(true).serve_connection(TokioIo::new(server), service).await;
        };
        // Nothing here waits for anybody; the bound is for a surprise only.
        let _ = tokio::time::timeout(Duration::from_secs(1), lesson).await;
        Self(learnt.get().cloned().unwrap_or_default())
    }

    /// Has the answer written in this spelling.
    pub(super) fn apply<B>(&self, response: &mut Response<B>) {
        response.extensions_mut().extend(self.0.clone());
    }
}
