//! Being the proxy of a client's Windows: tunnels to Microsoft's hosts, none to others, and the file that says so (docs/protocol/http.md
//! section 8).

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::ask::ask;
use super::dial::dial;
use super::finding::Finding;
use super::known::Known;
use super::target::Place;

const OURS: &str = "messenger.hotmail.com:1863";
const FOREIGN: &str = "www.example.com:443";
/// Longer than the head of any answer to `CONNECT`.
const MOST_HEAD: usize = 4096;

/// Why the proxy is not looked at.
fn skipped(known: &Known<'_>) -> Option<Finding> {
    if known.target.http.is_some() && known.target.proxy().is_none() {
        return Some(Finding::skipped("proxy.enabled is false"));
    }
    known.no_http()
}

/// The tunnels.
pub(super) async fn tunnels(known: &Known<'_>) -> Finding {
    if let Some(skipped) = skipped(known) {
        return skipped;
    }
    let Some(place) = &known.target.http else { return Finding::skipped("there is no address") };
    let status = async |to| connect(place, to).await.map(|(status, _)| status);
    let (ours, foreign) = (status(OURS).await, status(FOREIGN).await);
    match (ours, foreign) {
        (Ok(200), Ok(200)) => Finding::red(
            format!("{place} is an open proxy: it leads to {FOREIGN} too"),
            "close it before others find it; whatever answers there is not Swallowtail's proxy",
        ),
        (Ok(200), Ok(_)) => Finding::green(format!("CONNECT leads to {OURS}, and nowhere else")),
        // An operator may not want it; what is in front of the port may not know CONNECT.
        (Ok(status), Ok(_)) => Finding::skipped(format!(
            "it is no proxy: CONNECT is answered with {status}. Nobody needs it whose hosts file or client is set (proxy.enabled)"
        )),
        (Err(why), _) | (_, Err(why)) => Finding::red(
            format!("CONNECT is not answered: {why}"),
            "see that the port leads to listen.http of Swallowtail",
        ),
    }
}

/// A tunnel.
///
/// # Errors
/// Why there is none.
pub(super) async fn tunnel(place: &Place, to: &str) -> Result<TcpStream, String> {
    match connect(place, to).await? {
        (200, stream) => Ok(stream),
        (503, _) => Err(format!("the proxy {place} has no TLS (503): there is no certificate")),
        (status, _) => Err(format!("{place} opens no tunnel to {to} ({status})")),
    }
}

/// The status of a `CONNECT`, and what is behind its head.
async fn connect(place: &Place, to: &str) -> Result<(u16, TcpStream), String> {
    let mut stream = dial(place).await.map_err(|why| why.cause(place))?;
    let request = format!("CONNECT {to} HTTP/1.0\r\nHost: {to}\r\n\r\n");
    stream.write_all(request.as_bytes()).await.map_err(|error| error.to_string())?;
    let mut head = Vec::new();
    // Byte by byte: what follows the head is the tunnel's.
    while !head.ends_with(b"\r\n\r\n") && head.len() < MOST_HEAD {
        let Ok(byte) = stream.read_u8().await else { break };
        head.push(byte);
    }
    let line = String::from_utf8_lossy(&head);
    let status = line.strip_prefix("HTTP/1.").and_then(|rest| rest.split(' ').nth(1)?.trim().parse().ok());
    let status = status.ok_or_else(|| "the answer is no HTTP".to_owned())?;
    Ok((status, stream))
}

/// The file for automatic configuration.
pub(super) async fn pac(known: &Known<'_>) -> Finding {
    if let Some(skipped) = skipped(known) {
        return skipped;
    }
    let Some(place) = &known.target.http else { return Finding::skipped("there is no address") };
    let answer = match dial(place).await {
        Ok(mut stream) => ask(&mut stream, &format!("GET /proxy.pac HTTP/1.1\r\nHost: {place}"), "").await,
        Err(why) => Err(why.cause(place)),
    };
    match answer {
        Ok(answer) if answer.status == 404 => {
            Finding::skipped("there is none: this server is no proxy (proxy.enabled)")
        }
        Ok(answer) if answer.body.contains("FindProxyForURL") && answer.body.contains("messenger.hotmail.com") => {
            Finding::green(format!("http://{place}/proxy.pac is there"))
        }
        Ok(answer) => Finding::red(
            format!("http://{place}/proxy.pac is answered with {} by {}", answer.status, answer.who()),
            "lead this path to listen.http of Swallowtail too",
        ),
        Err(why) => Finding::red(format!("http://{place}/proxy.pac: {why}"), "see the HTTP port above"),
    }
}
