//! Accepting connections.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// The longest pause after a failed accept, as when the process is out of file descriptors.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
/// How long written bytes may stay unacknowledged before the peer counts as gone (ARCHITECTURE.md, "Promises").
const USER_TIMEOUT: Duration = Duration::from_secs(20);
/// After so much silence the kernel asks whether the peer still lives.
const KEEPALIVE: Duration = Duration::from_secs(60);
/// The most bytes that the kernel takes before it can send them. What a slow reader has not got yet waits in its
/// `Outbox`, where it is counted, and not in megabytes of the kernel's, where it would delay chat and nobody could see
/// it.
#[cfg(target_os = "linux")]
const UNSENT: u32 = 32 * 1024;

/// Accepts connections and hands them to `serve` until the server stops.
pub async fn accept_loop(
    listener: TcpListener,
    mut stop: watch::Receiver<bool>,
    serve: impl Fn(TcpStream, SocketAddr),
) {
    let mut pause = Duration::from_millis(1);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stop.wait_for(|stop| *stop) => return,
        };
        match accepted {
            Ok((stream, peer)) => {
                pause = Duration::from_millis(1);
                match prepare(&stream) {
                    Ok(()) => serve(stream, peer),
                    // The peer is gone already.
                    Err(error) => tracing::debug!(%error, %peer, "a connection ended at once"),
                }
            }
            Err(error) => {
                tracing::warn!(%error, "could not accept a connection");
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
        }
    }
}

fn prepare(stream: &TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let socket = SockRef::from(stream);
    socket.set_tcp_keepalive(&TcpKeepalive::new().with_time(KEEPALIVE).with_interval(Duration::from_secs(10)))?;
    #[cfg(target_os = "linux")]
    socket.set_tcp_user_timeout(Some(USER_TIMEOUT))?;
    #[cfg(target_os = "linux")]
    socket.set_tcp_notsent_lowat(UNSENT)?;
    Ok(())
}

/// Raises the number of files that this process may open as far as it may; the number.
pub fn raise_file_limit() -> usize {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: maximum, maximum };
    let current = if setrlimit(Resource::Nofile, raised).is_ok() { maximum } else { current };
    current.and_then(|files| usize::try_from(files).ok()).unwrap_or(usize::MAX)
}
