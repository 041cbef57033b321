//! TLS 1.2 and 1.3 for our listeners, with certificates from files.
//!
//! Nothing older: what the clients of 2005 can do on their systems is a matter for a separate terminator (security.md section 8).

use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::Context;
use rustls::ServerConfig;
use rustls::client::verify_server_name;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::server::{ClientHello, ParsedCertificate, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::chat::Stream;
use crate::config::{CertificateFiles, TlsConfig};
use crate::sync::lock;

/// How long a handshake may take; as long as a head over HTTP (http.md section 0 item 7).
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// The certificates, and how they are shown.
#[derive(Debug)]
pub struct Tls {
    files: Vec<CertificateFiles>,
    config: Mutex<Arc<ServerConfig>>,
}

impl Tls {
    /// Reads the certificates; `None` when there are none.
    ///
    /// # Errors
    /// Names the file that cannot be read or used.
    pub fn open(settings: &TlsConfig) -> anyhow::Result<Option<Arc<Self>>> {
        let files = settings.certificate.clone();
        if files.is_empty() {
            return Ok(None);
        }
        let config = Mutex::new(read(&files)?);
        Ok(Some(Arc::new(Self { files, config })))
    }

    /// Reads the files again. Connections that are open keep what they have; if a file is no good, everything stays as it is.
    ///
    /// # Errors
    /// Names the file that cannot be read or used.
    pub fn reload(&self) -> anyhow::Result<()> {
        let config = read(&self.files)?;
        *lock(&self.config) = config;
        Ok(())
    }

    /// Shakes hands. `None` when the client cannot, or is too slow.
    pub async fn accept<S: Stream>(&self, stream: S) -> Option<TlsStream<S>> {
        let acceptor = TlsAcceptor::from(lock(&self.config).clone());
        match timeout(HANDSHAKE_TIMEOUT, acceptor.accept(stream)).await {
            Ok(Ok(stream)) => Some(stream),
            Ok(Err(error)) => {
                tracing::debug!(%error, "no TLS");
                None
            }
            Err(_) => None,
        }
    }
}

fn read(files: &[CertificateFiles]) -> anyhow::Result<Arc<ServerConfig>> {
    let certificates = files.iter().map(certificate).collect::<anyhow::Result<_>>()?;
    let versions = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let config = versions.with_safe_default_protocol_versions()?.with_no_client_auth();
    Ok(Arc::new(config.with_cert_resolver(Arc::new(ByName(certificates)))))
}

fn certificate(files: &CertificateFiles) -> anyhow::Result<Arc<CertifiedKey>> {
    let CertificateFiles { chain, key } = files;
    let certificates = CertificateDer::pem_file_iter(chain)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .with_context(|| format!("cannot read the certificate {} (tls.certificate.chain)", chain.display()))?;
    anyhow::ensure!(!certificates.is_empty(), "{} has no certificate (tls.certificate.chain)", chain.display());
    let secret = PrivateKeyDer::from_pem_file(key)
        .with_context(|| format!("cannot read the key {} (tls.certificate.key)", key.display()))?;
    let good = CertifiedKey::from_der(certificates, secret, &ring::default_provider());
    let fault = || format!("{} is not the key of {} (tls.certificate)", key.display(), chain.display());
    Ok(Arc::new(good.with_context(fault)?))
}

/// Shows the certificate that has the name which the client asks for, else the first: clients of the time send no name.
#[derive(Debug)]
struct ByName(Vec<Arc<CertifiedKey>>);

impl ResolvesServerCert for ByName {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let name = hello.server_name().and_then(|name| ServerName::try_from(name).ok());
        let named = name.and_then(|name| self.0.iter().find(|certified| is_for(certified, &name)));
        named.or_else(|| self.0.first()).cloned()
    }
}

fn is_for(certified: &CertifiedKey, name: &ServerName<'_>) -> bool {
    let parsed = certified.end_entity_cert().and_then(ParsedCertificate::try_from);
    parsed.is_ok_and(|parsed| verify_server_name(&parsed, name).is_ok())
}
