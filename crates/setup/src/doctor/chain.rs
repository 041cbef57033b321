//! A chain of certificates, and the verdict of a client about the chain.
//!
//! rustls judges the chain, and the errors of rustls contain facts about the chain. For example,
//! the error for a wrong name lists the names in the certificate.

use std::path::Path;

use rustls::client::{verify_server_cert_signed_by_trust_anchor, verify_server_name};
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, Error, RootCertStore};

use crate::expiry::expires_at;

/// The text of the rustls error for a certificate that is itself an authority.
const IS_AUTHORITY: &str = "CaUsedAsEndEntity";
/// A name that is in no certificate. When rustls checks a certificate for this name, its error
/// lists the names in the certificate.
const NO_NAME: &str = "doctor.invalid";

/// The certificates that a server showed in a handshake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct CertificateChain {
    pub(super) certificate: CertificateDer<'static>,
    pub(super) more: Vec<CertificateDer<'static>>,
}

impl CertificateChain {
    /// Returns the verdict of a client that trusts these roots, at the time `now`.
    pub(super) fn verdict(&self, roots: &RootCertStore, now: UnixTime) -> Result<(), Error> {
        let parsed = ParsedCertificate::try_from(&self.certificate)?;
        let algorithms = ring::default_provider().signature_verification_algorithms.all;
        match verify_server_cert_signed_by_trust_anchor(&parsed, roots, &self.more, now, algorithms) {
            // The certificate of the server is marked as an authority. `openssl req -x509` creates
            // such certificates, and Windows accepts them. rustls returns this error only if the
            // dates are valid.
            Err(Error::InvalidCertificate(CertificateError::Other(why))) if why.to_string() == IS_AUTHORITY => {
                Err(Error::InvalidCertificate(CertificateError::UnknownIssuer))
            }
            verdict => verdict,
        }
    }

    /// Returns when the certificate expires, in Unix seconds.
    pub(super) fn end(&self) -> Option<u64> {
        expires_at(&self.certificate)
    }

    /// Returns whether the certificate is for a host.
    pub(super) fn is_for(&self, host: &str) -> bool {
        let parsed = ParsedCertificate::try_from(&self.certificate).ok();
        let name = ServerName::try_from(host.to_owned()).ok();
        parsed.zip(name).is_some_and(|(parsed, name)| verify_server_name(&parsed, &name).is_ok())
    }

    /// Returns the names in the certificate.
    pub(super) fn names(&self) -> Vec<String> {
        names_of(&self.certificate)
    }
}

/// Returns the names in the first certificate of a file. Returns an empty list if the file cannot
/// be read.
pub(super) fn names_in(file: &Path) -> Vec<String> {
    let first = CertificateDer::pem_file_iter(file).ok().and_then(|mut certificates| certificates.next());
    first.and_then(Result::ok).map(|certificate| names_of(&certificate)).unwrap_or_default()
}

fn names_of(certificate: &CertificateDer<'_>) -> Vec<String> {
    let parsed = ParsedCertificate::try_from(certificate).ok();
    let Some((parsed, name)) = parsed.zip(ServerName::try_from(NO_NAME).ok()) else { return Vec::new() };
    match verify_server_name(&parsed, &name) {
        Err(Error::InvalidCertificate(CertificateError::NotValidForNameContext { presented, .. })) => {
            presented.iter().map(|name| plain(name)).collect()
        }
        _ => Vec::new(),
    }
}

/// Returns `a.example` for `DnsName("a.example")`.
fn plain(name: &str) -> String {
    name.split('"').nth(1).unwrap_or(name).to_owned()
}
