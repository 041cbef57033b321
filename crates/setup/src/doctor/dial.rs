//! Looks up an address and connects to it. If that fails, describes why.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use swallowtail_config::is_private;
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;

use super::finding::Finding;
use super::target::{HostPort, Target};

/// The timeout for connecting. It is shorter than the timeout of a check, so that the doctor can tell a silent firewall
/// from a slow answer.
const DIAL_TIMEOUT: Duration = Duration::from_secs(3);

/// The reason why an address cannot be reached.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Unreached {
    NoSuchName,
    Refused,
    Silent,
    Other(String),
}

impl Unreached {
    /// Returns a sentence with the cause.
    pub(super) fn cause(&self, host_port: &HostPort) -> String {
        match self {
            Self::NoSuchName => format!("the name {} has no address", host_port.host),
            Self::Refused => format!("nothing listens on {host_port}"),
            Self::Silent => {
                format!("{host_port} does not answer at all: a firewall blocks it, or no computer has this address")
            }
            Self::Other(why) => format!("{host_port} cannot be reached: {why}"),
        }
    }
}

/// Looks up the addresses of a host. IPv4 addresses come first, because the clients support only
/// IPv4 (docs/protocol/http.md section 6, "Ports").
pub(super) async fn addresses(host: &str) -> Vec<IpAddr> {
    let found = timeout(DIAL_TIMEOUT, lookup_host((host, 0))).await;
    let Ok(Ok(found)) = found else { return Vec::new() };
    let mut addresses: Vec<_> = found.map(|address| address.ip().to_canonical()).collect();
    addresses.sort_by_key(|address| !address.is_ipv4());
    addresses.dedup();
    addresses
}

/// Looks up the first address of a host. Returns it with the port.
pub(super) async fn address(host_port: &HostPort) -> Result<SocketAddr, Unreached> {
    let found = addresses(&host_port.host).await;
    found.first().map(|ip| SocketAddr::new(*ip, host_port.port)).ok_or(Unreached::NoSuchName)
}

/// Connects to the first address of a host.
pub(super) async fn dial(host_port: &HostPort) -> Result<TcpStream, Unreached> {
    let address = address(host_port).await?;
    match timeout(DIAL_TIMEOUT, TcpStream::connect(address)).await {
        Ok(Ok(stream)) => Ok(stream),
        Ok(Err(error)) if error.kind() == io::ErrorKind::ConnectionRefused => Err(Unreached::Refused),
        Ok(Err(error)) => Err(Unreached::Other(error.to_string())),
        Err(_) => Err(Unreached::Silent),
    }
}

/// Checks that every host name of a target has an IPv4 address.
pub(super) async fn names(target: &Target) -> Finding {
    let mut resolved = Vec::new();
    for host in target.hosts().into_iter().filter(|host| host.parse::<IpAddr>().is_err()) {
        let found = addresses(host).await;
        match found.first() {
            None => {
                return Finding::red(
                    format!("the name {host} has no address"),
                    "check the spelling, and that the name has an A record in DNS",
                )
                .shows(super::codes::NO_NAME);
            }
            Some(first) if !first.is_ipv4() => {
                return Finding::red(
                    format!("the name {host} has only an IPv6 address ({first})"),
                    "add an A record for the name: these clients support only IPv4",
                )
                .shows(super::codes::NO_NAME);
            }
            Some(_) => {
                let found: Vec<_> = found.iter().map(ToString::to_string).collect();
                resolved.push(format!("{host} is {}", found.join(" and ")));
            }
        }
    }
    if resolved.is_empty() {
        Finding::skipped("not checked: all hosts are given as addresses, not as names")
    } else {
        Finding::green(resolved.join(", "))
    }
}

/// Returns whether a host is this computer or in a private network.
pub(super) async fn is_near(host_port: &HostPort) -> bool {
    address(host_port).await.is_ok_and(|address| is_private(address.ip()))
}
