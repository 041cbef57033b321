//! What hops learn for later ones, as plain data. A hop takes what it needs of it as arguments, so that the compiler
//! knows the order of the hops.

use msnp::switchboard::Cookie;

use super::chain::CertificateChain;
use super::target::HostPort;

/// Which ports are open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct OpenPorts {
    pub(super) notification: bool,
    /// Only of our own server is it known before anybody is told an address.
    pub(super) switchboard: bool,
    pub(super) http: bool,
    pub(super) https: bool,
}

/// What the TLS handshakes showed.
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

/// What the certificates are worth.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Trust {
    /// Which of [`Tls::shown`] is used to sign in.
    pub(super) choice: usize,
    /// Whether a client would go on after seeing it.
    pub(super) is_trusted: bool,
    /// Whether a root that we know vouches for it.
    pub(super) is_proven: bool,
}

/// What requests of the sign-in go over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Transport {
    Tls,
    Plain,
}

/// What asking the nexus showed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Nexus {
    /// The transport over which the nexus was asked and did not answer: nothing more is asked over it.
    pub(super) silent: Option<Transport>,
    /// Seconds of the server's clock, and of ours when it sent them.
    pub(super) clocks: Option<(u64, u64)>,
}

/// A switchboard that clients are sent to and that was reached.
#[derive(Debug)]
pub(super) struct Invitation {
    pub(super) host_port: HostPort,
    /// What opens a conversation there, for somebody who is signed in.
    pub(super) cookie: Option<Cookie>,
}
