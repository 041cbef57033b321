//! Certificates for a test, and clients who trust them.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use swallowtail::config::CertificateFiles;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// A certificate for some names that is its own root, in files.
pub(crate) struct TestCertificate {
    der: CertificateDer<'static>,
    pub(crate) files: CertificateFiles,
}

impl TestCertificate {
    /// Written to `NAME.pem` and `NAME.key` of a directory; what was there is replaced.
    pub(crate) fn write(directory: &Path, name: &str, names: &[&str]) -> Self {
        let names: Vec<_> = names.iter().map(ToString::to_string).collect();
        let made = rcgen::generate_simple_self_signed(names).unwrap();
        let file = |end: &str| -> PathBuf { directory.join(format!("{name}.{end}")) };
        let files = CertificateFiles { chain: file("pem"), key: file("key") };
        std::fs::write(&files.chain, made.cert.pem()).unwrap();
        std::fs::write(&files.key, made.signing_key.serialize_pem()).unwrap();
        Self { der: made.cert.der().clone(), files }
    }

    /// Shakes hands over a stream with somebody who must be `name` and show this certificate.
    pub(crate) async fn connect<S>(&self, stream: S, name: &str) -> std::io::Result<TlsStream<S>>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let mut roots = RootCertStore::empty();
        roots.add(self.der.clone()).unwrap();
        let builder = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()));
        let config = builder.with_safe_default_protocol_versions().unwrap();
        let config = config.with_root_certificates(roots).with_no_client_auth();
        let name = ServerName::try_from(name.to_owned()).unwrap();
        TlsConnector::from(Arc::new(config)).connect(name, stream).await
    }

    /// The same over TCP.
    pub(crate) async fn dial(&self, address: SocketAddr, name: &str) -> std::io::Result<TlsStream<TcpStream>> {
        self.connect(TcpStream::connect(address).await.unwrap(), name).await
    }
}
