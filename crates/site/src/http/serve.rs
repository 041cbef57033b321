//! Serves the requests of one connection, one after the other, until a request opens a tunnel.

use std::convert::Infallible;
use std::future::poll_fn;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use axum::response::Response;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use swallowtail_base::lock;
use swallowtail_messenger::net::{AnyStream, Caller, Prefixed};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until, timeout};

use super::answers::{self, LEAVE_TIMEOUT};
use super::first_line;
use super::paced::{HEAD_TIMEOUT, Paced, Phase};
use super::visit::Visit;
use crate::proxy::{self, Target};
use crate::site::Site;

/// The longest head of a request, in bytes (http.md section 0 item 7).
const MAX_HEAD: usize = 16 * 1024;
/// The maximum number of bytes that hyper reads in advance. By default, hyper reserves 200 KB for a
/// long body.
const MAX_BUFFER: usize = 2 * MAX_HEAD;
/// The time for which the server reads from a client that keeps sending after the last answer. Closing immediately
/// would reset the connection, and the client could lose the answer.
const LINGER: Duration = Duration::from_secs(2);
/// The maximum number of bytes that the server reads during [`LINGER`].
const LINGER_BYTES: u64 = 256 * 1024;

/// Answers the requests of a connection until the connection ends. After `shutdown`, finishes the
/// current request and ends the connection. If another connection needs the place of this
/// connection, answers with 503 and ends this connection. If the last request opened a tunnel,
/// returns the target of the tunnel and the stream inside the tunnel.
///
/// # Errors
/// Returns the error of the stream if the first line cannot be read.
pub(crate) async fn serve(
    mut stream: AnyStream,
    caller: &Caller,
    site: &Arc<Site>,
    mut shutdown: watch::Receiver<bool>,
    visit: &Visit,
) -> io::Result<Option<(Target, AnyStream)>> {
    let begun = Instant::now();
    visit.waits();
    let first = tokio::select! {
        () = visit.over() => {
            answers::send_unavailable(stream).await;
            return Ok(None);
        }
        // If the server stops before the client has sent a line, this closes the connection.
        () = stopped(&mut shutdown) => return Ok(None),
        first = timeout(HEAD_TIMEOUT, first_line::read(&mut stream, MAX_HEAD)) => first,
    };
    let Ok(first) = first else { return Ok(None) };
    let first = first?;
    let keep = !first.old || first.bytes.starts_with(b"CONNECT ");
    let stream = Paced::new(Prefixed::new(first.bytes, stream), Phase::head(begun));
    Ok(requests(stream, caller, site, keep, shutdown, visit).await)
}

async fn stopped(shutdown: &mut watch::Receiver<bool>) {
    // An error means that the sender of the stop signal is gone. That counts as a stop, because no
    // other signal could stop the connection.
    let _ = shutdown.wait_for(|stop| *stop).await;
}

/// Answers requests until the connection ends. If a request opens a tunnel, returns the tunnel's target and the stream.
async fn requests(
    stream: Paced<Prefixed<AnyStream>>,
    caller: &Caller,
    site: &Arc<Site>,
    keep: bool,
    mut shutdown: watch::Receiver<bool>,
    visit: &Visit,
) -> Option<(Target, AnyStream)> {
    let phase = stream.phase();
    let tunnel = Arc::new(Mutex::new(None));
    let service = service_fn(|request: Request<Incoming>| {
        phase.busy();
        visit.begun();
        let (phase, tunnel, site, caller) = (phase.clone(), tunnel.clone(), site.clone(), caller.clone());
        Box::pin(async move {
            let answer = answer(request, caller, &site, &tunnel, visit).await;
            phase.idle();
            visit.waits();
            Ok::<_, Infallible>(answer)
        })
    });
    let mut http = http1::Builder::new()
        .max_header_size(MAX_HEAD)
        .max_buf_size(MAX_BUFFER)
        .keep_alive(keep)
        // A client may close its half of the connection after its request.
        .half_close(true)
        .serve_connection(TokioIo::new(stream), service);
    let (mut stopping, mut leaving) = (false, None);
    loop {
        let served = tokio::select! {
            served = poll_fn(|context| http.poll_without_shutdown(context)) => served,
            () = stopped(&mut shutdown), if !stopping => {
                stopping = true;
                std::pin::Pin::new(&mut http).graceful_shutdown();
                continue;
            }
            () = visit.over(), if leaving.is_none() => {
                if phase.is_head() {
                    break;
                }
                // Ends the connection if it is idle. If a request is being handled, the client now
                // gets 503 as the answer.
                std::pin::Pin::new(&mut http).graceful_shutdown();
                leaving = Some(Instant::now() + LEAVE_TIMEOUT);
                continue;
            }
            () = sleep_until(leaving.unwrap_or_else(Instant::now)), if leaving.is_some() => break,
        };
        if let Err(error) = served {
            tracing::debug!(%error, "could not read or answer a request");
        }
        break;
    }
    let parts = http.into_parts();
    let stream = parts.io.into_inner();
    if visit.is_over() {
        if phase.is_head() {
            answers::send_unavailable(stream.into_inner()).await;
        }
        return None;
    }
    let target = lock(&tunnel).take();
    if let Some(target) = target {
        // hyper may have read bytes after the head.
        let stream: AnyStream = Box::new(Prefixed::new(parts.read_buf.to_vec(), stream.into_inner()));
        return Some((target, stream));
    }
    // The answer is written. If another connection needs the place, this connection closes now,
    // although a client that still sends may lose the answer.
    visit.during(linger(stream)).await;
    None
}

/// Answers a request. If the table of HTTP connections gives the place of this connection to
/// another connection before the answer is ready, answers with 503.
async fn answer(
    request: Request<Incoming>,
    caller: Caller,
    site: &Site,
    tunnel: &Mutex<Option<Target>>,
    visit: &Visit,
) -> Response {
    if request.method() == Method::CONNECT {
        return connect(site, &caller, request.uri().to_string(), tunnel);
    }
    let answer = visit.during(site.routes.answer(caller, request.map(Body::new))).await;
    answer.unwrap_or_else(|| {
        let mut answer = answers::closing(answers::unavailable());
        site.routes.spell(&mut answer);
        answer
    })
}

/// Answers a `CONNECT`. If the tunnel is granted, hyper serves no more requests on the connection.
fn connect(site: &Site, caller: &Caller, target: String, tunnel: &Mutex<Option<Target>>) -> Response {
    let found = proxy::admit(site, caller, &target);
    tracing::debug!(target, peer = %caller.peer, refused = found.is_err(), "CONNECT");
    let mut answer = match found {
        Ok(target) => {
            *lock(tunnel) = Some(target);
            answers::empty(StatusCode::OK)
        }
        // Some clients read until the connection closes.
        Err(refusal) => answers::closing(*refusal),
    };
    site.routes.spell(&mut answer);
    answer
}

/// Closes the server's half of the connection. Then reads and discards bytes from the client, for
/// at most [`LINGER`] and at most [`LINGER_BYTES`].
async fn linger(mut io: impl AsyncRead + AsyncWrite + Unpin) {
    let end = async {
        if io.shutdown().await.is_ok() {
            let _ = tokio::io::copy(&mut io.take(LINGER_BYTES), &mut tokio::io::sink()).await;
        }
    };
    let _ = timeout(LINGER, end).await;
}
