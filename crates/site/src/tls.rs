//! TLS 1.2 and 1.3 for our listeners, with certificates from files and one of our own root.
//!
//! Nothing older: what the clients of 2005 can do on their systems is a matter for a separate terminator (security.md
//! section 8).

use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use anyhow::Context;
use rustls::ServerConfig;
use rustls::client::verify_server_name;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::server::{ClientHello, ParsedCertificate, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use swallowtail_base::lock;
use swallowtail_config::{CertificateFiles, Config, TlsConfig};
use swallowtail_messenger::net::Stream;
use swallowtail_setup::client_setup::{PublicCertificate, RENEWED_AFTER, Root, names};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// How long a handshake may take; as long as a head over HTTP (http.md section 0 item 7).
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// The certificates, and how they are shown.
#[derive(Debug)]
pub struct Tls {
    files: Vec<CertificateFiles>,
    root: Option<Arc<Root>>,
    shown: Mutex<Shown>,
}

/// What is shown now.
#[derive(Debug)]
struct Shown {
    /// The certificates from files.
    files: Vec<Arc<CertifiedKey>>,
    /// These, and the one of our own root.
    config: Arc<ServerConfig>,
    since: SystemTime,
}

/// What the server shows over TLS, and what it offers clients to install.
#[derive(Debug)]
pub struct Certificates {
    /// For the listeners; `None` without any certificate.
    pub tls: Option<Arc<Tls>>,
    /// The server's own root, unless `tls.own_root` is off.
    pub root: Option<PublicCertificate>,
}

impl Certificates {
    /// Reads the certificates in the settings and the server's own root, which the first call in a data directory
    /// makes.
    ///
    /// # Errors
    /// Names the file that cannot be read or used.
    pub fn open(config: &Config) -> anyhow::Result<Self> {
        let root = config.tls.own_root.then(|| Root::open(&config.data, &names(config))).transpose()?.map(Arc::new);
        let public = root.as_ref().map(|root| root.public().clone());
        Ok(Self { tls: Tls::open(&config.tls, root)?, root: public })
    }
}

impl Tls {
    /// Reads the certificates; `None` when there are none. One of our own root, if there is such, comes after those
    /// from files.
    ///
    /// # Errors
    /// Names the file that cannot be read or used.
    pub fn open(settings: &TlsConfig, root: Option<Arc<Root>>) -> anyhow::Result<Option<Arc<Self>>> {
        let files = settings.certificate.clone();
        if files.is_empty() && root.is_none() {
            return Ok(None);
        }
        let shown = Mutex::new(Shown::new(read(&files)?, root.as_deref())?);
        Ok(Some(Arc::new(Self { files, root, shown })))
    }

    /// Reads the files again. Connections that are open keep what they have; if a file is no good, everything stays as
    /// it is.
    ///
    /// # Errors
    /// Names the file that cannot be read or used.
    pub fn reload(&self) -> anyhow::Result<()> {
        let shown = Shown::new(read(&self.files)?, self.root.as_deref())?;
        *lock(&self.shown) = shown;
        Ok(())
    }

    /// What to show now. The certificate of our own root is made anew long before it ends, which takes less than a
    /// millisecond.
    fn config(&self) -> Arc<ServerConfig> {
        let mut shown = lock(&self.shown);
        if self.root.is_some() && shown.since.elapsed().is_ok_and(|age| age > RENEWED_AFTER) {
            match Shown::new(shown.files.clone(), self.root.as_deref()) {
                Ok(new) => *shown = new,
                Err(error) => tracing::error!("the certificate of the own root stays as it is: {error:#}"),
            }
        }
        shown.config.clone()
    }

    /// Shakes hands. `None` when the client cannot, or is too slow.
    pub async fn accept<S: Stream>(&self, stream: S) -> Option<TlsStream<S>> {
        let acceptor = TlsAcceptor::from(self.config());
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

impl Shown {
    fn new(files: Vec<Arc<CertifiedKey>>, root: Option<&Root>) -> anyhow::Result<Self> {
        let own = root.map(Root::sign).transpose()?;
        let certificates = files.iter().cloned().chain(own).collect();
        let versions = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()));
        let config = versions.with_safe_default_protocol_versions()?.with_no_client_auth();
        let config = Arc::new(config.with_cert_resolver(Arc::new(ByName(certificates))));
        Ok(Self { files, config, since: SystemTime::now() })
    }
}

fn read(files: &[CertificateFiles]) -> anyhow::Result<Vec<Arc<CertifiedKey>>> {
    files.iter().map(certificate).collect()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_certificate_of_the_own_root_is_made_anew_before_it_ends() {
        let data = tempfile::tempdir().unwrap();
        let root = Arc::new(Root::open(data.path(), &["login.live.com".to_owned()]).unwrap());
        let tls = Tls::open(&TlsConfig::default(), Some(root)).unwrap().unwrap();
        let first = tls.config();
        assert!(Arc::ptr_eq(&first, &tls.config()), "not at each connection");
        lock(&tls.shown).since -= RENEWED_AFTER + Duration::from_secs(1);
        let second = tls.config();
        assert!(!Arc::ptr_eq(&first, &second));
        assert!(Arc::ptr_eq(&second, &tls.config()));
    }
}
