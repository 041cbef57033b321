//! Being the proxy of a client's Windows: tunnels to Microsoft's hosts, none to others, and the file that says so
//! (docs/protocol/http.md section 8).

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

/// Where the proxy is.
///
/// # Errors
/// Why it is not looked at.
fn proxy<'a>(exam: Exam<'a>, open: OpenPorts, nexus: Nexus) -> Result<&'a HostPort, Finding> {
    if exam.target.http.is_some() && exam.target.proxy().is_none() {
        return Err(Finding::skipped("proxy.enabled is false"));
    }
    plain_http(exam, open, nexus)
}

/// The tunnels.
pub(super) async fn tunnels(exam: Exam<'_>, open: OpenPorts, nexus: Nexus) -> Finding {
    let host_port = match proxy(exam, open, nexus) {
        Ok(host_port) => host_port,
        Err(skipped) => return skipped,
    };
    let status = async |to| connect(host_port, to).await.map(|(status, _)| status);
    let (ours, foreign) = (status(OURS).await, status(FOREIGN).await);
    match (ours, foreign) {
        (Ok(200), Ok(200)) => Finding::red(
            format!("{host_port} is an open proxy: it leads to {FOREIGN} too"),
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

/// The file for automatic configuration.
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
            Finding::skipped("there is none: this server is no proxy (proxy.enabled)")
        }
        Ok(answer) if answer.body.contains("FindProxyForURL") && answer.body.contains("messenger.hotmail.com") => {
            Finding::green(format!("http://{host_port}/proxy.pac is there"))
        }
        Ok(answer) => Finding::red(
            format!("http://{host_port}/proxy.pac is answered with {} by {}", answer.status, answer.who()),
            "lead this path to listen.http of Swallowtail too",
        ),
        Err(why) => Finding::red(format!("http://{host_port}/proxy.pac: {why}"), "see the HTTP port above"),
    }
}
