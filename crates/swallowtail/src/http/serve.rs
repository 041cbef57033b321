//! One connection: its requests, one after the other.

use std::convert::Infallible;
use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::watch;
use tokio::time::{Instant, timeout};

use super::first_line::{self, Begin};
use super::paced::{HEAD_TIMEOUT, Paced, Phase};
use super::routes::Routes;
use crate::chat::{Chat, Stream};
use crate::gateway::Gateway;
use crate::net::{Caller, Prefixed};
use crate::proxy::{self, Hosts};
use crate::tls::Tls;

/// The longest head (http.md section 0 item 7).
pub(super) const MAX_HEAD: usize = 16 * 1024;
/// How long and how much we listen to a client that goes on sending after its last answer. Closing at once would reset the
/// connection and could take the answer away from it.
const LINGER: Duration = Duration::from_secs(2);
const LINGER_BYTES: u64 = 256 * 1024;

/// A stream of whatever kind: a tunnel can hold TLS that holds requests.
pub type AnyStream = Box<dyn Stream>;

/// Everything that a connection may lead to.
#[derive(Debug)]
pub struct Site {
    /// The rooms that answer requests.
    pub routes: Routes,
    /// The chat services, which a tunnel may lead to.
    pub chat: Chat,
    /// The sessions over HTTP.
    pub gateway: Arc<Gateway>,
    /// For tunnels to port 443, and the listeners with TLS.
    pub tls: Option<Arc<Tls>>,
    /// For the same from old clients.
    pub old_tls: Option<SocketAddr>,
    /// The hosts that requests through a proxy may be for.
    pub hosts: Arc<Hosts>,
}

/// Serves a connection to its end, or until `shutdown`: then the request under way is the last one.
///
/// # Errors
/// What reading and writing failed with.
pub async fn serve(
    mut stream: AnyStream,
    caller: Caller,
    site: Arc<Site>,
    mut shutdown: watch::Receiver<bool>,
) -> io::Result<()> {
    let begun = Instant::now();
    let first = tokio::select! {
        // A client that has not said a line yet when the server stops is left.
        () = stopped(&mut shutdown) => return Ok(()),
        first = timeout(HEAD_TIMEOUT, first_line::read(&mut stream, MAX_HEAD)) => first,
    };
    let Ok(first) = first else { return Ok(()) };
    match first? {
        Begin::Request(bytes) => {
            let stream = Paced::new(Prefixed::new(bytes, stream), Phase::head(begun));
            requests(stream, caller, &site.routes, shutdown).await;
            Ok(())
        }
        Begin::Tunnel { target, rest } => {
            let stream: AnyStream = Box::new(Prefixed::new(rest, stream));
            proxy::connect(stream, &target, caller, site, shutdown).await
        }
    }
}

async fn stopped(shutdown: &mut watch::Receiver<bool>) {
    // A sender that is gone stops nobody any more.
    let _ = shutdown.wait_for(|stop| *stop).await;
}

async fn requests(
    stream: Paced<Prefixed<AnyStream>>,
    caller: Caller,
    routes: &Routes,
    mut shutdown: watch::Receiver<bool>,
) {
    let phase = stream.phase();
    let service = service_fn(move |request: Request<Incoming>| {
        phase.busy();
        let (phase, answer) = (phase.clone(), routes.answer(caller.clone(), request.map(Body::new)));
        Box::pin(async move {
            let answer = answer.await;
            phase.idle();
            Ok::<_, Infallible>(answer)
        })
    });
    let mut http = http1::Builder::new()
        .max_header_size(MAX_HEAD)
        // A client may close its half once it has asked.
        .half_close(true)
        .serve_connection(TokioIo::new(stream), service);
    let mut stopping = false;
    loop {
        let served = tokio::select! {
            served = poll_fn(|context| http.poll_without_shutdown(context)) => served,
            () = stopped(&mut shutdown), if !stopping => {
                stopping = true;
                std::pin::Pin::new(&mut http).graceful_shutdown();
                continue;
            }
        };
        if let Err(error) = served {
            tracing::debug!(%error, "a request could not be read or answered");
        }
        break;
    }
    linger(http.into_parts().io.into_inner()).await;
}

/// Ends our half and reads what still comes, within bounds.
async fn linger(mut io: impl AsyncRead + AsyncWrite + Unpin) {
    if io.shutdown().await.is_ok() {
        let rest = async { tokio::io::copy(&mut io.take(LINGER_BYTES), &mut tokio::io::sink()).await };
        let _ = timeout(LINGER, rest).await;
    }
}
