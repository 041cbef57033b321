//! `CONNECT`: tunnels from clients to this server's own services.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use axum::http::StatusCode;
use axum::response::Response;
use swallowtail_messenger::net::{AnyStream, Caller, Prefixed, Via, first_bytes};
use tokio::io::{AsyncWriteExt, copy_bidirectional};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::timeout;

use super::hosts::Target;
use crate::http::answers;
use crate::site::Site;

/// The longest time that the first bytes of a handshake may take. The head of a request has the
/// same timeout (http.md section 0 item 7).
const HELLO_TIMEOUT: Duration = Duration::from_secs(10);
/// The longest time for connecting to the terminator, which is on this machine or in the local network.
const DIAL_TIMEOUT: Duration = Duration::from_secs(5);
/// The longest time that a tunnel to the terminator may last. It is enough for one sign-in over TLS, including the
/// longest delay after wrong passwords.
const OLD_TLS_LIFE: Duration = Duration::from_secs(120);
/// The length of the beginning of a TLS hello, up to and including the version that it offers: 5
/// bytes for the record header, 4 for the message header, and 2 for the version.
const HELLO: usize = 11;

const NOT_OURS: &str = "This proxy is only for MSN Messenger. It does not connect to other hosts.\n";
const NO_TLS: &str =
    "This server has no certificate. Set tls.own_root or [[tls.certificate]], or proxy.old_tls for Windows XP.\n";

/// Returns the service for a `CONNECT` to `target`, or the answer that refuses the request. Refuses a tunnel in a
/// tunnel, because no client needs one and each level would cost more.
pub(crate) fn admit(site: &Site, caller: &Caller, target: &str) -> Result<Target, Box<Response>> {
    let refuse = |status, why: &'static str| Err(Box::new(answers::text(status, why)));
    let found = site.hosts.target(target, caller).filter(|_| caller.via != Via::Tunnel);
    match found {
        None => refuse(StatusCode::FORBIDDEN, NOT_OURS),
        Some(Target::Https) if site.tls.is_none() && site.old_tls.is_none() => {
            refuse(StatusCode::SERVICE_UNAVAILABLE, NO_TLS)
        }
        Some(found) => Ok(found),
    }
}

/// Does the TLS handshake with a client in a tunnel to port 443, and returns the decrypted stream.
/// If the client offers only versions that our TLS does not support, and the settings name a
/// terminator, connects the client to the terminator instead (http.md section 8). Returns `None` if
/// the handshake does not succeed, and after a connection to the terminator has ended.
///
/// # Errors
/// Fails if the first bytes of the client cannot be read or the terminator cannot be reached.
pub(crate) async fn enter_tls(
    mut stream: AnyStream,
    caller: &Caller,
    site: &Site,
    mut shutdown: watch::Receiver<bool>,
) -> io::Result<Option<AnyStream>> {
    let Ok(hello) = timeout(HELLO_TIMEOUT, first_bytes(&mut stream, HELLO)).await else { return Ok(None) };
    let hello = hello?;
    let old = is_old(&hello);
    let stream: AnyStream = Box::new(Prefixed::new(hello, stream));
    match (site.old_tls, &site.tls) {
        (Some(terminator), _) if old => tokio::select! {
            joined = old_tls(stream, caller, site, terminator) => joined.map(|()| None),
            _ = shutdown.wait_for(|stop| *stop) => Ok(None),
        },
        (_, Some(tls)) => Ok(tls.accept(stream, caller.peer.ip()).await.map(|stream| Box::new(stream) as AnyStream)),
        (_, None) => {
            tracing::info!(peer = %caller.peer, "refused TLS through the proxy: the server has no [[tls.certificate]]");
            Ok(None)
        }
    }
}

/// Connects a client to the terminator. First sends the client's address to the terminator, because
/// the server counts wrong passwords by the address of the client.
async fn old_tls(mut stream: AnyStream, caller: &Caller, site: &Site, terminator: SocketAddr) -> io::Result<()> {
    let Ok(_place) = site.old_tls_places.try_acquire() else {
        tracing::warn!(peer = %caller.peer, "refused a tunnel to the terminator of proxy.old_tls: too many tunnels");
        return Ok(());
    };
    let dialled = timeout(DIAL_TIMEOUT, TcpStream::connect(terminator)).await;
    let mut there = dialled.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into())).inspect_err(|error| {
        tracing::warn!(%error, %terminator, "could not reach the terminator of proxy.old_tls");
    })?;
    there.write_all(proxy_line(caller.peer.to_socket_addr(), caller.local).as_bytes()).await?;
    let _ = timeout(OLD_TLS_LIFE, copy_bidirectional(&mut stream, &mut there)).await;
    Ok(())
}

/// Returns the first line of the PROXY protocol, version 1, with the source and the destination.
fn proxy_line(from: SocketAddr, to: SocketAddr) -> String {
    let family = if from.is_ipv4() { "TCP4" } else { "TCP6" };
    format!("PROXY {family} {} {} {} {}\r\n", from.ip(), to.ip(), from.port(), to.port())
}

/// Returns whether a hello offers nothing newer than TLS 1.1. A hello in the form of SSL 2.0, which
/// begins with another byte, also counts as old.
fn is_old(hello: &[u8]) -> bool {
    const HANDSHAKE: u8 = 22;
    const TLS_1_2: [u8; 2] = [3, 3];
    match hello {
        [HANDSHAKE, .., major, minor] if hello.len() == HELLO => [*major, *minor] < TLS_1_2,
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::is_old;

    #[test]
    fn a_client_hello_below_tls_1_2_counts_as_old() {
        let hello = |version: [u8; 2]| [&[22, 3, 1, 0, 200, 1, 0, 0, 196], version.as_slice()].concat();
        for (version, old) in [([3, 0], true), ([3, 1], true), ([3, 2], true), ([3, 3], false)] {
            assert_eq!(is_old(&hello(version)), old, "{version:?}");
        }
        assert!(is_old(&[0x80, 0x4C, 1, 3, 1, 0, 51, 0, 0, 0, 16]), "a hello of SSL 2.0");
        assert!(is_old(b"") && is_old(&[22, 3, 1]));
    }
}
