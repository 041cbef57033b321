//! TCP for the proxies and the clients of this crate.

use std::time::Duration;

use socket2::SockRef;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::sleep;

/// The pause after an error while a connection was accepted.
const PAUSE: Duration = Duration::from_millis(10);

/// Accepts connections without end. Each connection is served by a task of its own. All tasks end
/// when this future is dropped.
pub async fn serve_each<F>(listener: TcpListener, mut serve: impl FnMut(TcpStream) -> F)
where
    F: Future<Output: Send> + Send + 'static,
{
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((client, _)) => drop(connections.spawn(serve(client))),
                // No file descriptor is left. Some connection must end first.
                Err(_) => sleep(PAUSE).await,
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

/// Makes a connection end with RST instead of FIN when it is closed.
pub fn reset_when_closed(stream: &TcpStream) {
    // With a linger time of zero, closing sends RST. If the option cannot be set, closing sends
    // FIN.
    let _ = SockRef::from(stream).set_linger(Some(Duration::ZERO));
}
