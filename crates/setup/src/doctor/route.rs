//! The ways to the sign-in service: over TLS as clients go, at its port or in a tunnel, or over plain HTTP.

use rustls::pki_types::CertificateDer;
use tokio::net::TcpStream;

use super::dial::{dial, is_near};
use super::exam::Exam;
use super::finding::Finding;
use super::found::{Nexus, OpenPorts, Tls, Trust, Way};
use super::handshake;
use super::stream::AnyStream;
use super::target::Place;
use super::tunnel::tunnel;

/// How the sign-in service is reached.
#[derive(Clone, Copy)]
pub(super) struct Route<'a> {
    exam: Exam<'a>,
    pub(super) way: Way,
    /// The certificate that was judged.
    judged: Option<&'a CertificateDer<'static>>,
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
        let way = match (tls.is_spoken, trust.is_trusted, open.http) {
            (true, true, _) => Way::Tls,
            (_, _, true) => Way::Plain,
            (true, false, false) => {
                return Err("a client would stop at the TLS above, and the HTTP port is not reached");
            }
            (false, _, false) => return Err("neither the HTTP port nor the HTTPS port is reached"),
        };
        Ok(Self {
            exam,
            way,
            judged: tls.shown.as_ref().map(|shown| &shown.certificate),
            is_proven: trust.is_proven,
            is_instead: way == Way::Plain && tls.is_spoken,
        })
    }

    /// A connection for the sign-in.
    ///
    /// # Errors
    /// The sentence of a red hop.
    pub(super) async fn connect(&self) -> Result<AnyStream, String> {
        match (self.way, &self.exam.target.http) {
            (Way::Tls, _) => {
                let stream = dial_tls(self.exam).await?;
                let (stream, shown) = handshake::connect(stream, &self.exam.tls_name()).await?;
                // The one that was judged, and no other, may be given a password.
                if shown.as_ref() != self.judged {
                    return Err("the server shows another certificate than a moment ago".to_owned());
                }
                Ok(stream)
            }
            (Way::Plain, Some(place)) => {
                let stream = dial(place).await.map_err(|why| why.cause(place))?;
                Ok(Box::new(stream))
            }
            (Way::Plain, None) => Err("there is no address".to_owned()),
        }
    }

    /// The name of the host that a client would ask for.
    pub(super) fn host(&self) -> String {
        self.exam.sign_in_host()
    }

    /// What to call it in a sentence.
    pub(super) fn over(&self) -> &'static str {
        match self.way {
            Way::Tls => "over TLS",
            Way::Plain => "over plain HTTP",
        }
    }

    /// What to add to a sentence when it is not the way that Microsoft's clients go.
    pub(super) fn instead(&self) -> &'static str {
        if self.is_instead { "; over plain HTTP, as clients would stop at the TLS above" } else { "" }
    }

    /// Whether what is sent that way stays on this machine or in a private network.
    pub(super) async fn is_near(&self) -> bool {
        let target = self.exam.target;
        let place = match self.way {
            Way::Tls => target.https.as_ref().or_else(|| target.proxy()),
            Way::Plain => target.http.as_ref(),
        };
        match place {
            Some(place) => is_near(place).await,
            None => false,
        }
    }
}

/// A connection to whatever speaks TLS: the port for it, or without one a tunnel through the proxy, as clients come that have nothing
/// but the proxy set (http.md section 8).
///
/// # Errors
/// The sentence of a red hop.
pub(super) async fn dial_tls(exam: Exam<'_>) -> Result<TcpStream, String> {
    match (&exam.target.https, exam.target.proxy()) {
        (Some(place), _) => dial(place).await.map_err(|why| why.cause(place)),
        (None, Some(proxy)) => tunnel(proxy, &format!("{}:443", exam.tls_name())).await,
        (None, None) => Err("there is neither a listener for TLS nor the proxy".to_owned()),
    }
}

/// What to call the place of TLS in a sentence.
pub(super) fn tls_place(exam: Exam<'_>) -> String {
    match (&exam.target.https, exam.target.proxy()) {
        (Some(place), _) => place.to_string(),
        (None, Some(place)) => format!("the proxy {place}"),
        (None, None) => String::new(),
    }
}

/// Where plain HTTP is asked.
///
/// # Errors
/// Why it is not, as the finding of a hop.
pub(super) fn plain_http<'a>(exam: Exam<'a>, open: OpenPorts, nexus: Nexus) -> Result<&'a Place, Finding> {
    match &exam.target.http {
        None => Err(Finding::skipped(exam.target.is_not_set("listen.http"))),
        Some(_) if !open.http => Err(Finding::skipped("the HTTP port is not reached")),
        Some(_) if nexus.silent == Some(Way::Plain) => {
            Err(Finding::skipped("the HTTP port did not answer to the nexus"))
        }
        Some(place) => Ok(place),
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
        for (is_spoken, is_trusted, http, way, instead) in [
            (true, true, true, Ok(Way::Tls), false),
            (true, true, false, Ok(Way::Tls), false),
            (true, false, true, Ok(Way::Plain), true),
            (false, false, true, Ok(Way::Plain), false),
            (false, true, true, Ok(Way::Plain), false),
            (true, false, false, Err("stop at the TLS"), false),
            (false, false, false, Err("neither"), false),
        ] {
            let tls = Tls { is_spoken, shown: None };
            let trust = Trust { is_trusted, is_proven: false };
            let open = OpenPorts { http, ..OpenPorts::default() };
            match (Route::choose(exam, open, &tls, trust), way) {
                (Ok(route), Ok(way)) => {
                    assert_eq!((route.way, !route.instead().is_empty()), (way, instead), "{tls:?} {trust:?} {http}");
                }
                (Err(why), Err(words)) => assert!(why.contains(words), "{why}"),
                (route, way) => panic!("{:?} is not {way:?}", route.map(|route| route.way)),
            }
        }
    }

    #[test]
    fn plain_http_is_not_asked_where_it_is_closed_or_silent() {
        let (with_http, without) = (target(80), target(0));
        let silent = |way| Nexus { silent: Some(way), clocks: None };
        for (target, http, nexus, skipped) in [
            (&with_http, true, Nexus::default(), None),
            (&with_http, true, silent(Way::Tls), None),
            (&with_http, true, silent(Way::Plain), Some("did not answer")),
            (&with_http, false, Nexus::default(), Some("is not reached")),
            (&without, true, Nexus::default(), Some("--http-port is 0")),
        ] {
            let exam = Exam { target, options: &Options::default() };
            let open = OpenPorts { http, ..OpenPorts::default() };
            match (plain_http(exam, open, nexus), skipped) {
                (Ok(place), None) => assert_eq!(place.to_string(), "a.example:80"),
                (Err(finding), Some(words)) => assert!(finding.text.contains(words), "{finding:?}"),
                (found, _) => panic!("{found:?} {skipped:?}"),
            }
        }
    }
}
