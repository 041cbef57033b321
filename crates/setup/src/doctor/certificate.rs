//! Checks the certificates that the server shows: their dates, their names and their roots.

use std::path::{Path, PathBuf};

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::{CertificateError, Error, RootCertStore};
use swallowtail_base::utc::Utc;

use super::chain::CertificateChain;
use super::codes;
use super::exam::Exam;
use super::finding::{Finding, Learnt};
use super::found::{Shown, Tls, Trust};
use super::names::{Names, Need};
use crate::client_table::Client;

/// The finding says that a certificate expires soon if it is valid for less than this number of
/// days.
const SOON_DAYS: u64 = 21;
/// The files in which systems keep the roots that they trust.
const SYSTEM_ROOTS: [&str; 3] =
    ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"];
const RENEW: &str = "renew the files of the certificate under [[tls.certificate]], and make the server reload them \
                     (SIGHUP). Or remove that table and set tls.own_root, so that the server creates certificates \
                     itself. Users get the root at /setup";
const PRIVATE: &str = "its root is private, so each client's computer has to trust that root";

/// Judges the certificates that [`super::tls::versions`] received.
pub(super) fn judge(exam: Exam<'_>, tls: &Tls) -> Learnt<Trust> {
    if tls.shown.is_empty() {
        return Finding::skipped("not checked: there was no TLS handshake").into();
    }
    let (finding, choice) = examine(exam, tls);
    let is_checked = exam.options.client.is_none_or(Client::checks_certificate);
    let trust = Trust { is_trusted: finding.is_green() || !is_checked, ..choice };
    let finding = match exam.options.client {
        Some(client) if client.needs_old_tls() && !finding.is_green() => Finding::skipped(format!(
            "Windows XP gets the certificate of the terminator (packaging/old-tls), never this one: {}",
            finding.text
        )),
        _ => finding,
    };
    Learnt { finding, value: trust }
}

/// A certificate, and the names for which the server showed it.
struct Group<'a> {
    chain: &'a CertificateChain,
    /// The index of the first handshake for a name in `good`. If `good` is empty, the index of the first handshake that
    /// showed this certificate.
    first: usize,
    /// Among the names in the handshakes, those for which the certificate is valid.
    good: Vec<&'a str>,
}

impl<'a> Group<'a> {
    /// Groups handshakes by certificate.
    fn all(shown: &'a [Shown]) -> Vec<Self> {
        let mut groups: Vec<Self> = Vec::new();
        for (index, Shown { name, chain }) in shown.iter().enumerate() {
            let known = groups.iter().position(|group| group.chain.certificate == chain.certificate);
            let at = known.unwrap_or_else(|| {
                groups.push(Self { chain, first: index, good: Vec::new() });
                groups.len() - 1
            });
            if let Some(group) = groups.get_mut(at).filter(|group| group.chain.is_for(name)) {
                if group.good.is_empty() {
                    group.first = index;
                }
                group.good.push(name);
            }
        }
        groups
    }

    /// Returns a phrase that names the certificate in a sentence.
    fn title(&self) -> String {
        let names = if self.good.is_empty() { self.chain.names() } else { owned(&self.good) };
        format!("the certificate for {}", if names.is_empty() { "no name".to_owned() } else { names.join(", ") })
    }
}

fn owned(names: &[&str]) -> Vec<String> {
    names.iter().map(ToString::to_string).collect()
}

/// Returns the finding about all certificates, and the best certificate for signing in.
fn examine(exam: Exam<'_>, tls: &Tls) -> (Finding, Trust) {
    let groups = Group::all(&tls.shown);
    let mut choice = Trust::default();
    if let Some(red) = groups.iter().find_map(dates) {
        return (red.shows(codes::BAD_DATE), choice);
    }
    let missing = match missing(exam, &groups) {
        Ok(missing) => missing,
        Err(red) => return (red.shows(codes::BAD_NAME), choice),
    };
    let mut sentences = Vec::new();
    for group in groups.iter().filter(|group| !group.good.is_empty()) {
        let root = root(exam, group);
        let is_proven = matches!(root, RootVerdict::Proven(_));
        match root.finding(group) {
            Ok(sentence) => sentences.push(sentence),
            Err(red) => return (red.shows(codes::BAD_ROOT), Trust::default()),
        }
        if sentences.len() == 1 || (is_proven && !choice.is_proven) {
            choice = Trust { choice: group.first, is_proven, ..choice };
        }
    }
    if !missing.is_empty() {
        sentences.push(format!("no certificate for {}", missing.join(", ")));
    }
    (Finding::green(sentences.join(". Also ")), choice)
}

fn day(seconds: u64) -> String {
    Utc::from_unix(i64::try_from(seconds).unwrap_or(i64::MAX)).date()
}

/// Returns a red finding if a certificate has expired, is not valid yet or cannot be used at all.
fn dates(group: &Group<'_>) -> Option<Finding> {
    use CertificateError::{Expired, ExpiredContext, NotValidYet, NotValidYetContext, UnknownIssuer};
    let Err(error) = group.chain.verdict(&RootCertStore::empty(), UnixTime::now()) else { return None };
    let title = group.title();
    let Error::InvalidCertificate(why) = error else {
        return Some(Finding::red(format!("{title} cannot be used: {error}"), RENEW));
    };
    match why {
        UnknownIssuer => None,
        ExpiredContext { not_after, .. } => {
            Some(Finding::red(format!("{title} expired on {}", day(not_after.as_secs())), RENEW))
        }
        Expired => Some(Finding::red(format!("{title} has expired"), RENEW)),
        NotValidYetContext { not_before, .. } => Some(Finding::red(
            format!("{title} is valid only from {}", day(not_before.as_secs())),
            "check the clocks of both computers; if they are correct, the certificate is not valid yet",
        )),
        NotValidYet => Some(Finding::red(format!("{title} is not valid yet"), RENEW)),
        other => Some(Finding::red(format!("{title} cannot be used: {other}"), RENEW)),
    }
}

/// Returns the names that have no certificate and do not need one.
///
/// # Errors
/// Returns a red finding if a name that needs a certificate has none.
fn missing(exam: Exam<'_>, groups: &[Group<'_>]) -> Result<Vec<String>, Finding> {
    let names = Names::of(exam);
    let is_good = |name: &str| groups.iter().any(|group| group.good.contains(&name));
    let lacking = |wanted: Vec<&str>| owned(&wanted.into_iter().filter(|name| !is_good(name)).collect::<Vec<_>>());
    let all = lacking(names.all().collect());
    let own = lacking(names.own.iter().map(String::as_str).collect());
    let has_none = groups.iter().all(|group| group.good.is_empty());
    let (faulty, is_own) = match names.need {
        Need::All => (all.clone(), false),
        Need::Own if !own.is_empty() && !has_none => (own, true),
        _ if has_none => (lacking(names.sign_in.clone()), false),
        _ => (Vec::new(), false),
    };
    if faulty.is_empty() {
        return Ok(all);
    }
    let mut there: Vec<_> = groups.iter().flat_map(|group| group.chain.names()).collect();
    there.sort_unstable();
    there.dedup();
    let there = if there.is_empty() { "no name".to_owned() } else { there.join(", ") };
    let who = exam.options.client.map_or_else(|| "clients ask".to_owned(), |client| format!("{} asks", client.name));
    let cause = format!("the certificate is for {there}, but {who} for {}", faulty.join(" and "));
    let remedy = if is_own {
        format!(
            "add a certificate for {} under [[tls.certificate]]. If you changed its files, make the server reload \
             them (SIGHUP). A name that is no longer used can be removed from [http] names and [advertise]",
            faulty.join(", ")
        )
    } else {
        format!(
            "with tls.own_root, remove from [[tls.certificate]] any certificate that contains these names. If the \
             server's own root does not cover these names, delete the directory root in the data directory, restart \
             the server and install the new root on every client (/setup). If you use your own certificate, it needs \
             all of these names: {}. Clients that were patched for this server ask for the server's own name instead. \
             To check for such clients, pass that name with --host",
            faulty.join(", ")
        )
    };
    Err(Finding::red(cause, remedy))
}

/// The result of checking which root signed a certificate.
enum RootVerdict {
    /// A known root. Contains a phrase that names it.
    Proven(String),
    /// An unknown root. Contains a phrase that says what this means.
    Private(String),
    /// A root that clients would not accept for this certificate. Contains the cause and the
    /// remedy.
    Wrong(String, &'static str),
}

impl RootVerdict {
    /// Returns a sentence about a certificate: its names, its expiry, and its root.
    fn finding(self, group: &Group<'_>) -> Result<String, Finding> {
        let end = group.chain.end();
        let left = end.map(|end| end.saturating_sub(UnixTime::now().as_secs()) / 86_400);
        let soon = match left {
            Some(days @ ..SOON_DAYS) => format!(", {days} days from now: renew it soon"),
            _ => String::new(),
        };
        let until = end.map_or_else(String::new, |end| format!(", valid until {}{soon}", day(end)));
        match self {
            Self::Proven(how) | Self::Private(how) => Ok(format!("for {}{until}; {how}", group.good.join(", "))),
            Self::Wrong(cause, remedy) => Err(Finding::red(cause, remedy)),
        }
    }
}

/// Checks which root signed a certificate. With `--root`, only that root is valid. Without
/// `--root`, every root that this system trusts is valid. For our own server, the roots in its
/// settings are also valid.
fn root(exam: Exam<'_>, group: &Group<'_>) -> RootVerdict {
    let shown = group.chain;
    if let Some(file) = &exam.options.root {
        return match vouched(shown, file) {
            Ok(Ok(how)) => RootVerdict::Proven(how),
            Ok(Err(error)) => RootVerdict::Wrong(
                format!("{} has no chain to the root in {}: {error}", group.title(), file.display()),
                "configure a certificate that this root signed, followed by the intermediate certificates \
                 (tls.certificate.chain)",
            ),
            Err(why) => RootVerdict::Wrong(why, "pass a PEM file with --root"),
        };
    }
    let system = SYSTEM_ROOTS.iter().find_map(|file| read_roots(Path::new(file)).ok());
    if system.is_some_and(|roots| shown.verdict(&roots, UnixTime::now()).is_ok()) {
        return RootVerdict::Proven("its root is trusted here".to_owned());
    }
    let (mut strange, mut unread) = (Vec::new(), Vec::new());
    for file in exam.target.ours.iter().flat_map(|ours| ours.own_root.iter().chain(&ours.configured)) {
        match vouched(shown, file) {
            Ok(Ok(how)) => return RootVerdict::Proven(how),
            Ok(Err(_)) => strange.push(file),
            Err(why) => unread.push(why),
        }
    }
    match (&strange[..], &unread[..]) {
        ([], []) => RootVerdict::Private(PRIVATE.to_owned()),
        // Only the user that runs the server can read the directory of the root, and the doctor may
        // run as another user.
        (_, [why, ..]) => {
            RootVerdict::Private(format!("{PRIVATE}. Could not check whether it is this server's root: {why}"))
        }
        (files, []) => RootVerdict::Wrong(
            format!("{} is signed neither by a root that is trusted here nor by {}", group.title(), listed(files)),
            "check that this address belongs to your server or forwards to it. If settings or certificate files \
             changed after the server started, make the server reload them (SIGHUP) or restart it",
        ),
    }
}

fn listed(files: &[&PathBuf]) -> String {
    files.iter().map(|file| file.display().to_string()).collect::<Vec<_>>().join(" or ")
}

/// Returns a phrase that says what a file contains: the certificate itself, or its root. If the
/// file contains neither, returns the error of a client that trusts only the roots in the file.
///
/// # Errors
/// Returns why the file cannot be read.
fn vouched(shown: &CertificateChain, file: &Path) -> Result<Result<String, Error>, String> {
    let roots = read_roots(file)?;
    let is_itself = CertificateDer::pem_file_iter(file)
        .is_ok_and(|mut roots| roots.any(|root| root.is_ok_and(|root| root == shown.certificate)));
    Ok(match shown.verdict(&roots, UnixTime::now()) {
        _ if is_itself => Ok(format!("the certificate is in {}", file.display())),
        Ok(()) => Ok(format!("its root is in {}", file.display())),
        Err(error) => Err(error),
    })
}

fn read_roots(file: &Path) -> Result<RootCertStore, String> {
    let cannot = |why: String| format!("cannot read roots from {}: {why}", file.display());
    let mut roots = RootCertStore::empty();
    let certificates = CertificateDer::pem_file_iter(file).map_err(|error| cannot(error.to_string()))?;
    // A bundle may contain a root that is too old for rustls to read. Such a root is skipped.
    roots.add_parsable_certificates(certificates.flatten());
    if roots.is_empty() { Err(cannot("the file contains none".to_owned())) } else { Ok(roots) }
}
