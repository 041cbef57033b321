//! The route to the sign-in service. Clients use TLS, at the HTTPS port or in a tunnel through the
//! proxy. The doctor can also use plain HTTP.

use tokio::net::TcpStream;

use super::dial::{dial, is_near};
use super::exam::Exam;
use super::finding::Finding;
use super::found::{Nexus, OpenPorts, Shown, Tls, Transport, Trust};
use super::handshake;
use super::stream::AnyStream;
use super::target::HostPort;
use super::tunnel::tunnel;

/// The route to the sign-in service.
#[derive(Clone, Copy)]
pub(super) struct Route<'a> {
    exam: Exam<'a>,
    pub(super) transport: Transport,
    /// The certificate that the doctor judged, and the name that the doctor requested in the
    /// handshake.
    judged: Option<&'a Shown>,
    /// True if a known root signed the judged certificate.
    pub(super) is_proven: bool,
    /// True if the route is plain HTTP although the server has TLS. Microsoft's clients would use TLS.
    is_instead: bool,
}

impl<'a> Route<'a> {
    /// Chooses the route for the sign-in: TLS, which clients use, or plain HTTP if clients could
    /// not use the server's TLS.
    ///
    /// # Errors
    /// Returns the reason why the sign-in is not checked.
    pub(super) fn choose(exam: Exam<'a>, open: OpenPorts, tls: &'a Tls, trust: Trust) -> Result<Self, &'static str> {
        let transport = match (tls.is_spoken, trust.is_trusted, open.http) {
            (true, true, _) => Transport::Tls,
            (_, _, true) => Transport::Plain,
            (true, false, false) => {
                return Err("not checked: a client would fail at TLS (see above), and the HTTP port cannot be reached");
            }
            (false, _, false) => return Err("not checked: neither the HTTP port nor the HTTPS port can be reached"),
        };
        Ok(Self {
            exam,
            transport,
            judged: tls.shown.get(trust.choice),
            is_proven: trust.is_proven,
            is_instead: transport == Transport::Plain && tls.is_spoken,
        })
    }

    /// Connects to the sign-in service.
    ///
    /// # Errors
    /// Returns a sentence for a red finding.
    pub(super) async fn connect(&self) -> Result<AnyStream, String> {
        match (self.transport, &self.exam.target.http) {
            (Transport::Tls, _) => {
                let judged = self.judged.ok_or("no certificate was shown")?;
                let stream = dial_tls(self.exam, &judged.name).await?;
                let (stream, shown) = handshake::connect(stream, &judged.name).await?;
                // The doctor sends a password only to the server whose certificate was judged.
                if shown.as_ref() != Some(&judged.chain.certificate) {
                    return Err("the server shows a different certificate than a moment ago".to_owned());
                }
                Ok(stream)
            }
            (Transport::Plain, Some(host_port)) => {
                let stream = dial(host_port).await.map_err(|why| why.cause(host_port))?;
                Ok(Box::new(stream))
            }
            (Transport::Plain, None) => Err("no address is known".to_owned()),
        }
    }

    /// Returns the host that a client would name in its requests.
    pub(super) fn host(&self) -> String {
        self.exam.sign_in_host()
    }

    /// Returns a phrase that names the transport.
    pub(super) fn over(&self) -> &'static str {
        match self.transport {
            Transport::Tls => "over TLS",
            Transport::Plain => "over plain HTTP",
        }
    }

    /// Returns a remark for the finding if Microsoft's clients would use another transport.
    pub(super) fn instead(&self) -> &'static str {
        if self.is_instead { "; over plain HTTP, because clients would fail at TLS (see above)" } else { "" }
    }

    /// Returns whether the route stays on this computer or in a private network.
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

/// Opens a connection for TLS to the server: to the HTTPS port, or through the proxy if there is no
/// HTTPS port. Clients that use the server as their proxy also connect through it (http.md section
/// 8).
///
/// # Errors
/// Returns a sentence for a red finding.
pub(super) async fn dial_tls(exam: Exam<'_>, name: &str) -> Result<TcpStream, String> {
    match (&exam.target.https, exam.target.proxy()) {
        (Some(host_port), _) => dial(host_port).await.map_err(|why| why.cause(host_port)),
        (None, Some(proxy)) => tunnel(proxy, &format!("{name}:443")).await,
        (None, None) => Err("there is neither an HTTPS port nor a proxy".to_owned()),
    }
}

/// Returns the address at which the server offers TLS, for use in a sentence.
pub(super) fn tls_address(exam: Exam<'_>) -> String {
    match (&exam.target.https, exam.target.proxy()) {
        (Some(host_port), _) => host_port.to_string(),
        (None, Some(host_port)) => format!("the proxy {host_port}"),
        (None, None) => String::new(),
    }
}

/// Returns the address for plain HTTP.
///
/// # Errors
/// Returns a skipped finding that says why plain HTTP is not checked.
pub(super) fn plain_http<'a>(exam: Exam<'a>, open: OpenPorts, nexus: Nexus) -> Result<&'a HostPort, Finding> {
    match &exam.target.http {
        None => Err(Finding::skipped(exam.target.is_not_set("listen.http"))),
        Some(_) if !open.http => Err(Finding::skipped("not checked: the HTTP port cannot be reached")),
        Some(_) if nexus.silent == Some(Transport::Plain) => {
            Err(Finding::skipped("not checked: the HTTP port did not answer as the nexus"))
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
    fn the_sign_in_uses_tls_if_the_certificate_is_trusted_and_otherwise_plain_http() {
        let (target, options) = (target(80), Options::default());
        let exam = Exam { target: &target, options: &options };
        for (is_spoken, is_trusted, http, transport, instead) in [
            (true, true, true, Ok(Transport::Tls), false),
            (true, true, false, Ok(Transport::Tls), false),
            (true, false, true, Ok(Transport::Plain), true),
            (false, false, true, Ok(Transport::Plain), false),
            (false, true, true, Ok(Transport::Plain), false),
            (true, false, false, Err("fail at TLS"), false),
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
    fn the_sign_in_over_plain_http_is_not_checked_if_the_port_is_closed_or_silent() {
        let (with_http, without) = (target(80), target(0));
        let silent = |transport| Nexus { silent: Some(transport), clocks: None };
        for (target, http, nexus, skipped) in [
            (&with_http, true, Nexus::default(), None),
            (&with_http, true, silent(Transport::Tls), None),
            (&with_http, true, silent(Transport::Plain), Some("did not answer")),
            (&with_http, false, Nexus::default(), Some("cannot be reached")),
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
