//! Checks the HTTP proxy, which Windows can use for the requests of a client (docs/protocol/http.md
//! section 8). The proxy must open tunnels to Microsoft's hosts and to no others, and it must serve
//! its proxy auto-config file.

use super::ask::ask;
use super::dial::dial;
use super::exam::Exam;
use super::finding::Finding;
use super::found::{Nexus, OpenPorts};
use super::route::plain_http;
use super::target::HostPort;
use super::tunnel::connect;

const OURS: &str = "messenger.hotmail.com:1863";
const FOREIGN: &str = "www.example.com:443";

/// Returns the address of the proxy.
///
/// # Errors
/// Returns a skipped finding if the proxy cannot be checked.
fn proxy<'a>(exam: Exam<'a>, open: OpenPorts, nexus: Nexus) -> Result<&'a HostPort, Finding> {
    if exam.target.http.is_some() && exam.target.proxy().is_none() {
        return Err(Finding::skipped("proxy.enabled is false"));
    }
    plain_http(exam, open, nexus)
}

/// Checks that the proxy opens tunnels to Microsoft's hosts and to no others.
pub(super) async fn tunnels(exam: Exam<'_>, open: OpenPorts, nexus: Nexus) -> Finding {
    let host_port = match proxy(exam, open, nexus) {
        Ok(host_port) => host_port,
        Err(skipped) => return skipped,
    };
    let status = async |to| connect(host_port, to).await.map(|(status, _)| status);
    let (ours, foreign) = (status(OURS).await, status(FOREIGN).await);
    match (ours, foreign) {
        (Ok(200), Ok(200)) => Finding::red(
            format!("{host_port} is an open proxy: it also connects to {FOREIGN}"),
            "close this proxy before others find it; the server that answers there is not Swallowtail",
        ),
        (Ok(200), Ok(_)) => Finding::green(format!("CONNECT works for {OURS}, and for no other host")),
        // The operator may have switched the proxy off, or a server in front of the port may not support CONNECT.
        (Ok(status), Ok(_)) => Finding::skipped(format!(
            "not a proxy: CONNECT returned {status}. Clients that use a hosts file, or that have a setting for the \
             server, do not need a proxy (proxy.enabled)"
        )),
        (Err(why), _) | (_, Err(why)) => Finding::red(
            format!("CONNECT was not answered: {why}"),
            "check that this is the port in listen.http of Swallowtail, or a port that forwards to it",
        ),
    }
}

/// Checks the proxy auto-config file.
pub(super) async fn pac(exam: Exam<'_>, open: OpenPorts, nexus: Nexus) -> Finding {
    let host_port = match proxy(exam, open, nexus) {
        Ok(host_port) => host_port,
        Err(skipped) => return skipped,
    };
    let answer = match dial(host_port).await {
        Ok(mut stream) => ask(&mut stream, &format!("GET /proxy.pac HTTP/1.1\r\nHost: {host_port}"), "").await,
        Err(why) => Err(why.cause(host_port)),
    };
    match answer {
        Ok(answer) if answer.status == 404 => {
            Finding::skipped("not checked: this server is not a proxy (proxy.enabled)")
        }
        Ok(answer) if answer.body.contains("FindProxyForURL") && answer.body.contains("messenger.hotmail.com") => {
            Finding::green(format!("http://{host_port}/proxy.pac lists Microsoft's hosts"))
        }
        Ok(answer) => Finding::red(
            format!("http://{host_port}/proxy.pac was answered with {} by {}", answer.status, answer.who()),
            "forward /proxy.pac to the address in listen.http of Swallowtail too",
        ),
        Err(why) => Finding::red(format!("http://{host_port}/proxy.pac: {why}"), "see the HTTP port check above"),
    }
}
