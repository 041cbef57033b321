//! Where the server of a chat is.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use anyhow::{Context, bail};
use msnp::Handle;
use swallowtail_config::Listen;
use tokio::net::TcpStream;
use tokio::time::timeout;

/// How long a server may take to answer a dial.
const DIAL_WAIT: Duration = Duration::from_secs(5);

/// Where a server is.
pub(in crate::cli) struct Servers {
    pub(super) notification: SocketAddr,
    pub(super) http: SocketAddr,
}

impl Servers {
    /// Finds the addresses that were named, else those to dial for the listeners of these settings.
    pub(in crate::cli) async fn find(
        listen: &Listen,
        notification: Option<String>,
        http: Option<String>,
    ) -> anyhow::Result<Self> {
        Ok(Self { notification: find(notification, listen.notification).await?, http: find(http, listen.http).await? })
    }
}

/// Whether there is a server at all: asked before a password is.
pub(in crate::cli) async fn look_for(servers: &Servers, me: &Handle, other: &Handle) -> anyhow::Result<()> {
    if me == other {
        bail!("{me} cannot talk to itself: name somebody else");
    }
    for address in [servers.http, servers.notification] {
        let dialled = timeout(DIAL_WAIT, TcpStream::connect(address)).await;
        if !matches!(dialled, Ok(Ok(_))) {
            bail!("no server answers at {address}. Is it running? `swallowtail serve` starts it");
        }
    }
    Ok(())
}

/// The address that was named, or the one to dial for a listener of these settings.
async fn find(named: Option<String>, listener: Option<SocketAddr>) -> anyhow::Result<SocketAddr> {
    let Some(named) = named else {
        let mut address = listener.context("no server is set")?;
        if address.ip().is_unspecified() {
            // It listens everywhere, so here too.
            address.set_ip(Ipv4Addr::LOCALHOST.into());
        }
        return Ok(address);
    };
    let mut found = tokio::net::lookup_host(&named).await.with_context(|| format!("{named} cannot be found"))?;
    found.next().with_context(|| format!("{named} has no address"))
}
