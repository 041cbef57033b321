//! Finds the server of a chat.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use anyhow::{Context, bail};
use msnp::Handle;
use swallowtail_config::Listen;
use tokio::net::TcpStream;
use tokio::time::timeout;

/// The time limit for connecting to a server.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// The addresses of a server.
pub(in crate::cli) struct Servers {
    pub(super) notification: SocketAddr,
    pub(super) http: SocketAddr,
}

impl Servers {
    /// Returns the addresses that are given, or else those of the listeners in the settings.
    pub(in crate::cli) async fn find(
        listen: &Listen,
        notification: Option<String>,
        http: Option<String>,
    ) -> anyhow::Result<Self> {
        Ok(Self { notification: find(notification, listen.notification).await?, http: find(http, listen.http).await? })
    }
}

/// Checks that a server is running, before the password is asked for.
pub(in crate::cli) async fn look_for(servers: &Servers, me: &Handle, other: &Handle) -> anyhow::Result<()> {
    if me == other {
        bail!("{me} cannot chat with itself; name another account");
    }
    for address in [servers.http, servers.notification] {
        let connected = timeout(CONNECT_TIMEOUT, TcpStream::connect(address)).await;
        if !matches!(connected, Ok(Ok(_))) {
            bail!("could not connect to {address}; if the server is not running, start it with `swallowtail serve`");
        }
    }
    Ok(())
}

/// Returns the address that is given, or else that of the listener in the settings.
async fn find(named: Option<String>, listener: Option<SocketAddr>) -> anyhow::Result<SocketAddr> {
    let Some(named) = named else {
        let mut address = listener.context("the settings have no such listener; pass --notification and --http")?;
        if address.ip().is_unspecified() {
            // A server that listens on all addresses is reachable on loopback.
            address.set_ip(Ipv4Addr::LOCALHOST.into());
        }
        return Ok(address);
    };
    let mut found = tokio::net::lookup_host(&named).await.with_context(|| format!("could not find {named}"))?;
    found.next().with_context(|| format!("{named} has no address"))
}
