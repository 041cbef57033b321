//! What earlier hops found out for later ones.

use msnp::notification::Ticket;
use msnp::switchboard::Cookie;
use tokio::net::TcpStream;

use super::ask::{Answer, Header};
use super::certificate::Shown;
use super::dial::{dial, is_near};
use super::finding::Finding;
use super::proxy;
use super::stream::AnyStream;
use super::target::{Options, Place, Target};
use super::tls;
use crate::client_table::Client;
use msnp_client::NotificationClient;

/// The host of a tunnel when no client says which it wants.
const TUNNEL_HOST: &str = "login.live.com";

/// What is known so far of one target.
pub(super) struct Known<'a> {
    pub(super) target: &'a Target,
    pub(super) options: &'a Options,
    pub(super) notification_open: bool,
    /// Known before anybody is told an address only of our own server.
    pub(super) switchboard_open: bool,
    pub(super) http_open: bool,
    /// Whether TLS is spoken, at its port or in a tunnel.
    pub(super) has_tls: bool,
    pub(super) https_open: bool,
    /// The certificates that were shown.
    pub(super) shown: Option<Shown>,
    /// Whether a client would go on after seeing them.
    pub(super) is_trusted: bool,
    /// Whether a root that we know of vouches for them.
    pub(super) is_proven: bool,
    /// The way on which the nexus was asked and nobody answered over HTTP: nothing more is asked there.
    pub(super) silent: Option<Way>,
    /// Whether header names were found rewritten: it is said once.
    pub(super) rewritten: bool,
    /// Seconds of the server's clock, and of ours when it told them.
    pub(super) clocks: Option<(u64, u64)>,
    pub(super) ticket: Option<Ticket>,
    pub(super) session: Option<NotificationClient>,
    /// The switchboard that was told and reached, and what opens a conversation there.
    pub(super) switchboard: Option<Place>,
    pub(super) invitation: Option<Cookie>,
}

/// How requests of the sign-in go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    Tls,
    Plain,
}

impl<'a> Known<'a> {
    pub(super) fn new(target: &'a Target, options: &'a Options) -> Self {
        Self {
            target,
            options,
            notification_open: false,
            switchboard_open: false,
            http_open: false,
            has_tls: false,
            https_open: false,
            shown: None,
            is_trusted: false,
            is_proven: false,
            silent: None,
            rewritten: false,
            clocks: None,
            ticket: None,
            session: None,
            switchboard: None,
            invitation: None,
        }
    }

    /// Whether Windows XP has to be able to shake hands.
    pub(super) fn wants_xp(&self) -> bool {
        self.options.xp || self.options.client.is_some_and(Client::needs_old_tls)
    }

    /// The way of the sign-in: as clients go, or over plain HTTP where there is no TLS that they could use.
    pub(super) fn way(&self) -> Option<Way> {
        match (self.has_tls && self.is_trusted, self.http_open) {
            (true, _) => Some(Way::Tls),
            (false, true) => Some(Way::Plain),
            (false, false) => None,
        }
    }

    /// Why nothing is asked over plain HTTP.
    pub(super) fn no_http(&self) -> Option<Finding> {
        match &self.target.http {
            None => Some(Finding::skipped(self.target.is_not_set("listen.http"))),
            Some(_) if !self.http_open => Some(Finding::skipped("the HTTP port is not reached")),
            Some(_) if self.silent == Some(Way::Plain) => {
                Some(Finding::skipped("the HTTP port did not answer to the nexus"))
            }
            Some(_) => None,
        }
    }

    /// The name of the host that a client would ask for: Microsoft's, or the server's own.
    pub(super) fn sign_in_host(&self) -> String {
        let own = || {
            let place = self.target.https.as_ref().or(self.target.http.as_ref());
            place.map(ToString::to_string).unwrap_or_default()
        };
        self.options.client.and_then(|client| client.sign_in_hosts.first()).map_or_else(own, ToString::to_string)
    }

    /// A connection for the sign-in, and what to call it in a sentence.
    ///
    /// # Errors
    /// The sentence of a red hop.
    pub(super) async fn sign_in(&self, way: Way) -> Result<(AnyStream, &'static str), String> {
        match (way, &self.target.http) {
            (Way::Tls, _) => {
                let (stream, shown) = tls::connect(self.dial_tls().await?, &self.tls_name()).await?;
                // The one that was judged, and no other, may be given a password.
                if shown != self.shown.as_ref().map(|shown| shown.certificate.clone()) {
                    return Err("the server shows another certificate than a moment ago".to_owned());
                }
                Ok((stream, "over TLS"))
            }
            (Way::Plain, Some(place)) => {
                let stream = dial(place).await.map_err(|why| why.cause(place))?;
                Ok((Box::new(stream), "over plain HTTP"))
            }
            (Way::Plain, None) => Err("there is no address".to_owned()),
        }
    }

    /// Whether what is sent that way stays on this machine or in a private network.
    pub(super) async fn is_near(&self, way: Way) -> bool {
        let place = match way {
            Way::Tls => self.target.https.as_ref().or_else(|| self.target.proxy()),
            Way::Plain => self.target.http.as_ref(),
        };
        match place {
            Some(place) => is_near(place).await,
            None => false,
        }
    }

    /// The name in the handshake.
    pub(super) fn tls_name(&self) -> String {
        let own = || self.target.https.as_ref().map_or_else(|| TUNNEL_HOST.to_owned(), |place| place.host.clone());
        self.options.client.and_then(|client| client.sign_in_hosts.first()).map_or_else(own, ToString::to_string)
    }

    /// A connection to whatever speaks TLS: the port for it, or without one a tunnel through the proxy, as clients come that have nothing
    /// but the proxy set (http.md section 8).
    ///
    /// # Errors
    /// The sentence of a red hop.
    pub(super) async fn dial_tls(&self) -> Result<TcpStream, String> {
        match (&self.target.https, self.target.proxy()) {
            (Some(place), _) => dial(place).await.map_err(|why| why.cause(place)),
            (None, Some(place)) => proxy::tunnel(place, &format!("{}:443", self.tls_name())).await,
            (None, None) => Err("there is neither a listener for TLS nor the proxy".to_owned()),
        }
    }

    /// What to call that in a sentence.
    pub(super) fn tls_place(&self) -> String {
        match (&self.target.https, self.target.proxy()) {
            (Some(place), _) => place.to_string(),
            (None, Some(place)) => format!("the proxy {place}"),
            (None, None) => String::new(),
        }
    }

    /// A header of an answer, if it is spelled as clients look for it; else what is wrong. A second one that is rewritten is let pass.
    pub(super) fn exact<'b>(&mut self, answer: &'b Answer, name: &str) -> Result<&'b str, Finding> {
        match answer.header(name) {
            Header::Exact(value) => Ok(value),
            Header::Otherwise(_, value) if self.rewritten => Ok(value),
            Header::Otherwise(there, value) => {
                use swallowtail_config::HeaderCase::Title;
                self.rewritten = true;
                let is_title = there.chars().any(|char| char.is_ascii_uppercase());
                if is_title && self.target.ours.as_ref().is_some_and(|ours| ours.header_case == Title) {
                    return Ok(value);
                }
                Err(rewritten(there, name, is_title).shows(super::codes::NO_SIGN_IN))
            }
            Header::Missing => Err(Finding::red(
                format!("the answer has no header {name}; it seems to be from {}", answer.who()),
                "see that the port leads to Swallowtail, and that nothing in between drops headers",
            )
            .shows(super::codes::NO_SIGN_IN)),
        }
    }
}

/// http.md section 0 item 1.
fn rewritten(there: &str, name: &str, is_title: bool) -> Finding {
    let cause = format!("the answer says {there} where clients look for {name}, letter by letter");
    let remedy = if is_title {
        "set http.header_case = \"exact\"; \"title\" is for patched clients alone. If it is so already, something in between rewrites names"
    } else {
        "a reverse proxy in between rewrites header names. Have it pass the connection through untouched (nginx: stream, HAProxy: \
         mode tcp), or let clients reach listen.http and listen.https directly"
    };
    Finding::red(cause, remedy)
}
