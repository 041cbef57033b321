//! Chat over TLS for the scripted clients, which speak plain MSNP.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::{Context, Result};
use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::AbortHandle;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::certificate::NAMES;

/// A tunnel that forwards connections to a TLS listener. Open connections stay open when the tunnel is dropped.
#[derive(Debug)]
pub(super) struct Tunnel {
    pub(super) address: SocketAddr,
    task: AbortHandle,
}

impl Tunnel {
    /// Starts a tunnel to a listener. The listener must show a certificate that the trusted certificate has signed.
    pub(super) async fn start(to: SocketAddr, trusted: &CertificateDer<'static>) -> Result<Self> {
        let connector = connector(trusted)?;
        let listener = TcpListener::bind("127.0.98.1:0").await.context("the tunnel cannot listen")?;
        let address = listener.local_addr()?;
        let task = tokio::spawn(async move {
            while let Ok((mut client, _)) = listener.accept().await {
                let connector = connector.clone();
                tokio::spawn(async move {
                    // If the handshake fails, the client finds its connection closed.
                    if let Ok(mut server) = handshake(&connector, to).await {
                        let _ = copy_bidirectional(&mut client, &mut server).await;
                    }
                });
            }
        });
        Ok(Self { address, task: task.abort_handle() })
    }
}

impl Drop for Tunnel {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Returns a connector that checks certificates like any modern client.
pub(super) fn connector(trusted: &CertificateDer<'static>) -> Result<TlsConnector> {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.clone())?;
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let config = builder.with_safe_default_protocol_versions()?.with_root_certificates(roots).with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}

/// Connects to a TLS listener.
pub(super) async fn handshake(connector: &TlsConnector, to: SocketAddr) -> Result<TlsStream<TcpStream>> {
    let stream = TcpStream::connect(to).await?;
    stream.set_nodelay(true)?;
    Ok(connector.connect(ServerName::try_from(NAMES[1])?, stream).await?)
}
