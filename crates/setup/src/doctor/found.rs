//! What checks learn for later ones, as plain data. A check takes what it needs as arguments, so that the compiler
//! knows the order of the checks.

use msnp::switchboard::Cookie;

use super::chain::CertificateChain;
use super::target::HostPort;

/// Which ports are open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct OpenPorts {
    pub(super) notification: bool,
    /// Known in advance only for our own server: others send its address to signed-in clients.
    pub(super) switchboard: bool,
    pub(super) http: bool,
    pub(super) https: bool,
}

/// The results of the TLS handshakes.
#[derive(Debug, Default)]
pub(super) struct Tls {
    /// Whether TLS 1.2 or 1.3 is spoken, at its port or in a tunnel.
    pub(super) is_spoken: bool,
    /// The certificates, in the order in which they were asked for.
    pub(super) shown: Vec<Shown>,
}

/// The certificates that were shown for a name.
#[derive(Debug)]
pub(super) struct Shown {
    /// The name in the handshake.
    pub(super) name: String,
    pub(super) chain: CertificateChain,
}

/// The judgement on the certificates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Trust {
    /// Which of [`Tls::shown`] is used to sign in.
    pub(super) choice: usize,
    /// Whether a client would go on after seeing it.
    pub(super) is_trusted: bool,
    /// Whether a root that we know vouches for it.
    pub(super) is_proven: bool,
}

/// The transport of the requests to sign in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Transport {
    Tls,
    Plain,
}

/// The result of the request to the nexus.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Nexus {
    /// The transport over which the nexus did not answer. It is not used again.
    pub(super) silent: Option<Transport>,
    /// The Unix times of the server's clock and of ours.
    pub(super) clocks: Option<(u64, u64)>,
}

/// A switchboard to which clients are sent, and that was reached.
#[derive(Debug)]
pub(super) struct Invitation {
    pub(super) host_port: HostPort,
    /// The cookie that opens a conversation there, if the test account is signed in.
    pub(super) cookie: Option<Cookie>,
}
