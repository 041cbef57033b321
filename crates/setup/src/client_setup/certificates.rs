//! The certificates that the server creates itself: a private root, and a certificate for Windows
//! XP. The server needs its own certificates because clients connect to Microsoft's old host names,
//! and no public authority signs certificates for these names.
//!
//! **The root** is created once and stays in the data directory. Critical name constraints limit the root to [`names`].
//! A user who installs the root trusts this server for those hosts and for the names below them, but for no others (RFC
//! 5280 section 4.2.1.10: a permitted dNSName includes the names below it). In the RFC, a
//! constraint on host names does not limit IP addresses. So if [`names`] contains no IPv4 address,
//! the root excludes all IPv4 addresses. The same applies to IPv6. The root and the certificates
//! under it have ECDSA keys. For TLS 1.2, the server offers only ciphers with forward secrecy and
//! AES-GCM, and Windows 7 supports these ciphers only with ECDSA keys. The certificate that the
//! listeners show is never written to disk. The server signs a new certificate at each start, and
//! again before that certificate expires.
//!
//! **Windows XP** supports only RSA keys, and rejects certificates under a root with name constraints. In 2016, a
//! public authority had to give up its name constraints for that reason. The certificate for
//! Windows XP ([`OldTls`]) is for the terminator of packaging/old-tls and is self-signed. Users
//! install it among the trusted roots, but it cannot sign other certificates and is valid only for
//! its own names. Only the terminator uses the key of this certificate (security.md section 8).

use std::fs::File;
use std::io::{ErrorKind, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use getrandom::SysRng;
use rcgen::{
    BasicConstraints, CertificateParams, CidrSubnet, DnType, ExtendedKeyUsagePurpose, GeneralSubtree, IsCa, Issuer,
    KeyPair, KeyUsagePurpose, NameConstraints, PKCS_RSA_SHA256,
};
use rsa::PrivateKey;
use rsa::pkcs8::{EncodePrivateKey, LineEnding};
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName};
use rustls::sign::CertifiedKey;
use sha2::{Digest, Sha256};
use swallowtail_base::utc::Utc;
use swallowtail_base::{create_private_directory, create_private_file, give_to_owner_of};
use swallowtail_config::Config;

use crate::hosts::SIGN_IN;

/// The directory of the root inside the data directory.
const ROOT: &str = "root";
/// The directory for the terminator inside the data directory.
const OLD_TLS: &str = "old-tls";
const CERTIFICATE: &str = "certificate.pem";
const KEY: &str = "key.pem";
/// The file with the names in a certificate, one per line. The certificate also contains the names,
/// but the server reads them from this file.
const NAMES: &str = "names.txt";

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// How long before its creation a certificate becomes valid. It becomes valid early because the
/// clock of a PC may be slow.
const BACKDATED: Duration = DAY.saturating_mul(7);
/// How long certificates that users install are valid after their creation.
const LONG: Duration = DAY.saturating_mul(3650);
/// How long certificates that the listeners show are valid after their creation.
const SHORT: Duration = DAY.saturating_mul(397);
/// The age at which the server replaces the certificate that its listeners show.
pub const RENEWED_AFTER: Duration = DAY.saturating_mul(90);
/// The size of the key for Windows XP, in bits.
const RSA_BITS: usize = 2048;

/// A certificate in the forms that users download, without its key.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicCertificate {
    /// The certificate as DER, which Windows opens with a double-click.
    pub der: Vec<u8>,
    /// The certificate as PEM. This is the same certificate as `der`.
    pub pem: String,
    /// The names for which the certificate is valid. For a root, the names for which it may sign
    /// certificates.
    pub names: Vec<String>,
}

/// The private root of this server, with its key.
pub struct Root {
    public: PublicCertificate,
    issuer: Issuer<'static, KeyPair>,
}

/// The certificate that users install on Windows XP, and the files that the terminator needs.
#[derive(Clone, Debug)]
pub struct OldTls {
    /// The certificate that users install.
    pub public: PublicCertificate,
    /// The file with the certificate.
    pub certificate: PathBuf,
    /// The file with the key of the certificate.
    pub key: PathBuf,
}

/// Returns the names for the server's own certificates: the hosts where clients sign in, and the names of this server.
#[must_use]
pub fn names(config: &Config) -> Vec<String> {
    let mut names: Vec<_> = SIGN_IN.map(str::to_owned).into();
    names.extend(own_names(config).into_iter().filter(|name| !SIGN_IN.contains(&name.as_str())));
    names
}

/// Returns the names and addresses that the settings give this server: `http.names`, `advertise` and `listen.https`.
pub(crate) fn own_names(config: &Config) -> Vec<String> {
    let advertised = config.networks().flat_map(|(_, _, advertise)| advertise.hosts().map(str::to_owned));
    let listened = config.networks().filter_map(|(_, listen, _)| listen.https).map(|address| address.ip());
    let addresses = listened.filter(|ip| !ip.is_unspecified()).map(|ip| ip.to_canonical().to_string());
    let mut names: Vec<String> = Vec::new();
    for name in config.http.names.iter().cloned().chain(advertised).chain(addresses) {
        let name = name.trim_matches('.').to_ascii_lowercase();
        // A host in the settings may contain characters that a certificate does not allow.
        if ServerName::try_from(name.as_str()).is_ok() && !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

impl Root {
    /// Reads the root from a data directory. If there is no root, creates one for these names.
    ///
    /// # Errors
    /// Returns an error that names the file if it cannot be read or written.
    pub fn open(data: &Path, names: &[String]) -> anyhow::Result<Self> {
        let directory = data.join(ROOT);
        if !directory.exists() {
            let key = KeyPair::generate()?;
            let certificate = root_params(&key, names).self_signed(&key)?;
            make(data, ROOT, &certificate.pem(), &key.serialize_pem(), names)?;
        }
        let public = PublicCertificate::read(&directory)?;
        let missing: Vec<_> = names.iter().filter(|name| !public.names.contains(name)).collect();
        if !missing.is_empty() {
            let directory = directory.display();
            tracing::warn!(?missing, %directory, "the server's own root is not valid for these names; delete the \
                                                  directory to get a new root, then install the new root on every \
                                                  client");
        }
        let path = directory.join(KEY);
        let broken =
            || format!("{} is not the key of a root; delete {} to get a new root", path.display(), directory.display());
        let secret = PrivateKeyDer::from_pem_slice(read(&directory, KEY)?.as_bytes()).with_context(broken)?;
        let key = KeyPair::try_from(&secret).with_context(broken)?;
        let issuer = Issuer::new(root_params(&key, &public.names), key);
        Ok(Self { public, issuer })
    }

    /// Returns the certificate for users, without the key.
    #[must_use]
    pub const fn public(&self) -> &PublicCertificate {
        &self.public
    }

    /// Creates a new key, and signs a certificate for this key and the names of the root.
    ///
    /// # Errors
    /// Returns an error if a certificate does not allow one of the names. [`names`] excludes such names.
    pub fn sign(&self) -> anyhow::Result<Arc<CertifiedKey>> {
        let key = KeyPair::generate()?;
        let mut params = server_params(&self.public.names, SHORT)?;
        params.use_authority_key_identifier_extension = true;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        let certificate = params.signed_by(&key, &self.issuer)?;
        let secret = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let provider = ring::default_provider();
        Ok(Arc::new(CertifiedKey::from_der(vec![certificate.der().clone()], secret, &provider)?))
    }
}

impl OldTls {
    /// Reads the certificate and finds its files. Returns `None` if the certificate has not been
    /// created yet.
    ///
    /// # Errors
    /// Returns an error that names the file if it cannot be read.
    pub fn read(data: &Path) -> anyhow::Result<Option<Self>> {
        let directory = data.join(OLD_TLS);
        if !directory.exists() {
            return Ok(None);
        }
        let public = PublicCertificate::read(&directory)?;
        Ok(Some(Self { public, certificate: directory.join(CERTIFICATE), key: directory.join(KEY) }))
    }

    /// Reads the certificate. If there is no certificate, creates one for these names. Generating the RSA key takes a
    /// moment.
    ///
    /// # Errors
    /// Returns an error that names the file if it cannot be read or written.
    pub fn open(data: &Path, names: &[String]) -> anyhow::Result<Self> {
        if let Some(old) = Self::read(data)? {
            return Ok(old);
        }
        // The `rsa` library only generates the two primes. ring creates the signatures.
        let secret = PrivateKey::new(&mut SysRng, RSA_BITS)?.to_pkcs8_pem(LineEnding::LF)?;
        let key = KeyPair::from_pkcs8_pem_and_sign_algo(&secret, &PKCS_RSA_SHA256)?;
        // This sets no key usages. The key signs only its own certificate, and no key usage is
        // defined for that.
        let mut params = server_params(names, LONG)?;
        params.is_ca = IsCa::ExplicitNoCa;
        let certificate = params.self_signed(&key)?;
        make(data, OLD_TLS, &certificate.pem(), &secret, names)?;
        Self::read(data)?
            .with_context(|| format!("{} was deleted immediately after it was created", data.join(OLD_TLS).display()))
    }
}

impl PublicCertificate {
    fn read(directory: &Path) -> anyhow::Result<Self> {
        let (pem, names) = (read(directory, CERTIFICATE)?, read(directory, NAMES)?);
        let der = CertificateDer::from_pem_slice(pem.as_bytes())
            .with_context(|| format!("{} is not a certificate", directory.join(CERTIFICATE).display()))?;
        Ok(Self { der: der.to_vec(), pem, names: names.lines().map(str::to_owned).collect() })
    }

    /// Returns the fingerprint that users compare: the SHA-256 of the DER in hex, as `certutil` and `sha256sum` print
    /// it.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        Sha256::digest(&self.der).iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

impl std::fmt::Debug for PublicCertificate {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("PublicCertificate").field("names", &self.names).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Root {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Root").field("public", &self.public).finish_non_exhaustive()
    }
}

/// Returns the parameters of the root with this key. The root's name contains 8 hex digits of the key's hash, so that
/// the roots of several servers differ in lists of certificates.
fn root_params(key: &KeyPair, names: &[String]) -> CertificateParams {
    let mut params = CertificateParams::default();
    let digest = Sha256::digest(key.public_key_raw());
    let mark: String = digest.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
    params.distinguished_name = named(&format!("{ROOT_NAME} {mark}"));
    live(&mut params, LONG);
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.name_constraints = Some(NameConstraints {
        permitted_subtrees: names.iter().map(|name| subtree(name)).collect(),
        excluded_subtrees: excluded(names),
    });
    params
}

/// Returns the whole address range of each IP family that has no address in `names`. Without these
/// exclusions, a root with constraints on host names only would allow every IP address.
fn excluded(names: &[String]) -> Vec<GeneralSubtree> {
    let families = [IpAddr::from(Ipv4Addr::UNSPECIFIED), IpAddr::from(Ipv6Addr::UNSPECIFIED)];
    let is_named = |family: &IpAddr| {
        let mut addresses = names.iter().filter_map(|name| name.parse::<IpAddr>().ok());
        addresses.any(|ip| ip.is_ipv4() == family.is_ipv4())
    };
    let all = |family| GeneralSubtree::IpAddress(CidrSubnet::from_addr_prefix(family, 0));
    families.into_iter().filter(|family| !is_named(family)).map(all).collect()
}

/// The beginning of the root's name. Hex digits follow.
pub(super) const ROOT_NAME: &str = "Swallowtail root";

fn server_params(names: &[String], long: Duration) -> Result<CertificateParams, rcgen::Error> {
    let mut params = CertificateParams::new(names)?;
    params.distinguished_name = named(names.first().map_or("", String::as_str));
    live(&mut params, long);
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    Ok(params)
}

fn named(name: &str) -> rcgen::DistinguishedName {
    let mut distinguished = rcgen::DistinguishedName::new();
    distinguished.push(DnType::CommonName, name);
    distinguished
}

fn subtree(name: &str) -> GeneralSubtree {
    match name.parse::<IpAddr>() {
        Ok(ip) => GeneralSubtree::IpAddress(CidrSubnet::from_addr_prefix(ip, if ip.is_ipv4() { 32 } else { 128 })),
        Err(_) => GeneralSubtree::DnsName(name.to_owned()),
    }
}

/// Sets the validity of a certificate. It begins [`BACKDATED`] before now, and ends `long` after
/// now.
fn live(params: &mut CertificateParams, long: Duration) {
    let (epoch, now) = (rcgen::date_time_ymd(1970, 1, 1), Duration::from_secs(Utc::now().unix().unsigned_abs()));
    params.not_before = epoch + now.saturating_sub(BACKDATED);
    params.not_after = epoch + now.saturating_add(long);
}

/// Reads one of the files of a certificate. Only the owner can read these files. If permission is
/// denied, the error names the user that must own the file.
fn read(directory: &Path, name: &str) -> anyhow::Result<String> {
    let path = directory.join(name);
    std::fs::read_to_string(&path).map_err(|error| {
        let is_foreign = error.kind() == ErrorKind::PermissionDenied;
        let error = anyhow::Error::new(error).context(format!("cannot read {}", path.display()));
        if is_foreign { error.context(foreign(directory)) } else { error }
    })
}

fn foreign(directory: &Path) -> String {
    let (directory, data) = (directory.display(), directory.parent().unwrap_or(directory).display());
    format!(
        "{directory} and all its files must belong to the user that runs the server. Another user created the \
         directory, perhaps with client-setup. To give it to the owner of {data}, run: chown -R --reference={data} \
         {directory}"
    )
}

/// Creates a directory with a certificate in the data directory. The directory is created completely or not at all,
/// even if the machine loses power. If another process has already created it, that directory is kept.
fn make(data: &Path, name: &str, certificate: &str, key: &str, names: &[String]) -> anyhow::Result<()> {
    let cannot = || format!("cannot write to the data directory {}", data.display());
    create_private_directory(data).with_context(cannot)?;
    let owner_alone = std::fs::Permissions::from_mode(0o700);
    let new = tempfile::Builder::new().prefix(name).permissions(owner_alone).tempdir_in(data).with_context(cannot)?;
    let directory = File::open(new.path()).with_context(cannot)?;
    give_to_owner_of(data, &directory).with_context(cannot)?;
    for (name, text) in [(CERTIFICATE, certificate), (KEY, key), (NAMES, &(names.join("\n") + "\n"))] {
        let mut file = create_private_file(&new.path().join(name), data).with_context(cannot)?;
        file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).with_context(cannot)?;
    }
    // The new directory must be completely on the disk before it gets its final name.
    directory.sync_all().with_context(cannot)?;
    match std::fs::rename(new.path(), data.join(name)) {
        Ok(()) => {
            // The directory was renamed, so there is nothing to delete.
            let _ = new.keep();
            File::open(data).and_then(|data| data.sync_all()).with_context(cannot)
        }
        Err(error) if matches!(error.kind(), ErrorKind::DirectoryNotEmpty | ErrorKind::AlreadyExists) => Ok(()),
        Err(error) => Err(error).with_context(cannot),
    }
}
