//! TLS, and the root certificates that a client trusts.

use std::io;
use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use thiserror::Error;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::stream::BoxedStream;
use super::tcp::{CONNECT_TIMEOUT, tcp};

/// The certificate authorities that a client trusts. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Roots(Arc<ClientConfig>);

/// The reason why a file of root certificates cannot be used.
#[derive(Debug, Error)]
pub enum BadRoots {
    /// The file cannot be read, or is not a PEM file.
    #[error("could not read the root certificates: {0}")]
    Read(String),
    /// The file contains no certificate, or a certificate that is not valid.
    #[error("the file contains no valid root certificate")]
    Invalid,
}

impl Roots {
    /// Returns the root certificates that the operating system trusts.
    #[must_use]
    pub fn system() -> Self {
        let mut store = RootCertStore::empty();
        // Certificates that cannot be read are skipped. If no certificate remains, every handshake
        // fails with an error.
        store.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        Self::of(store)
    }

    /// Returns the root certificates that the operating system trusts, and the root certificates in
    /// a PEM file. A server with its own root certificate provides such a file, for example
    /// `swallowtail-root.pem`.
    ///
    /// # Errors
    /// Fails if the file cannot be read, or contains no valid certificate.
    pub fn with_file(path: &Path) -> Result<Self, BadRoots> {
        let read = |error: rustls::pki_types::pem::Error| BadRoots::Read(format!("{}: {error}", path.display()));
        let own = CertificateDer::pem_file_iter(path).map_err(read)?.collect::<Result<Vec<_>, _>>().map_err(read)?;
        let mut store = RootCertStore::empty();
        let (valid, _) = store.add_parsable_certificates(own);
        if valid == 0 {
            return Err(BadRoots::Invalid);
        }
        store.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        Ok(Self::of(store))
    }

    fn of(store: RootCertStore) -> Self {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let versions = ClientConfig::builder_with_provider(provider).with_protocol_versions(rustls::ALL_VERSIONS);
        // The provider supports every version in `ALL_VERSIONS`, so this call cannot fail, and the
        // default settings of rustls are never used.
        let builder = versions.unwrap_or_else(|_| ClientConfig::builder());
        Self(Arc::new(builder.with_root_certificates(store).with_no_client_auth()))
    }
}

/// Does a handshake with `host`. The time limit is [`CONNECT_TIMEOUT`].
async fn handshake(stream: TcpStream, host: &str, roots: &Roots) -> io::Result<TlsStream<TcpStream>> {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
    let shaken = timeout(CONNECT_TIMEOUT, TlsConnector::from(roots.0.clone()).connect(name, stream)).await;
    shaken.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}

/// Does a TLS handshake with the server at `host:port` over a new connection.
pub(crate) async fn tls(address: &str, roots: &Roots) -> io::Result<BoxedStream> {
    let host = address.rsplit_once(':').map_or(address, |(host, _)| host);
    let stream = tcp(address).await?;
    Ok(Box::new(handshake(stream, host, roots).await?))
}
