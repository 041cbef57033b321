//! Accepts TCP connections.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::watch;
use tokio::task::yield_now;

/// The longest pause after a failed accept, for example when the process has no file descriptors left.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
/// The time for which sent bytes may stay unacknowledged before the kernel ends the connection (ARCHITECTURE.md,
/// "Promises").
const USER_TIMEOUT: Duration = Duration::from_secs(20);
/// The time for which a connection may be silent before the kernel checks whether the peer is still there.
const KEEPALIVE: Duration = Duration::from_secs(60);
/// The maximum number of unsent bytes that the kernel accepts for one connection. Further bytes for
/// a slow reader stay in the connection's `Outbox`, which counts them towards its limit. Without
/// this maximum, megabytes could wait in kernel buffers and delay chat unnoticed. When the kernel
/// has sent half of these bytes, it tells the server that the connection accepts more bytes. At 10
/// MB/s, the other half lasts for 0.2 ms. So if the server writes again within 0.2 ms, the
/// connection can send at this speed without a pause.
#[cfg(target_os = "linux")]
const UNSENT: u32 = 4 * 1024;
/// The number of connections that the kernel completes before the server accepts them. After a restart, everybody
/// connects again within a second. Linux limits this number to `net.core.somaxconn`, which is 4096 by default.
const BACKLOG: u32 = 4096;

/// Starts to listen on an address. Connections inherit the options of the listener on Linux (tcp(7)), which saves a
/// system call for each option of each connection.
///
/// # Errors
/// Fails if the address cannot be used.
pub fn listen_on(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // A restarted server can listen again while connections of the old one are still closing.
    socket.set_reuseaddr(true)?;
    set_options(&SockRef::from(&socket))?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Accepts connections and passes them to `serve` until the server stops.
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
                serve(stream, peer);
                // If an older connection has to make room for this connection, the task of the older
                // connection runs now. That task closes the older connection before the loop accepts
                // the next connection.
                yield_now().await;
            }
            Err(error) => {
                tracing::warn!(%error, "could not accept a connection");
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
        }
    }
}

fn set_options(socket: &SockRef<'_>) -> io::Result<()> {
    socket.set_tcp_nodelay(true)?;
    socket.set_tcp_keepalive(&TcpKeepalive::new().with_time(KEEPALIVE).with_interval(Duration::from_secs(10)))?;
    #[cfg(target_os = "linux")]
    socket.set_tcp_user_timeout(Some(USER_TIMEOUT))?;
    #[cfg(target_os = "linux")]
    socket.set_tcp_notsent_lowat(UNSENT)?;
    Ok(())
}

/// Raises the limit of open files of this process as far as possible. Returns the new limit.
pub fn raise_file_limit() -> usize {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: maximum, maximum };
    let current = if setrlimit(Resource::Nofile, raised).is_ok() { maximum } else { current };
    current.and_then(|files| usize::try_from(files).ok()).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn accepted_connections_have_the_options_of_their_listener() {
        for address in ["127.0.0.1:0", "[::1]:0"] {
            let listener = listen_on(address.parse().unwrap()).unwrap();
            let connecting = TcpStream::connect(listener.local_addr().unwrap());
            let (accepted, _client) = tokio::join!(listener.accept(), connecting);
            let (stream, _) = accepted.unwrap();
            let socket = SockRef::from(&stream);
            assert!(socket.tcp_nodelay().unwrap() && socket.keepalive().unwrap());
            assert_eq!(socket.tcp_keepalive_time().unwrap(), KEEPALIVE);
            #[cfg(target_os = "linux")]
            assert_eq!(socket.tcp_user_timeout().unwrap(), Some(USER_TIMEOUT));
            #[cfg(target_os = "linux")]
            assert_eq!(socket.tcp_notsent_lowat().unwrap(), UNSENT);
        }
    }
}
