//! The certificate that is shown: its dates, its names and its root.
//!
//! rustls is asked, and its errors carry the facts: at the end of time every certificate has expired, and the error
//! says when.

use std::path::Path;
use std::time::Duration;

use rustls::client::{verify_server_cert_signed_by_trust_anchor, verify_server_name};
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, Error, RootCertStore};
use swallowtail_base::utc::Utc;

use super::codes;
use super::exam::Exam;
use super::finding::{Finding, Learnt};
use super::found::Trust;
use super::handshake::CertificateChain;
use crate::client_table::Client;

/// Days before its end that a certificate is worth a word.
const SOON_DAYS: u64 = 21;
/// Where systems keep the roots that they trust.
const SYSTEM_ROOTS: [&str; 3] =
    ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"];
/// What rustls says of an authority's own certificate.
const IS_AUTHORITY: &str = "CaUsedAsEndEntity";
const NEW_ONE: &str = "renew its files under [[tls.certificate]] and have the server read them again (SIGHUP); or take them out: with \
                       tls.own_root it makes certificates itself, whose root clients find at /setup";

impl CertificateChain {
    /// What a client that knows these roots says at this time.
    fn verdict(&self, roots: &RootCertStore, now: UnixTime) -> Result<(), Error> {
        let parsed = ParsedCertificate::try_from(&self.certificate)?;
        let algorithms = ring::default_provider().signature_verification_algorithms.all;
        match verify_server_cert_signed_by_trust_anchor(&parsed, roots, &self.more, now, algorithms) {
            // `openssl req -x509` makes such ones, and Windows takes them. It is said only after the dates were found
            // good.
            Err(Error::InvalidCertificate(CertificateError::Other(why))) if why.to_string() == IS_AUTHORITY => {
                Err(Error::InvalidCertificate(CertificateError::UnknownIssuer))
            }
            verdict => verdict,
        }
    }

    /// Its last second.
    fn end(&self) -> Option<u64> {
        let never = UnixTime::since_unix_epoch(Duration::from_secs(u64::from(u32::MAX) * 1000));
        match self.verdict(&RootCertStore::empty(), never) {
            Err(Error::InvalidCertificate(CertificateError::ExpiredContext { not_after, .. })) => {
                Some(not_after.as_secs())
            }
            _ => None,
        }
    }

    /// Whether it is for a host; if not, the names that it is for.
    fn is_for(&self, host: &str) -> Result<(), Vec<String>> {
        let parsed = ParsedCertificate::try_from(&self.certificate).map_err(|_| Vec::new())?;
        let name = ServerName::try_from(host.to_owned()).map_err(|_| Vec::new())?;
        match verify_server_name(&parsed, &name) {
            Ok(()) => Ok(()),
            Err(Error::InvalidCertificate(CertificateError::NotValidForNameContext { presented, .. })) => {
                Err(presented.iter().map(|name| plain(name)).collect())
            }
            Err(_) => Err(Vec::new()),
        }
    }
}

/// `DnsName("a.example")` as `a.example`.
fn plain(name: &str) -> String {
    name.split('"').nth(1).unwrap_or(name).to_owned()
}

/// Judges what [`super::tls::versions`] saw.
pub(super) fn judge(exam: Exam<'_>, shown: Option<&CertificateChain>) -> Learnt<Trust> {
    let Some(shown) = shown else {
        return Finding::skipped("there was no handshake over TLS to show one").into();
    };
    let (finding, is_proven) = examine(exam, shown);
    let is_checked = exam.options.client.is_none_or(Client::checks_certificate);
    let trust = Trust { is_trusted: finding.is_green() || !is_checked, is_proven };
    let finding = match exam.options.client {
        Some(client) if client.needs_old_tls() && !finding.is_green() => Finding::skipped(format!(
            "Windows XP is shown that of the terminator (packaging/old-tls) and never this one: {}",
            finding.text
        )),
        _ => finding,
    };
    Learnt { finding, value: trust }
}

/// What a client would find, and whether a root that we know of vouches for the certificate.
fn examine(exam: Exam<'_>, shown: &CertificateChain) -> (Finding, bool) {
    match (dates(shown), names(exam, shown)) {
        (Some(red), _) => (red.shows(codes::BAD_DATE), false),
        (None, Err(red)) => (red.shows(codes::BAD_NAME), false),
        (None, Ok(whose)) => {
            let root = root(exam, shown);
            let is_proven = matches!(root, RootVerdict::Proven(_));
            (root.finding(&whose, shown.end()).shows(codes::BAD_ROOT), is_proven)
        }
    }
}

fn day(seconds: u64) -> String {
    Utc::from_unix(i64::try_from(seconds).unwrap_or(i64::MAX)).date()
}

/// What is wrong with its time, or with itself.
fn dates(shown: &CertificateChain) -> Option<Finding> {
    use CertificateError::{Expired, ExpiredContext, NotValidYet, NotValidYetContext, UnknownIssuer};
    let Err(error) = shown.verdict(&RootCertStore::empty(), UnixTime::now()) else { return None };
    let Error::InvalidCertificate(why) = error else {
        return Some(Finding::red(format!("the certificate cannot be used: {error}"), NEW_ONE));
    };
    match why {
        UnknownIssuer => None,
        ExpiredContext { not_after, .. } => {
            Some(Finding::red(format!("the certificate has expired on {}", day(not_after.as_secs())), NEW_ONE))
        }
        Expired => Some(Finding::red("the certificate has expired", NEW_ONE)),
        NotValidYetContext { not_before, .. } => Some(Finding::red(
            format!("the certificate is valid only from {}", day(not_before.as_secs())),
            "look at the clocks of both machines; if they are right, the certificate was made too early",
        )),
        NotValidYet => Some(Finding::red("the certificate is not valid yet", NEW_ONE)),
        other => Some(Finding::red(format!("the certificate cannot be used: {other}"), NEW_ONE)),
    }
}

/// Whom it is for, or what is wrong with its names.
fn names(exam: Exam<'_>, shown: &CertificateChain) -> Result<String, Finding> {
    let own = exam.tls_name();
    let (wanted, whose): (Vec<_>, _) = match exam.options.client {
        Some(client) if client.checks_certificate() => (client.sign_in_hosts.to_vec(), client.name),
        _ if shown.is_for(&own).is_ok() => return Ok(own),
        _ => (Client::official_sign_in_hosts(), "Microsoft's clients"),
    };
    let (good, missing): (Vec<_>, Vec<_>) = wanted.iter().copied().partition(|host| shown.is_for(host).is_ok());
    // It need not have the names of every client; one of them shows what it is for.
    let is_enough = exam.options.client.is_none() && !good.is_empty();
    if missing.is_empty() || is_enough {
        return Ok(good.join(", "));
    }
    let has = missing.first().and_then(|host| shown.is_for(host).err()).unwrap_or_default();
    let has = if has.is_empty() { "no name at all".to_owned() } else { has.join(", ") };
    Err(Finding::red(
        format!("the certificate is for {has}, but {whose} ask for {}", missing.join(" and ")),
        format!(
            "with tls.own_root take out what stands under [[tls.certificate]] for these names; if it is the own root that lacks them, delete \
             the directory root in the data directory, start the server again and give clients the new root (/setup). A certificate of your \
             own has to name {}. Patched clients ask for the server's own name instead",
            wanted.join(", ")
        ),
    ))
}

/// Who vouches for a certificate.
enum RootVerdict {
    /// Somebody that we know of; how, in words.
    Proven(String),
    /// Nobody that we know of; what that means, in words.
    Private(String),
    /// Not those who should: cause and remedy.
    Wrong(String, &'static str),
}

impl RootVerdict {
    /// As the end of a sentence about whom it is for, and how long.
    fn finding(self, whose: &str, end: Option<u64>) -> Finding {
        let left = end.map(|end| end.saturating_sub(UnixTime::now().as_secs()) / 86_400);
        let soon = match left {
            Some(days @ ..SOON_DAYS) => format!(", {days} days from now: renew it soon"),
            _ => String::new(),
        };
        let until = end.map_or_else(String::new, |end| format!(", valid until {}{soon}", day(end)));
        match self {
            Self::Proven(how) | Self::Private(how) => Finding::green(format!("for {whose}{until}; {how}")),
            Self::Wrong(cause, remedy) => Finding::red(cause, remedy),
        }
    }
}

/// Who vouches for it: the root that is named, else a public one, else for our own server what its settings have it
/// show.
fn root(exam: Exam<'_>, shown: &CertificateChain) -> RootVerdict {
    if let Some(file) = &exam.options.root {
        return match vouched(shown, file) {
            Ok(Ok(how)) => RootVerdict::Proven(how),
            Ok(Err(error)) => RootVerdict::Wrong(
                format!("the certificate does not lead to the root in {}: {error}", file.display()),
                "have the server show a certificate of that root, followed by those in between (tls.certificate.chain)",
            ),
            Err(why) => RootVerdict::Wrong(why, "name a PEM file with --root"),
        };
    }
    let system = SYSTEM_ROOTS.iter().find_map(|file| read_roots(Path::new(file)).ok());
    if system.is_some_and(|roots| shown.verdict(&roots, UnixTime::now()).is_ok()) {
        return RootVerdict::Proven("its root is a public one".to_owned());
    }
    let (mut strange, mut unread) = (Vec::new(), Vec::new());
    for file in exam.target.ours.iter().flat_map(|ours| &ours.certificates) {
        match vouched(shown, file) {
            Ok(Ok(how)) => return RootVerdict::Proven(how),
            Ok(Err(_)) => strange.push(file.display().to_string()),
            Err(why) => unread.push(why),
        }
    }
    let private = "its root is a private one, which each client's Windows must be given";
    match (&strange[..], &unread[..]) {
        ([], []) => RootVerdict::Private(private.to_owned()),
        // Its directory is for the server's user alone, and who runs this may be another.
        (_, [why, ..]) => RootVerdict::Private(format!("{private}; whether it is this server's was not seen: {why}")),
        (files, []) => RootVerdict::Wrong(
            format!("the certificate comes neither from a public root nor from {}", files.join(" or ")),
            "see that it is this server that answers there; if its settings or files were changed since it started, have it read \
             them again (SIGHUP), or start it again",
        ),
    }
}

/// How a file vouches for a certificate, with itself or with a root; or what a client that trusts the file says.
///
/// # Errors
/// Why it cannot be read.
fn vouched(shown: &CertificateChain, file: &Path) -> Result<Result<String, Error>, String> {
    let roots = read_roots(file)?;
    let is_itself = CertificateDer::pem_file_iter(file)
        .is_ok_and(|mut roots| roots.any(|root| root.is_ok_and(|root| root == shown.certificate)));
    Ok(match shown.verdict(&roots, UnixTime::now()) {
        _ if is_itself => Ok(format!("it is the one in {}", file.display())),
        Ok(()) => Ok(format!("its root is the one in {}", file.display())),
        Err(error) => Err(error),
    })
}

fn read_roots(file: &Path) -> Result<RootCertStore, String> {
    let cannot = |why: String| format!("cannot read roots from {}: {why}", file.display());
    let mut roots = RootCertStore::empty();
    let certificates = CertificateDer::pem_file_iter(file).map_err(|error| cannot(error.to_string()))?;
    // A bundle may have one that is too old to be read.
    roots.add_parsable_certificates(certificates.flatten());
    if roots.is_empty() { Err(cannot("it has none".to_owned())) } else { Ok(roots) }
}
