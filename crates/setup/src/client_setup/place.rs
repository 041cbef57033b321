//! The services that a server offers, and the addresses at which one client can reach them.

use std::fmt::Write as _;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;

use swallowtail_config::host_port::join;
use swallowtail_config::{Advertise, Config, MAIN};

use super::certificates::{OldTls, PublicCertificate};
use crate::client_table::{Client, Kind};
use crate::hosts::SIGN_IN;

/// The ports that are fixed in clients (docs/protocol/http.md section 6). A hosts file cannot change them.
pub(super) const KNOWN_HTTP: u16 = 80;
pub(super) const KNOWN_HTTPS: u16 = 443;
pub(super) const KNOWN_NOTIFICATION: u16 = 1863;

/// The services that a server offers to everyone.
#[derive(Clone, Debug)]
pub struct Offer {
    /// The root certificate for clients on newer systems, if the server has one.
    pub root: Option<PublicCertificate>,
    /// The certificate for clients on Windows XP, if it was created.
    pub old: Option<PublicCertificate>,
    /// The address of the TLS terminator for Windows XP.
    pub(super) old_tls: Option<SocketAddr>,
    /// True if the server is a proxy for Microsoft's host names.
    pub(super) proxy: bool,
}

/// A server, with the addresses at which one client can reach it.
#[derive(Clone, Debug)]
pub struct Place {
    /// A host name or an IP address that the client can reach, without brackets.
    pub host: String,
    /// The port of the web pages and the proxy. `None` if the client's network has no plain HTTP.
    pub http: Option<u16>,
    /// The HTTPS port. `None` if the client's network has no HTTPS.
    pub https: Option<u16>,
    /// The address of the notification server, as `host:port`.
    pub notification: String,
    /// The name of the network through which the client connects, as in the settings.
    pub network: String,
    /// The services of the server.
    pub offer: Arc<Offer>,
}

impl Offer {
    /// Creates the list of services from the settings and the certificates that exist.
    #[must_use]
    pub fn new(config: &Config, root: Option<PublicCertificate>, old: Option<PublicCertificate>) -> Self {
        Self { root, old, old_tls: config.proxy.old_tls, proxy: config.proxy.enabled }
    }

    /// Returns a copy in which the certificate for Windows XP is read from `data` again, because it may have been
    /// created since the last read.
    ///
    /// # Errors
    /// Returns an error that names the file if it cannot be read.
    pub fn with_old(&self, data: &Path) -> anyhow::Result<Self> {
        Ok(Self { old: OldTls::read(data)?.map(|old| old.public), ..self.clone() })
    }
}

impl Place {
    /// Creates the place for clients that reach the server's main network at `host`. The ports are
    /// the ports in the settings.
    #[must_use]
    pub fn of_main(config: &Config, host: String, offer: Arc<Offer>) -> Self {
        let port = |address: Option<SocketAddr>| address.map(|address| address.port());
        let notification = port(config.listen.notification).unwrap_or(KNOWN_NOTIFICATION);
        Self {
            http: port(config.listen.http),
            https: port(config.listen.https),
            notification: Self::notification(&config.advertise, &host, notification),
            network: MAIN.to_owned(),
            host,
            offer,
        }
    }

    /// Returns the address of a network's notification server: the advertised address or, without one, `port` at
    /// `host`.
    #[must_use]
    pub fn notification(advertise: &Advertise, host: &str, port: u16) -> String {
        advertise.notification.clone().unwrap_or_else(|| join(host, Some(port)))
    }

    /// Returns the HTTP port. If there is none, returns 80, because clients connect to that port.
    pub(super) fn http_port(&self) -> u16 {
        self.http.unwrap_or(KNOWN_HTTP)
    }

    /// Returns the URL of a page.
    #[must_use]
    pub fn page(&self, path: &str) -> String {
        let port = self.http.filter(|port| *port != KNOWN_HTTP);
        format!("http://{}{path}", join(&self.host, port))
    }

    /// Returns the full name of a setting under `listen` of this network.
    pub(super) fn key(&self, key: &str) -> String {
        match self.network.as_str() {
            MAIN => format!("listen.{key}"),
            network => format!("network.{network}.listen.{key}"),
        }
    }

    /// Returns the host if it is an IPv4 address. In a hosts file, a host name cannot replace the
    /// address, and the clients that connect with a hosts file do not support IPv6.
    pub(super) fn ip(&self) -> Option<Ipv4Addr> {
        self.host.parse().ok()
    }

    /// Returns whether only programs on the server's own computer can reach this host.
    #[must_use]
    pub fn is_local(&self) -> bool {
        self.host == "localhost" || self.host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
    }

    /// Returns the proxy's `host:port` for the Windows settings.
    pub(super) fn proxy(&self) -> String {
        join(&self.host, Some(self.http_port()))
    }

    /// Returns the lines for a hosts file, or `None` if the client cannot connect with a hosts
    /// file.
    pub(super) fn hosts(&self, client: &Client) -> Option<String> {
        let ip = self.ip()?;
        let sign_in = match client.kind {
            Kind::Sdk | Kind::Gtmess => return None,
            Kind::Xp => self.old_tls_for_hosts()?,
            _ => ip,
        };
        let mut lines = String::new();
        for host in client.hosts {
            let to = if SIGN_IN.contains(host) { sign_in } else { ip };
            let _ = write!(lines, "{to} {host}\r\n");
        }
        Some(lines)
    }

    /// Returns the address of the terminator for Windows XP. Returns `None` if a hosts file cannot point to it.
    pub(super) fn old_tls_for_hosts(&self) -> Option<Ipv4Addr> {
        match self.offer.old_tls? {
            SocketAddr::V4(to) if to.port() == KNOWN_HTTPS && !to.ip().is_loopback() => Some(*to.ip()),
            _ => None,
        }
    }
}
