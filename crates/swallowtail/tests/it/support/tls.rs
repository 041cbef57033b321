//! Creates certificates for a test, and clients that trust them.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use swallowtail_config::CertificateFiles;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// A self-signed certificate for some names, in files.
pub(crate) struct TestCertificate {
    der: CertificateDer<'static>,
    pub(crate) files: CertificateFiles,
}

impl TestCertificate {
    /// Writes a certificate to `NAME.pem` and `NAME.key` in a directory, and replaces existing files.
    pub(crate) fn write(directory: &Path, name: &str, names: &[&str]) -> Self {
        let names: Vec<_> = names.iter().map(ToString::to_string).collect();
        let made = rcgen::generate_simple_self_signed(names).unwrap();
        Self::keep(directory, name, &made.cert, &made.signing_key)
    }

    /// Like [`Self::write`], but the certificate expired on the last day of 2005.
    pub(crate) fn write_expired(directory: &Path, name: &str, names: &[&str]) -> Self {
        Self::write_with(directory, name, names, |params| {
            params.not_before = rcgen::date_time_ymd(2004, 12, 31);
            params.not_after = rcgen::date_time_ymd(2005, 12, 31);
        })
    }

    /// Like [`Self::write`], but the certificate claims to be that of an authority.
    pub(crate) fn write_authority(directory: &Path, name: &str, names: &[&str]) -> Self {
        Self::write_with(directory, name, names, |params| {
            params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        })
    }

    fn write_with(
        directory: &Path,
        name: &str,
        names: &[&str],
        change: impl FnOnce(&mut rcgen::CertificateParams),
    ) -> Self {
        let names: Vec<_> = names.iter().map(ToString::to_string).collect();
        let mut params = rcgen::CertificateParams::new(names).unwrap();
        change(&mut params);
        let key = rcgen::KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        Self::keep(directory, name, &certificate, &key)
    }

    fn keep(directory: &Path, name: &str, certificate: &rcgen::Certificate, key: &rcgen::KeyPair) -> Self {
        let file = |end: &str| -> PathBuf { directory.join(format!("{name}.{end}")) };
        let files = CertificateFiles { chain: file("pem"), key: file("key") };
        std::fs::write(&files.chain, certificate.pem()).unwrap();
        std::fs::write(&files.key, key.serialize_pem()).unwrap();
        Self { der: certificate.der().clone(), files }
    }

    /// Performs a handshake over a stream. The server must show this certificate, and the
    /// certificate must be valid for `name`.
    pub(crate) async fn connect<S>(&self, stream: S, name: &str) -> std::io::Result<TlsStream<S>>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        trusting(&self.der, stream, name).await
    }

    /// Connects over TCP, and then does the same as [`Self::connect`].
    pub(crate) async fn dial(&self, address: SocketAddr, name: &str) -> std::io::Result<TlsStream<TcpStream>> {
        self.connect(TcpStream::connect(address).await.unwrap(), name).await
    }
}

/// Performs a handshake over a stream. The server must show a certificate of this root that is valid for `name`.
pub(crate) async fn trusting<S>(root: &CertificateDer<'static>, stream: S, name: &str) -> std::io::Result<TlsStream<S>>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut roots = RootCertStore::empty();
    roots.add(root.clone()).unwrap();
    let builder = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()));
    let config = builder.with_safe_default_protocol_versions().unwrap();
    let config = config.with_root_certificates(roots).with_no_client_auth();
    let name = ServerName::try_from(name.to_owned()).unwrap();
    TlsConnector::from(Arc::new(config)).connect(name, stream).await
}
