//! Where the service listens, and what clients are told of it.

use std::net::SocketAddr;
use std::path::PathBuf;

use ipnet::IpNet;
use serde::Deserialize;

use crate::host_port::split;

/// The name of the network of `[listen]` and `[advertise]`.
pub const MAIN: &str = "main";

/// Addresses to listen on. For the main network those that clients cannot do without are loopback by default: nobody
/// else can reach the service until told otherwise. A further network has only what it names.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Listen {
    /// Notification server. 1863 is the port that clients know.
    pub notification: Option<SocketAddr>,
    /// Switchboard. Clients learn its port from the notification server.
    pub switchboard: Option<SocketAddr>,
    /// Whether `notification` serves switchboard sessions too, told apart by the first command; then `switchboard` is
    /// not listened on.
    pub one_port: bool,
    /// Sign-in service, gateway and proxy over plain HTTP.
    pub http: Option<SocketAddr>,
    /// The same over TLS.
    pub https: Option<SocketAddr>,
    /// A dispatch server: clients that dial it are sent on to the notification server.
    pub dispatch: Option<SocketAddr>,
    /// Notification server over TLS, for clients that can: those of the time cannot.
    pub notification_tls: Option<SocketAddr>,
    /// Switchboard over TLS, told to those who came to the notification server over TLS.
    pub switchboard_tls: Option<SocketAddr>,
}

/// What clients are told. Without a value: the address that the client itself dialled, with the port of the listener.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Advertise {
    /// `host:port` of the notification server, told by the dispatch server.
    pub notification: Option<String>,
    /// `host:port` of the switchboard, told in XFR and RNG.
    pub switchboard: Option<String>,
    /// The same for those who came over TLS.
    pub switchboard_tls: Option<String>,
    /// Host (and port) of the sign-in service and the gateway, told to clients whose requests name no host.
    pub passport: Option<String>,
}

/// A further network.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Network {
    /// Addresses to listen on.
    pub listen: Listen,
    /// Addresses to tell the clients that came by this network.
    pub advertise: Advertise,
}

/// Certificates.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TlsConfig {
    /// Whether the server makes a private root, and a certificate of it for Microsoft's old names, which is one more to
    /// show. On by default: without it nobody could sign in over TLS before an operator has dealt with certificates,
    /// and nobody trusts it who did not install it.
    pub own_root: bool,
    /// The one whose names have the host that a client asks for is shown; the first one to clients that ask for none of
    /// them.
    pub certificate: Vec<CertificateFiles>,
}

/// A certificate and its key, both PEM. They are read again at SIGHUP.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CertificateFiles {
    /// The certificate, then those that lead to its root.
    pub chain: PathBuf,
    /// Its private key.
    pub key: PathBuf,
}

/// What concerns everything over HTTP.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct HttpConfig {
    /// How names of headers are spelled.
    pub header_case: HeaderCase,
    /// Networks of terminators and reverse proxies: the last word of their `X-Forwarded-For` is taken for the client,
    /// and their `X-Forwarded-Proto` is believed. Nobody by default.
    pub trusted_proxies: Vec<IpNet>,
    /// Names of this server, beside its addresses and those under `advertise`, that a request through a proxy may be
    /// for.
    pub names: Vec<String>,
}

/// How names of headers are spelled (http.md section 0 item 1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum HeaderCase {
    /// As Microsoft's servers did: `PassportURLs`.
    #[default]
    Exact,
    /// As some patched clients insist on: `Passporturls`.
    Title,
}

/// MSNP over HTTP.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct GatewayConfig {
    /// Whether a session is of one client address for all its life. Its id is a secret that goes over plain HTTP.
    pub bind_to_address: bool,
}

/// Being the HTTP proxy of a client's Windows.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ProxyConfig {
    /// Whether requests for Microsoft's host names are taken. Those for any other host never are.
    pub enabled: bool,
    /// The terminator for clients that offer nothing newer than TLS 1.1, `host:port`. Without one they are refused.
    pub old_tls: Option<SocketAddr>,
}

impl Listen {
    /// With the defaults of the main network in place of what is not said.
    pub(crate) fn or_main(mut self) -> Self {
        for (listener, port) in [(&mut self.notification, 1863), (&mut self.switchboard, 1864), (&mut self.http, 8080)]
        {
            listener.get_or_insert(SocketAddr::from(([127, 0, 0, 1], port)));
        }
        self
    }

    /// Whether a listener of this network wants a certificate.
    #[must_use]
    pub fn has_tls(&self) -> bool {
        [self.https, self.notification_tls, self.switchboard_tls].iter().any(Option::is_some)
    }
}

impl Default for TlsConfig {
    fn default() -> Self {
        Self { own_root: true, certificate: Vec::new() }
    }
}

impl Default for ProxyConfig {
    fn default() -> Self {
        Self { enabled: true, old_tls: None }
    }
}

impl Advertise {
    /// Every value with its key.
    pub(crate) fn all(&self) -> [(&'static str, Option<&str>); 4] {
        [
            ("notification", self.notification.as_deref()),
            ("switchboard", self.switchboard.as_deref()),
            ("switchboard_tls", self.switchboard_tls.as_deref()),
            ("passport", self.passport.as_deref()),
        ]
    }

    /// The hosts that are told, without ports and brackets.
    pub fn hosts(&self) -> impl Iterator<Item = &str> {
        self.all().into_iter().filter_map(|(_, value)| value.map(|value| split(value).map_or(value, |(host, _)| host)))
    }
}
