//! `CONNECT`: a tunnel from a client to one of our own services.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::timeout;

use super::hosts::Service;
use crate::chat::Door;
use crate::http::{AnyStream, Site, serve};
use crate::net::{Caller, Prefixed};

const ESTABLISHED: &[u8] = b"HTTP/1.1 200 Connection established\r\n\r\n";
/// How long the first bytes of a handshake may take; as long as a head (http.md section 0 item 7).
const HELLO_TIMEOUT: Duration = Duration::from_secs(10);
/// The longest time that a tunnel to the terminator lives: one sign-in over TLS, with the longest wait for a throttled account.
const OLD_TLS_LIFE: Duration = Duration::from_secs(120);
/// Bytes of a hello up to the version that it offers: 5 of the record, 4 of the message, 2 of the version.
const HELLO: usize = 11;

/// Answers the head of a `CONNECT`, of which `target` is what it wants and `stream` what follows it, and serves what is in the tunnel.
pub(crate) async fn connect(
    mut stream: AnyStream,
    target: &str,
    caller: Caller,
    site: Arc<Site>,
    shutdown: watch::Receiver<bool>,
) -> io::Result<()> {
    let service = site.hosts.service(target, &caller);
    tracing::debug!(target, peer = %caller.peer, refused = service.is_none(), "CONNECT");
    match service {
        None => refuse(&mut stream, "403 Forbidden", NOT_OURS).await,
        Some(Service::Https) if site.tls.is_none() && site.old_tls.is_none() => {
            refuse(&mut stream, "503 Service Unavailable", NO_TLS).await
        }
        Some(service) => {
            stream.write_all(ESTABLISHED).await?;
            stream.flush().await?;
            match service {
                Service::Http => Box::pin(serve(stream, caller, site, shutdown)).await,
                Service::Https => Box::pin(https(stream, caller, site, shutdown)).await,
                Service::Chat => {
                    if let Some(place) = site.chat.admit(caller.peer) {
                        site.chat.serve(stream, &caller, Door::Either, place).await;
                    }
                    Ok(())
                }
            }
        }
    }
}

const NOT_OURS: &str = "This proxy is for MSN Messenger alone and leads nowhere else.\n";
const NO_TLS: &str = "This server has no certificate: set [[tls.certificate]], or proxy.old_tls for Windows XP.\n";

async fn refuse(stream: &mut AnyStream, status: &str, sentence: &str) -> io::Result<()> {
    let length = sentence.len();
    let answer = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{sentence}"
    );
    stream.write_all(answer.as_bytes()).await?;
    stream.shutdown().await
}

/// TLS of ours, or the terminator's for those who offer nothing that we have (security.md section 8).
async fn https(
    mut stream: AnyStream,
    mut caller: Caller,
    site: Arc<Site>,
    shutdown: watch::Receiver<bool>,
) -> io::Result<()> {
    let mut hello = Vec::with_capacity(HELLO);
    let read = async {
        while hello.len() < HELLO && (&mut stream).take((HELLO - hello.len()) as u64).read_buf(&mut hello).await? > 0 {}
        io::Result::Ok(())
    };
    if timeout(HELLO_TIMEOUT, read).await.is_err() {
        return Ok(());
    }
    let old = is_old(&hello);
    let stream: AnyStream = Box::new(Prefixed::new(hello, stream));
    match (site.old_tls, &site.tls) {
        (Some(terminator), _) if old => old_tls(stream, &caller, terminator).await,
        (_, Some(tls)) => {
            let Some(stream) = tls.accept(stream).await else { return Ok(()) };
            caller.secure = true;
            serve(Box::new(stream), caller, site, shutdown).await
        }
        (_, None) => Ok(()),
    }
}

/// Joins the terminator, which is told who the client is: wrong passwords are counted by address.
async fn old_tls(mut stream: AnyStream, caller: &Caller, terminator: SocketAddr) -> io::Result<()> {
    let mut there = TcpStream::connect(terminator).await.inspect_err(|error| {
        tracing::warn!(%error, %terminator, "the terminator of proxy.old_tls cannot be reached");
    })?;
    there.write_all(proxy_line(caller.peer, caller.local).as_bytes()).await?;
    let _ = timeout(OLD_TLS_LIFE, copy_bidirectional(&mut stream, &mut there)).await;
    Ok(())
}

/// The first line of the PROXY protocol, version 1: from where, to where.
fn proxy_line(from: SocketAddr, to: SocketAddr) -> String {
    let family = if from.is_ipv4() { "TCP4" } else { "TCP6" };
    format!("PROXY {family} {} {} {} {}\r\n", from.ip(), to.ip(), from.port(), to.port())
}

/// Whether a hello offers nothing newer than TLS 1.1. One in the form of SSL 2.0, which begins with another byte, is never newer.
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
    fn the_version_of_a_hello_decides() {
        let hello = |version: [u8; 2]| [&[22, 3, 1, 0, 200, 1, 0, 0, 196], version.as_slice()].concat();
        for (version, old) in [([3, 0], true), ([3, 1], true), ([3, 2], true), ([3, 3], false)] {
            assert_eq!(is_old(&hello(version)), old, "{version:?}");
        }
        assert!(is_old(&[0x80, 0x4C, 1, 3, 1, 0, 51, 0, 0, 0, 16]), "a hello of SSL 2.0");
        assert!(is_old(b"") && is_old(&[22, 3, 1]));
    }
}
