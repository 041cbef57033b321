//! The ways to the sign-in service: over TLS as clients go, at its port or in a tunnel, or over plain HTTP.

use tokio::net::TcpStream;

use super::dial::{dial, is_near};
use super::exam::Exam;
use super::finding::Finding;
use super::found::{Nexus, OpenPorts, Shown, Tls, Transport, Trust};
use super::handshake;
use super::stream::AnyStream;
use super::target::HostPort;
use super::tunnel::tunnel;

/// How the sign-in service is reached.
#[derive(Clone, Copy)]
pub(super) struct Route<'a> {
    exam: Exam<'a>,
    pub(super) transport: Transport,
    /// The certificate that was judged, and the name for which it is shown.
    judged: Option<&'a Shown>,
    /// Whether a root that we know of vouches for it.
    pub(super) is_proven: bool,
    /// Whether it is not the way that Microsoft's clients go, though there is TLS.
    is_instead: bool,
}

impl<'a> Route<'a> {
    /// The way of the sign-in: as clients go, or over plain HTTP where there is no TLS that they could use.
    ///
    /// # Errors
    /// Why the sign-in is not asked at all.
    pub(super) fn choose(exam: Exam<'a>, open: OpenPorts, tls: &'a Tls, trust: Trust) -> Result<Self, &'static str> {
        let transport = match (tls.is_spoken, trust.is_trusted, open.http) {
            (true, true, _) => Transport::Tls,
            (_, _, true) => Transport::Plain,
            (true, false, false) => {
                return Err("a client would stop at the TLS above, and the HTTP port is not reached");
            }
            (false, _, false) => return Err("neither the HTTP port nor the HTTPS port is reached"),
        };
        Ok(Self {
            exam,
            transport,
            judged: tls.shown.get(trust.choice),
            is_proven: trust.is_proven,
            is_instead: transport == Transport::Plain && tls.is_spoken,
        })
    }

    /// A connection for the sign-in.
    ///
    /// # Errors
    /// The sentence of a red hop.
    pub(super) async fn connect(&self) -> Result<AnyStream, String> {
        match (self.transport, &self.exam.target.http) {
            (Transport::Tls, _) => {
                let judged = self.judged.ok_or("no certificate was shown")?;
                let stream = dial_tls(self.exam, &judged.name).await?;
                let (stream, shown) = handshake::connect(stream, &judged.name).await?;
                // A password is sent only to the server whose certificate was judged.
                if shown.as_ref() != Some(&judged.chain.certificate) {
                    return Err("the server shows another certificate than a moment ago".to_owned());
                }
                Ok(stream)
            }
            (Transport::Plain, Some(host_port)) => {
                let stream = dial(host_port).await.map_err(|why| why.cause(host_port))?;
                Ok(Box::new(stream))
            }
            (Transport::Plain, None) => Err("there is no address".to_owned()),
        }
    }

    /// The name of the host that a client would ask for.
    pub(super) fn host(&self) -> String {
        self.exam.sign_in_host()
    }

    /// What to call it in a sentence.
    pub(super) fn over(&self) -> &'static str {
        match self.transport {
            Transport::Tls => "over TLS",
            Transport::Plain => "over plain HTTP",
        }
    }

    /// What to add to a sentence when it is not the way that Microsoft's clients go.
    pub(super) fn instead(&self) -> &'static str {
        if self.is_instead { "; over plain HTTP, as clients would stop at the TLS above" } else { "" }
    }

    /// Whether what is sent over it stays on this machine or in a private network.
    pub(super) async fn is_near(&self) -> bool {
        let target = self.exam.target;
        let host_port = match self.transport {
            Transport::Tls => target.https.as_ref().or_else(|| target.proxy()),
            Transport::Plain => target.http.as_ref(),
        };
        match host_port {
            Some(host_port) => is_near(host_port).await,
            None => false,
        }
    }
}

/// A connection to whatever speaks TLS: the port for it, or without one a tunnel through the proxy, as clients come
/// that have nothing but the proxy set (http.md section 8).
///
/// # Errors
/// The sentence of a red hop.
pub(super) async fn dial_tls(exam: Exam<'_>, name: &str) -> Result<TcpStream, String> {
    match (&exam.target.https, exam.target.proxy()) {
        (Some(host_port), _) => dial(host_port).await.map_err(|why| why.cause(host_port)),
        (None, Some(proxy)) => tunnel(proxy, &format!("{name}:443")).await,
        (None, None) => Err("there is neither a listener for TLS nor the proxy".to_owned()),
    }
}

/// What to call the address of TLS in a sentence.
pub(super) fn tls_address(exam: Exam<'_>) -> String {
    match (&exam.target.https, exam.target.proxy()) {
        (Some(host_port), _) => host_port.to_string(),
        (None, Some(host_port)) => format!("the proxy {host_port}"),
        (None, None) => String::new(),
    }
}

/// Where plain HTTP is asked.
///
/// # Errors
/// Why it is not, as the finding of a hop.
pub(super) fn plain_http<'a>(exam: Exam<'a>, open: OpenPorts, nexus: Nexus) -> Result<&'a HostPort, Finding> {
    match &exam.target.http {
        None => Err(Finding::skipped(exam.target.is_not_set("listen.http"))),
        Some(_) if !open.http => Err(Finding::skipped("the HTTP port is not reached")),
        Some(_) if nexus.silent == Some(Transport::Plain) => {
            Err(Finding::skipped("the HTTP port did not answer to the nexus"))
        }
        Some(host_port) => Ok(host_port),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::target::{Options, Ports, Target};

    fn target(http: u16) -> Target {
        Target::remote("a.example", Ports { notification: 1863, http, https: 443 })
    }

    #[test]
    fn the_sign_in_goes_over_tls_that_clients_trust_and_else_over_plain_http() {
        let (target, options) = (target(80), Options::default());
        let exam = Exam { target: &target, options: &options };
        for (is_spoken, is_trusted, http, transport, instead) in [
            (true, true, true, Ok(Transport::Tls), false),
            (true, true, false, Ok(Transport::Tls), false),
            (true, false, true, Ok(Transport::Plain), true),
            (false, false, true, Ok(Transport::Plain), false),
            (false, true, true, Ok(Transport::Plain), false),
            (true, false, false, Err("stop at the TLS"), false),
            (false, false, false, Err("neither"), false),
        ] {
            let tls = Tls { is_spoken, shown: Vec::new() };
            let trust = Trust { is_trusted, ..Trust::default() };
            let open = OpenPorts { http, ..OpenPorts::default() };
            match (Route::choose(exam, open, &tls, trust), transport) {
                (Ok(route), Ok(transport)) => {
                    assert_eq!(
                        (route.transport, !route.instead().is_empty()),
                        (transport, instead),
                        "{tls:?} {trust:?} {http}"
                    );
                }
                (Err(why), Err(words)) => assert!(why.contains(words), "{why}"),
                (route, transport) => panic!("{:?} is not {transport:?}", route.map(|route| route.transport)),
            }
        }
    }

    #[test]
    fn plain_http_is_not_asked_where_it_is_closed_or_silent() {
        let (with_http, without) = (target(80), target(0));
        let silent = |transport| Nexus { silent: Some(transport), clocks: None };
        for (target, http, nexus, skipped) in [
            (&with_http, true, Nexus::default(), None),
            (&with_http, true, silent(Transport::Tls), None),
            (&with_http, true, silent(Transport::Plain), Some("did not answer")),
            (&with_http, false, Nexus::default(), Some("is not reached")),
            (&without, true, Nexus::default(), Some("--http-port is 0")),
        ] {
            let exam = Exam { target, options: &Options::default() };
            let open = OpenPorts { http, ..OpenPorts::default() };
            match (plain_http(exam, open, nexus), skipped) {
                (Ok(host_port), None) => assert_eq!(host_port.to_string(), "a.example:80"),
                (Err(finding), Some(words)) => assert!(finding.text.contains(words), "{finding:?}"),
                (found, _) => panic!("{found:?} {skipped:?}"),
            }
        }
    }
}
