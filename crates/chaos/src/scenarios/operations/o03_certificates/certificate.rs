//! Certificates for the server.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use rcgen::{CertificateParams, KeyPair};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

/// The names in the certificates. A raw TLS hello asks for the first name. A client that checks
/// certificates asks for the second name.
pub(super) const NAMES: [&str; 2] = ["login.live.com", "chat.example.com"];
/// The file with the certificate, in the directory of the server.
pub(super) const CHAIN: &str = "chain.pem";
/// The file with the key.
pub(super) const KEY: &str = "key.pem";
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// The number of days since the certificates became valid.
const AGE: u32 = 300;

/// A self-signed certificate with its key, as PEM.
#[derive(Clone, Debug)]
pub(super) struct Certificate {
    pub(super) chain: String,
    pub(super) key: String,
}

impl Certificate {
    /// Creates a certificate that expires in this many days. If the number is negative, the
    /// certificate has already expired.
    pub(super) fn until(days: i32) -> Result<Self> {
        let mut params = CertificateParams::new(NAMES.map(str::to_owned))?;
        let (epoch, now) = (rcgen::date_time_ymd(1970, 1, 1), SystemTime::now().duration_since(UNIX_EPOCH)?);
        params.not_before = epoch + (now - DAY * AGE);
        let distance = DAY * days.unsigned_abs();
        params.not_after = epoch + if days < 0 { now - distance } else { now + distance };
        let key = KeyPair::generate()?;
        Ok(Self { chain: params.self_signed(&key)?.pem(), key: key.serialize_pem() })
    }

    /// Writes the certificate and the key to a directory, in place of older files.
    pub(super) fn write(&self, directory: &Path) -> Result<()> {
        remove(&directory.join(CHAIN))?;
        remove(&directory.join(KEY))?;
        fs::write(directory.join(CHAIN), &self.chain)?;
        Ok(fs::write(directory.join(KEY), &self.key)?)
    }

    /// Returns the certificate in the form in which the server sends it.
    pub(super) fn der(&self) -> Result<CertificateDer<'static>> {
        CertificateDer::from_pem_slice(self.chain.as_bytes()).context("the certificate is not valid")
    }

    /// Reads the certificate and the key with which the server was started.
    pub(super) fn read(directory: &Path) -> Result<Self> {
        let read = |name: &str| fs::read_to_string(directory.join(name));
        Ok(Self { chain: read(CHAIN)?, key: read(KEY)? })
    }
}

fn remove(path: &PathBuf) -> Result<()> {
    if path.is_dir() {
        return Ok(fs::remove_dir(path)?);
    }
    if path.exists() {
        fs::remove_file(path)?;
    }
    Ok(())
}
