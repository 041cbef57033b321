//! What a user needs to bring a client to this server: files for Windows, a certificate, and steps in plain words.
//!
//! [`Kit::new`] makes them for one [`Client`] and one [`Place`]; `swallowtail client-setup` writes them to a directory and the page `/setup` offers them. Nothing
//! here reads the network or knows a path that somebody asked for: a file of the page is found by its name among those that were made.

mod certificates;
mod registry;
mod steps;

use std::fmt::Write as _;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;

use askama::Template;

pub use crate::client_table::Client;
use crate::client_table::Kind;
pub(crate) use certificates::RENEWED_AFTER;
pub use certificates::{OldTls, PublicCertificate, Root, names};
pub(crate) use steps::Section;

use crate::proxy::{SIGN_IN, script};
use swallowtail_config::host_port::join;
use swallowtail_config::{Advertise, Config, MAIN};

/// Ports that clients know (docs/protocol/http.md section 6). A hosts file cannot say others.
const KNOWN_HTTP: u16 = 80;
const KNOWN_HTTPS: u16 = 443;
const KNOWN_NOTIFICATION: u16 = 1863;

/// What a server offers, whoever asks.
#[derive(Clone, Debug)]
pub struct Offer {
    /// The root that clients on newer systems install, if there is one.
    pub root: Option<PublicCertificate>,
    /// The certificate that clients on Windows XP install, if it was made.
    pub old: Option<PublicCertificate>,
    /// The terminator for Windows XP.
    old_tls: Option<SocketAddr>,
    /// Whether it is a proxy for Microsoft's names.
    proxy: bool,
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

/// A file for a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Made {
    /// What it is called.
    pub name: &'static str,
    /// What it is, for a browser.
    pub content_type: &'static str,
    /// What it is for, in a few words.
    pub about: &'static str,
    /// What is in it.
    pub body: Vec<u8>,
}

/// Everything that a user of one client needs.
#[derive(Clone, Debug)]
pub struct Kit {
    /// The steps.
    pub(crate) sections: Vec<Section>,
    /// The files.
    pub files: Vec<Made>,
}

/// The steps as a file for themselves.
#[derive(Template)]
#[template(path = "setup_steps.html")]
struct StepsPage<'a> {
    client: &'a Client,
    sections: &'a [Section],
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
    pub(crate) fn notification(advertise: &Advertise, host: &str, port: u16) -> String {
        advertise.notification.clone().unwrap_or_else(|| join(host, Some(port)))
    }

    /// The port of the pages, or the one where clients look as long as there is none.
    fn http_port(&self) -> u16 {
        self.http.unwrap_or(KNOWN_HTTP)
    }

    /// The address of a page.
    #[must_use]
    pub fn page(&self, path: &str) -> String {
        let port = self.http.filter(|port| *port != KNOWN_HTTP);
        format!("http://{}{path}", join(&self.host, port))
    }

    /// A key of the operator's under `listen` of this network.
    fn key(&self, key: &str) -> String {
        match self.network.as_str() {
            MAIN => format!("listen.{key}"),
            network => format!("network.{network}.listen.{key}"),
        }
    }

    /// Its address, if that is what the host is: a hosts file has no use for a name, and these clients have none for IPv6.
    fn ip(&self) -> Option<Ipv4Addr> {
        self.host.parse().ok()
    }

    /// Whether only programs on the same computer reach it.
    pub(crate) fn is_local(&self) -> bool {
        self.host == "localhost" || self.host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
    }

    /// Where the client's Windows asks by proxy.
    fn proxy(&self) -> String {
        join(&self.host, Some(self.http_port()))
    }

    /// The lines of a hosts file, if the client can come that way.
    fn hosts(&self, client: &Client) -> Option<String> {
        let ip = self.ip()?;
        let sign_in = match client.kind {
            Kind::Sdk => return None,
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
    fn old_tls_for_hosts(&self) -> Option<Ipv4Addr> {
        match self.offer.old_tls? {
            SocketAddr::V4(to) if to.port() == KNOWN_HTTPS && !to.ip().is_loopback() => Some(*to.ip()),
            _ => None,
        }
    }
}

impl Kit {
    /// Writes the steps and every file of a client. It waits for nothing.
    ///
    /// # Errors
    /// A page could not be written, which has no cause from outside.
    pub fn new(client: &Client, place: &Place) -> anyhow::Result<Self> {
        let sections = steps::sections(client, place);
        let files = files(client, place, &sections)?;
        Ok(Self { sections, files })
    }
}

fn files(client: &Client, place: &Place, sections: &[Section]) -> anyhow::Result<Vec<Made>> {
    let mut made = Vec::new();
    let mut add = |name, content_type, about, body: Vec<u8>| made.push(Made { name, content_type, about, body });
    let page = StepsPage { client, sections }.render()?;
    add("steps.html", "text/html; charset=utf-8", "What to do, one step after the other", page.into_bytes());
    let text = steps::text(client, sections);
    add("steps.txt", "text/plain; charset=utf-8", "The same as plain text", text.into_bytes());
    let offer = &place.offer;
    match client.kind {
        Kind::Sdk => {}
        Kind::Xp => {
            if let Some(old) = &offer.old {
                add(XP_CER, CER, "The certificate of this server for Windows XP", old.der.clone());
            }
        }
        _ => {
            if let Some(root) = &offer.root {
                add(ROOT_CER, CER, "The root certificate of this server, for Windows", root.der.clone());
                let pem = root.pem.clone().into_bytes();
                add(ROOT_PEM, "application/x-pem-file", "The same, for everything else", pem);
            }
        }
    }
    if client.is_official() && offer.proxy {
        const REG: &str = "application/octet-stream";
        add(REG_FILE, REG, "Settings of Windows for one user", registry::set(client, place));
        let pac = script(&place.proxy(), client.hosts).into_bytes();
        add(PAC, "application/x-ns-proxy-autoconfig", "Which hosts Windows asks this server for", pac);
        add(UNDO, REG, "Takes the settings back", registry::undo(client));
    }
    if let Some(lines) = place.hosts(client) {
        add(
            HOSTS,
            "text/plain; charset=us-ascii",
            "Lines for the hosts file, if you do without the proxy",
            lines.into_bytes(),
        );
    }
    Ok(made)
}

const CER: &str = "application/x-x509-ca-cert";
pub(crate) const ROOT_CER: &str = "swallowtail-root.cer";
const ROOT_PEM: &str = "swallowtail-root.pem";
const XP_CER: &str = "swallowtail-xp.cer";
const REG_FILE: &str = "swallowtail.reg";
const UNDO: &str = "undo.reg";
const PAC: &str = "proxy.pac";
const HOSTS: &str = "hosts.txt";

#[cfg(test)]
mod tests;
