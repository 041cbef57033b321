//! TLS 1.2 and 1.3 for our listeners, with certificates from files and a certificate from the server's own root.
//!
//! Older versions are not supported. Clients of 2005 that support only older versions need a
//! separate terminator (security.md section 8).

use std::io;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use anyhow::Context;
use rustls::client::verify_server_name;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::server::{ClientHello, ParsedCertificate, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::{AlertDescription, ServerConfig};
use swallowtail_base::lock;
use swallowtail_config::{CertificateFiles, Config, TlsConfig};
use swallowtail_messenger::net::{LogLimit, Stream};
use swallowtail_setup::client_setup::{PublicCertificate, RENEWED_AFTER, Root, names};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::expiry;

/// The longest time that a handshake may take. The head of an HTTP request has the same timeout
/// (http.md section 0 item 7).
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// The number of bytes that rustls accepts while the socket accepts none. Like the unsent bytes in
/// the kernel (`accept.rs`), these bytes delay chat and no limit counts them, so this number is
/// low. With an even lower number, TLS records would be shorter and cost more.
const UNSENT: usize = 8 * 1024;

/// The certificates of the listeners with TLS.
#[derive(Debug)]
pub struct Tls {
    files: Vec<CertificateFiles>,
    root: Option<Arc<Root>>,
    current: Mutex<Current>,
    failures: LogLimit,
}

/// The certificates in use now.
#[derive(Debug)]
struct Current {
    /// The certificates from files.
    files: Vec<Arc<CertifiedKey>>,
    /// The TLS configuration with these certificates and the certificate from our own root.
    config: Arc<ServerConfig>,
    since: SystemTime,
}

/// The certificates that the server uses for TLS, and the root certificate that users can install.
#[derive(Debug)]
pub struct Certificates {
    /// TLS for the listeners. `None` if there is no certificate.
    pub tls: Option<Arc<Tls>>,
    /// The server's own root, unless `tls.own_root` is off.
    pub root: Option<PublicCertificate>,
}

impl Certificates {
    /// Reads the certificates in the settings and the server's own root. The first call in a data directory creates the
    /// root.
    ///
    /// # Errors
    /// Fails if a file cannot be read or used. The error names the file.
    pub fn open(config: &Config) -> anyhow::Result<Self> {
        let root = config.tls.own_root.then(|| Root::open(&config.data, &names(config))).transpose()?.map(Arc::new);
        let public = root.as_ref().map(|root| root.public().clone());
        Ok(Self { tls: Tls::open(&config.tls, root)?, root: public })
    }
}

impl Tls {
    /// Reads the certificates. Returns `None` if there are none. The certificate from our own root
    /// comes after the certificates from files.
    ///
    /// # Errors
    /// Fails if a file cannot be read or used. The error names the file.
    pub fn open(settings: &TlsConfig, root: Option<Arc<Root>>) -> anyhow::Result<Option<Arc<Self>>> {
        let files = settings.certificate.clone();
        if files.is_empty() && root.is_none() {
            return Ok(None);
        }
        let current = Mutex::new(Current::new(read(&files)?, root.as_deref())?);
        Ok(Some(Arc::new(Self { files, root, current, failures: LogLimit::default() })))
    }

    /// Reads the files again. Open connections keep their certificates. If a file is invalid, nothing changes.
    ///
    /// # Errors
    /// Fails if a file cannot be read or used. The error names the file.
    pub fn reload(&self) -> anyhow::Result<()> {
        let current = Current::new(read(&self.files)?, self.root.as_deref())?;
        *lock(&self.current) = current;
        Ok(())
    }

    /// Logs every certificate from a file if the certificate has expired or will expire within 14
    /// days.
    pub fn report_expiring(&self) {
        let certificates = lock(&self.current).files.clone();
        self.files.iter().zip(&certificates).for_each(|(files, certified)| expiry::report(files, certified));
    }

    /// Returns the TLS configuration. After [`RENEWED_AFTER`], first renews the certificate from
    /// our own root, which takes less than a millisecond. The old certificate is still valid for a
    /// long time then.
    fn config(&self) -> Arc<ServerConfig> {
        let mut current = lock(&self.current);
        if self.root.is_some() && current.since.elapsed().is_ok_and(|age| age > RENEWED_AFTER) {
            match Current::new(current.files.clone(), self.root.as_deref()) {
                Ok(new) => *current = new,
                Err(error) => tracing::error!(
                    "could not renew the certificate of the server's own root; the old one stays in use: {error:#}"
                ),
            }
        }
        current.config.clone()
    }

    /// Does the TLS handshake with the client at `peer`. Returns `None` if the handshake fails or
    /// takes too long. Logs a failure with its likely cause, at most once a minute for each
    /// address.
    pub async fn accept<S: Stream>(&self, stream: S, peer: IpAddr) -> Option<TlsStream<S>> {
        let acceptor = TlsAcceptor::from(self.config());
        let limited = acceptor.accept_with(stream, |connection| connection.set_buffer_limit(Some(UNSENT)));
        let accepted = timeout(HANDSHAKE_TIMEOUT, limited).await;
        let error = match accepted.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into())) {
            Ok(stream) => return Some(stream),
            Err(error) => error,
        };
        if let Some(suppressed) = self.failures.note(peer) {
            tracing::info!(%peer, reason = meaning(&error), %error, suppressed, "a TLS handshake failed");
        }
        None
    }
}

/// Returns the likely cause of a failed handshake, for the operator.
fn meaning(error: &io::Error) -> &'static str {
    if error.kind() == io::ErrorKind::TimedOut {
        return "the client did not finish the handshake in time";
    }
    let error = error.get_ref().and_then(|error| error.downcast_ref::<rustls::Error>());
    match error {
        Some(rustls::Error::PeerIncompatible(_)) => {
            "the client does not support TLS 1.2 or later, as on Windows XP (docs/operator.md, Windows XP)"
        }
        Some(rustls::Error::AlertReceived(
            AlertDescription::UnknownCA
            | AlertDescription::CertificateUnknown
            | AlertDescription::BadCertificate
            | AlertDescription::CertificateExpired,
        )) => {
            "the client does not trust the certificate: check that the server's root is installed on the client's \
             computer, and that the clock there is right"
        }
        Some(rustls::Error::InvalidMessage(_)) => "the client does not speak TLS",
        _ => "the client ended the handshake",
    }
}

impl Current {
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

/// Chooses the certificate with the name that the client requests. If the client requests no name or an unknown one,
/// chooses the first certificate. Original clients send no name.
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

    #[tokio::test(start_paused = true)]
    async fn a_client_that_sends_nothing_is_disconnected_after_the_timeout() {
        let data = tempfile::tempdir().unwrap();
        let root = Arc::new(Root::open(data.path(), &["login.live.com".to_owned()]).unwrap());
        let tls = Tls::open(&TlsConfig::default(), Some(root)).unwrap().unwrap();
        let (_client, server) = tokio::io::duplex(1024);
        let peer = std::net::Ipv4Addr::LOCALHOST.into();
        let start = tokio::time::Instant::now();
        assert!(tls.accept(server, peer).await.is_none());
        assert_eq!(start.elapsed(), HANDSHAKE_TIMEOUT);
        assert_eq!(tls.failures.note(peer), None, "the line for this minute was logged");
    }

    #[test]
    fn the_server_renews_a_certificate_from_its_own_root_before_the_certificate_expires() {
        let data = tempfile::tempdir().unwrap();
        let root = Arc::new(Root::open(data.path(), &["login.live.com".to_owned()]).unwrap());
        let tls = Tls::open(&TlsConfig::default(), Some(root)).unwrap().unwrap();
        let first = tls.config();
        assert!(Arc::ptr_eq(&first, &tls.config()), "not renewed at each connection");
        lock(&tls.current).since -= RENEWED_AFTER + Duration::from_secs(1);
        let second = tls.config();
        assert!(!Arc::ptr_eq(&first, &second));
        assert!(Arc::ptr_eq(&second, &tls.config()));
    }
}
