//! Accepting connections and reading one request from each.

use std::convert::Infallible;
use std::future::poll_fn;
use std::io::{self, Cursor};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};

use super::routes::Routes;
use super::{Passport, first_line};
use crate::net::{Connections, Outbox};

/// Connections of one listener at once; more wait to be accepted. Each is over within [`CONNECTION_LIFE`] and holds at most a
/// head and a body, 80 KiB: 40 MiB for all.
const MAX_CONNECTIONS: usize = 512;
/// The longest head, and the longest time for it (http.md section 0 item 7).
const MAX_HEAD: usize = 16 * 1024;
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);
/// Everything: a head (10 s), a body (20 s), the queue of the password pool, and a slow reader.
const CONNECTION_LIFE: Duration = Duration::from_secs(60);
/// How long and how much we listen to a client that goes on sending after its answer. Closing at once would reset the
/// connection and could take the answer away from it.
const LINGER: Duration = Duration::from_secs(2);
const LINGER_BYTES: u64 = 256 * 1024;
/// How long requests under way may take when the server stops.
const SHUTDOWN_GRACE: Duration = Duration::from_secs(5);
/// The pause after an accept that failed, which mostly means that file descriptors ran out.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// The two ends of a connection.
#[derive(Clone, Copy, Debug)]
pub(super) struct Caller {
    /// The client's.
    pub(super) peer: SocketAddr,
    /// Ours.
    pub(super) local: SocketAddr,
}

/// Serves the Passport endpoints over plain HTTP until `shutdown` becomes true (or its sender is gone), then waits up to 5 s
/// for the requests under way.
pub async fn serve(
    listener: TcpListener,
    passport: Arc<Passport>,
    admitted: Arc<Connections>,
    mut shutdown: watch::Receiver<bool>,
) {
    let routes = Routes::new(passport).await;
    let slots = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            () = stopped(&mut shutdown) => break,
            accepted = accept(&listener, &slots) => accepted,
        };
        while connections.try_join_next().is_some() {}
        match accepted {
            Ok((slot, stream, caller)) => {
                // Nobody queues anything for these connections; the outbox only stands for one in the count.
                let Some(permit) = admitted.admit(caller.peer.ip(), &Outbox::new(0)) else {
                    continue;
                };
                let (routes, shutdown) = (routes.clone(), shutdown.clone());
                connections.spawn(async move {
                    let life = timeout(CONNECTION_LIFE, connection(stream, caller, routes, shutdown));
                    let _ = life.await;
                    drop((slot, permit));
                });
            }
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
    drop(listener);
    let all = async { while connections.join_next().await.is_some() {} };
    // What is left then is cut off by dropping it.
    let _ = timeout(SHUTDOWN_GRACE, all).await;
}

async fn accept(
    listener: &TcpListener,
    slots: &Arc<Semaphore>,
) -> io::Result<(OwnedSemaphorePermit, TcpStream, Caller)> {
    let slot = Arc::clone(slots).acquire_owned().await.map_err(io::Error::other)?;
    let (stream, peer) = listener.accept().await?;
    let local = stream.local_addr()?;
    stream.set_nodelay(true)?;
    Ok((slot, stream, Caller { peer, local }))
}

async fn stopped(shutdown: &mut watch::Receiver<bool>) {
    // A sender that is gone stops nobody any more.
    let _ = shutdown.wait_for(|stop| *stop).await;
}

/// Reads one request, answers it and closes. A client that has not said a line yet when the server stops is left.
pub(super) async fn connection<S>(stream: S, caller: Caller, routes: Routes, mut shutdown: watch::Receiver<bool>)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let (mut read, write) = tokio::io::split(stream);
    let begun = Instant::now();
    let first = tokio::select! {
        () = stopped(&mut shutdown) => return,
        first = timeout(HEAD_TIMEOUT, first_line::read(&mut read, MAX_HEAD)) => first,
    };
    let Ok(Ok(first)) = first else { return };
    let io = tokio::io::join(Cursor::new(first).chain(read), write);
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(caller);
        let answer = routes.clone().answer(request.map(Body::new));
        Box::pin(async { Ok::<_, Infallible>(answer.await) })
    });
    let rest = HEAD_TIMEOUT.saturating_sub(begun.elapsed());
    let mut http = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(rest)
        .max_header_size(MAX_HEAD)
        .keep_alive(false)
        // A client may close its half once it has asked.
        .half_close(true)
        .serve_connection(TokioIo::new(io), service);
    if let Err(error) = poll_fn(|context| http.poll_without_shutdown(context)).await {
        tracing::debug!(%error, "a request could not be read or answered");
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
