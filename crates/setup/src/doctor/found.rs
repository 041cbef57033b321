//! The data that checks find for later checks. A check receives this data as arguments, so that the compiler enforces
//! the order of the checks.

use msnp::switchboard::Cookie;

use super::chain::CertificateChain;
use super::target::HostPort;

/// The ports of a server. A field is true if the port is open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct OpenPorts {
    pub(super) notification: bool,
    /// True if the switchboard's port is open. That port is known in advance only for our own
    /// server. Other servers send the switchboard's address only to signed-in clients.
    pub(super) switchboard: bool,
    pub(super) http: bool,
    pub(super) https: bool,
}

/// The results of the TLS handshakes.
#[derive(Debug, Default)]
pub(super) struct Tls {
    /// True if the server supports TLS 1.2 or 1.3, at its port or in a tunnel.
    pub(super) is_spoken: bool,
    /// The certificates, in the order of the handshakes.
    pub(super) shown: Vec<Shown>,
}

/// The certificates that the server showed for a name.
#[derive(Debug)]
pub(super) struct Shown {
    /// The name in the handshake.
    pub(super) name: String,
    pub(super) chain: CertificateChain,
}

/// The verdict on the certificates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Trust {
    /// The index in [`Tls::shown`] of the certificate for the sign-in.
    pub(super) choice: usize,
    /// True if a client would accept this certificate.
    pub(super) is_trusted: bool,
    /// True if a known root signed this certificate.
    pub(super) is_proven: bool,
}

/// The transport that carries the sign-in requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Transport {
    Tls,
    Plain,
}

/// The result of the request to the nexus.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Nexus {
    /// The transport over which the nexus did not answer. Later checks do not use it again.
    pub(super) silent: Option<Transport>,
    /// The Unix times of the server's clock and of the local clock, in seconds.
    pub(super) clocks: Option<(u64, u64)>,
}

/// A reachable switchboard to which the server sends clients.
#[derive(Debug)]
pub(super) struct Invitation {
    pub(super) host_port: HostPort,
    /// The cookie that opens a conversation on this switchboard. `None` if the test account is not signed in.
    pub(super) cookie: Option<Cookie>,
}
