//! What a server offers, and where one client can reach it.

use std::fmt::Write as _;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;

use swallowtail_config::host_port::join;
use swallowtail_config::{Advertise, Config, MAIN};

use super::certificates::{OldTls, PublicCertificate};
use crate::client_table::{Client, Kind};
use crate::hosts::SIGN_IN;

/// Ports that clients know (docs/protocol/http.md section 6). A hosts file cannot say others.
pub(super) const KNOWN_HTTP: u16 = 80;
pub(super) const KNOWN_HTTPS: u16 = 443;
pub(super) const KNOWN_NOTIFICATION: u16 = 1863;

/// What a server offers, whoever asks.
#[derive(Clone, Debug)]
pub struct Offer {
    /// The root that clients on newer systems install, if there is one.
    pub root: Option<PublicCertificate>,
    /// The certificate that clients on Windows XP install, if it was made.
    pub old: Option<PublicCertificate>,
    /// The terminator for Windows XP.
    pub(super) old_tls: Option<SocketAddr>,
    /// Whether it is a proxy for Microsoft's names.
    pub(super) proxy: bool,
}

/// A server as one client can reach it.
#[derive(Clone, Debug)]
pub struct Place {
    /// A name or an address that the client can reach, without brackets.
    pub host: String,
    /// The port of its pages, which is that of the proxy; `None` when the client's network has no plain HTTP.
    pub http: Option<u16>,
    /// The same over TLS.
    pub https: Option<u16>,
    /// `host:port` of the notification server.
    pub notification: String,
    /// The network that the client comes by, as the settings call it.
    pub network: String,
    /// What is there.
    pub offer: Arc<Offer>,
}

impl Offer {
    /// From the settings, and the certificates that there are.
    #[must_use]
    pub fn new(config: &Config, root: Option<PublicCertificate>, old: Option<PublicCertificate>) -> Self {
        Self { root, old, old_tls: config.proxy.old_tls, proxy: config.proxy.enabled }
    }

    /// The same with the certificate for Windows XP, if it was made by now.
    ///
    /// # Errors
    /// Names the file that cannot be read.
    pub fn with_old(&self, data: &Path) -> anyhow::Result<Self> {
        Ok(Self { old: OldTls::read(data)?.map(|old| old.public), ..self.clone() })
    }
}

impl Place {
    /// The server by its main network, as the settings have it.
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

    /// The notification server of a network: what the operator wants to be told, else its port at the same host.
    #[must_use]
    pub fn notification(advertise: &Advertise, host: &str, port: u16) -> String {
        advertise.notification.clone().unwrap_or_else(|| join(host, Some(port)))
    }

    /// The port of the pages, or the one where clients look as long as there is none.
    pub(super) fn http_port(&self) -> u16 {
        self.http.unwrap_or(KNOWN_HTTP)
    }

    /// The address of a page.
    #[must_use]
    pub fn page(&self, path: &str) -> String {
        let port = self.http.filter(|port| *port != KNOWN_HTTP);
        format!("http://{}{path}", join(&self.host, port))
    }

    /// A key of the operator's under `listen` of this network.
    pub(super) fn key(&self, key: &str) -> String {
        match self.network.as_str() {
            MAIN => format!("listen.{key}"),
            network => format!("network.{network}.listen.{key}"),
        }
    }

    /// Its address, if that is what the host is: a hosts file has no use for a name, and these clients have none for
    /// IPv6.
    pub(super) fn ip(&self) -> Option<Ipv4Addr> {
        self.host.parse().ok()
    }

    /// Whether only programs on the same computer reach it.
    #[must_use]
    pub fn is_local(&self) -> bool {
        self.host == "localhost" || self.host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
    }

    /// Where the client's Windows asks by proxy.
    pub(super) fn proxy(&self) -> String {
        join(&self.host, Some(self.http_port()))
    }

    /// The lines of a hosts file, if the client can come that way.
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

    /// The terminator for Windows XP, if a PC reaches it by a hosts file.
    pub(super) fn old_tls_for_hosts(&self) -> Option<Ipv4Addr> {
        match self.offer.old_tls? {
            SocketAddr::V4(to) if to.port() == KNOWN_HTTPS && !to.ip().is_loopback() => Some(*to.ip()),
            _ => None,
        }
    }
}
