//! The addresses on which the server listens, and the addresses that it sends to clients.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;

use crate::host_port::{is_host, is_host_and_port, split};
use crate::kind::{Address, Choice, FilePath, Flag, IpNetwork, List, Text};
use crate::limits::MAX_NETWORKS;
use crate::reader::Section;
use ipnet::IpNet;

/// The name of the network of `[listen]` and `[advertise]`.
pub const MAIN: &str = "main";
/// The largest number of further networks. Each of them has up to seven listeners.
const MAX_FURTHER: usize = 16;
/// The largest number of certificates. The server parses all of them at startup, and compares all
/// of them with the name in each handshake.
const MAX_CERTIFICATES: usize = 64;
/// The largest number of names of this server. Each request through a proxy is compared with all of them.
const MAX_NAMES: usize = 64;

/// The addresses on which the server listens. In the main network, the listeners that every client needs are on
/// loopback by default, so that only this machine can reach them. Further networks have no default listeners.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listen {
    /// The notification server. Original clients expect port 1863.
    pub notification: Option<SocketAddr>,
    /// The switchboard. Clients learn its port from the notification server.
    pub switchboard: Option<SocketAddr>,
    /// True if the listener `notification` also serves switchboard sessions. The server recognises
    /// a switchboard connection by its first command. If `one_port` is true, the server does not
    /// listen on the address `switchboard`.
    pub one_port: bool,
    /// The sign-in service, the gateway and the proxy over plain HTTP.
    pub http: Option<SocketAddr>,
    /// The sign-in service, the gateway and the proxy over HTTPS.
    pub https: Option<SocketAddr>,
    /// The dispatch server, which sends clients to the notification server.
    pub dispatch: Option<SocketAddr>,
    /// The notification server over TLS, for modern clients. Original clients do not support it.
    pub notification_tls: Option<SocketAddr>,
    /// The switchboard over TLS. The server sends this address to clients that are connected to the notification server
    /// over TLS.
    pub switchboard_tls: Option<SocketAddr>,
}

/// The addresses that the server sends to clients. With `None`, the server sends a client the
/// address to which that client connected, with the port of the listener.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Advertise {
    /// The `host:port` of the notification server. The dispatch server sends it to clients.
    pub notification: Option<String>,
    /// The `host:port` of the switchboard. The server sends it in XFR and RNG.
    pub switchboard: Option<String>,
    /// The `host:port` of the switchboard for clients that are connected over TLS.
    pub switchboard_tls: Option<String>,
    /// The host of the sign-in service and the gateway, with the port if it is not 80. The server
    /// sends it to clients whose requests do not name a host.
    pub passport: Option<String>,
}

/// A further network.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Network {
    /// The addresses on which the server listens for this network.
    pub listen: Listen,
    /// The addresses that the server sends to the clients of this network.
    pub advertise: Advertise,
}

/// The certificates of the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsConfig {
    /// True if the server creates a private root certificate. The server then uses a certificate
    /// that is signed by this root and is valid for Microsoft's old host names. This is the
    /// default, because otherwise no client could sign in over TLS before the operator has set up
    /// certificates. A computer trusts the root only after somebody installs the root there.
    pub own_root: bool,
    /// The operator's certificates. The server uses the certificate with the name that the client asks for, or the
    /// first one if none has that name.
    pub certificate: Vec<CertificateFiles>,
}

/// The files of a certificate and its key, in PEM format. The server reloads them on SIGHUP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateFiles {
    /// The file with the certificate, followed by its intermediate certificates.
    pub chain: PathBuf,
    /// The file with the private key of the certificate.
    pub key: PathBuf,
}

/// Settings for everything over HTTP.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HttpConfig {
    /// The spelling of header names.
    pub header_case: HeaderCase,
    /// Networks of TLS terminators and reverse proxies. In requests from these networks, the server
    /// uses the last word of `X-Forwarded-For` as the client's address, and trusts
    /// `X-Forwarded-Proto`. Empty by default.
    pub trusted_proxies: Vec<IpNet>,
    /// Further names of this server, in addition to its addresses and those under `advertise`. Requests through a proxy
    /// may use them.
    pub names: Vec<String>,
}

/// The spelling of header names (http.md section 0 item 1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HeaderCase {
    /// The spelling of Microsoft's servers: `PassportURLs`.
    #[default]
    Exact,
    /// The spelling that some patched clients require: `Passporturls`.
    Title,
}

/// Settings for MSNP over HTTP.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GatewayConfig {
    /// True if each session only accepts requests from the address that opened it. The ID of a
    /// session is a secret, but clients send it over plain HTTP.
    pub bind_to_address: bool,
}

/// The HTTP proxy. Windows can use it for the requests of a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProxyConfig {
    /// True if the server accepts requests for Microsoft's host names. Requests for any other host are always refused.
    pub enabled: bool,
    /// The TLS terminator for clients whose newest TLS version is 1.1 or older. Without a
    /// terminator, the server refuses these clients.
    pub old_tls: Option<SocketAddr>,
}

impl Listen {
    /// Returns the defaults of the main network: the three listeners that clients need, on loopback.
    pub(crate) fn main() -> Self {
        let local = |port| Some(SocketAddr::from(([127, 0, 0, 1], port)));
        Self { notification: local(1863), switchboard: local(1864), http: local(8080), ..Self::default() }
    }

    pub(crate) fn read(from: &Section<'_>, default: Self) -> Self {
        Self {
            notification: from.optional("notification", default.notification, &Address { port: 1863 }),
            switchboard: from.optional("switchboard", default.switchboard, &Address { port: 1864 }),
            one_port: from.get("one_port", default.one_port, &Flag),
            http: from.optional("http", default.http, &Address { port: 8080 }),
            https: from.optional("https", default.https, &Address { port: 8443 }),
            dispatch: from.optional("dispatch", default.dispatch, &Address { port: 1865 }),
            notification_tls: from.optional("notification_tls", default.notification_tls, &Address { port: 1873 }),
            switchboard_tls: from.optional("switchboard_tls", default.switchboard_tls, &Address { port: 1874 }),
        }
    }

    /// Returns the address and the key of every listener.
    pub(crate) fn addresses(&self) -> Vec<(&'static str, SocketAddr)> {
        let all = [
            ("notification", self.notification),
            ("switchboard", self.switchboard.filter(|_| !self.one_port)),
            ("http", self.http),
            ("https", self.https),
            ("dispatch", self.dispatch),
            ("notification_tls", self.notification_tls),
            ("switchboard_tls", self.switchboard_tls),
        ];
        all.into_iter().filter_map(|(key, address)| Some((key, address?))).collect()
    }

    /// Returns the key of a listener that needs a certificate, if there is one.
    pub(crate) fn tls_key(&self) -> Option<&'static str> {
        const TLS: [&str; 3] = ["https", "notification_tls", "switchboard_tls"];
        self.addresses().into_iter().map(|(key, _)| key).find(|key| TLS.contains(key))
    }

    /// Returns whether a listener of this network needs a certificate.
    #[must_use]
    pub fn has_tls(&self) -> bool {
        self.tls_key().is_some()
    }
}

impl Network {
    /// Reads every `[network.NAME]`.
    pub(crate) fn read_all(from: &Section<'_>) -> BTreeMap<String, Self> {
        from.named("network", MAX_FURTHER, |network| Self {
            listen: network.section("listen", |listen| Listen::read(listen, Listen::default())),
            advertise: network.section("advertise", Advertise::read),
        })
        .into_iter()
        .collect()
    }
}

impl TlsConfig {
    pub(crate) fn read(from: &Section<'_>) -> Self {
        Self {
            own_root: from.get("own_root", Self::default().own_root, &Flag),
            certificate: from.tables("certificate", MAX_CERTIFICATES, |file| CertificateFiles {
                chain: file.required("chain", PathBuf::new(), &FilePath),
                key: file.required("key", PathBuf::new(), &FilePath),
            }),
        }
    }
}

impl HttpConfig {
    pub(crate) fn read(from: &Section<'_>) -> Self {
        let default = Self::default();
        let header_case = Choice(vec![("exact", HeaderCase::Exact), ("title", HeaderCase::Title)]);
        let name =
            Text { expected: "a host without a port, such as \"chat.example.com\"".to_owned(), is_valid: is_host };
        let networks = List { item: IpNetwork, max: MAX_NETWORKS };
        Self {
            header_case: from.get("header_case", default.header_case, &header_case),
            trusted_proxies: from.get("trusted_proxies", default.trusted_proxies, &networks),
            names: from.get("names", default.names, &List { item: name, max: MAX_NAMES }),
        }
    }
}

impl GatewayConfig {
    pub(crate) fn read(from: &Section<'_>) -> Self {
        Self { bind_to_address: from.get("bind_to_address", Self::default().bind_to_address, &Flag) }
    }
}

impl ProxyConfig {
    pub(crate) fn read(from: &Section<'_>) -> Self {
        let default = Self::default();
        Self {
            enabled: from.get("enabled", default.enabled, &Flag),
            old_tls: from.optional("old_tls", default.old_tls, &Address { port: 8444 }),
        }
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
    pub(crate) fn read(from: &Section<'_>) -> Self {
        let server = |port| Text {
            expected: format!("a host and a port, such as \"chat.example.com:{port}\""),
            is_valid: |text| is_host_and_port(text) && split(text).is_some_and(|(_, port)| port.is_some()),
        };
        let site = Text {
            expected: "a host, and a port if it is not 80, such as \"login.example.com:8080\"".to_owned(),
            is_valid: is_host_and_port,
        };
        Self {
            notification: from.optional("notification", None, &server(1863)),
            switchboard: from.optional("switchboard", None, &server(1864)),
            switchboard_tls: from.optional("switchboard_tls", None, &server(1874)),
            passport: from.optional("passport", None, &site),
        }
    }

    /// Returns every setting with its key and value.
    fn all(&self) -> [(&'static str, Option<&str>); 4] {
        [
            ("notification", self.notification.as_deref()),
            ("switchboard", self.switchboard.as_deref()),
            ("switchboard_tls", self.switchboard_tls.as_deref()),
            ("passport", self.passport.as_deref()),
        ]
    }

    /// Returns the hosts that are sent to clients, without ports and brackets.
    pub fn hosts(&self) -> impl Iterator<Item = &str> {
        self.all().into_iter().filter_map(|(_, value)| value.map(|value| split(value).map_or(value, |(host, _)| host)))
    }
}
