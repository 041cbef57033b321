//! Checks whether a server speaks TLS 1.2 and 1.3. [`super::certificate`] judges the certificates.

use rustls::SupportedProtocolVersion;
use rustls::version::{TLS12, TLS13};

use super::codes;
use super::exam::Exam;
use super::finding::{Finding, Learnt, bounded};
use super::found::{OpenPorts, Shown, Tls};
use super::handshake::handshake;
use super::names::Names;
use super::old_tls;
use super::route::{dial_tls, tls_address};

/// One or more TLS versions, and the word for them in a finding. The word is empty for more than one version.
type Version = (&'static str, &'static [&'static SupportedProtocolVersion]);
const EACH: &[Version] = &[("1.2", &[&TLS12]), ("1.3", &[&TLS13])];
const ANY: &[Version] = &[("", &[&TLS13, &TLS12])];

/// Finds out which TLS versions the server supports. Microsoft's clients on Windows 7 and later
/// need a server with TLS 1.2, and do not use TLS 1.3.
pub(super) async fn versions(exam: Exam<'_>, open: OpenPorts) -> Learnt<Tls> {
    let mut tls = Tls::default();
    // The timeout is in this function and not around it, so that certificates received before a
    // timeout are kept.
    let finding = bounded(codes::NO_TLS, examine(exam, open, &mut tls)).await;
    Learnt { finding, value: tls }
}

async fn examine(exam: Exam<'_>, open: OpenPorts, tls: &mut Tls) -> Finding {
    if let Some(finding) = unreached(exam, open) {
        return finding;
    }
    let (mut spoken, mut failed) = (Vec::new(), String::new());
    for name in Names::of(exam).all() {
        let mut chain = None;
        // A server supports the same versions for every name, so the first name with a successful handshake shows them.
        for (word, versions) in if spoken.is_empty() { EACH } else { ANY } {
            let stream = match dial_tls(exam, name).await {
                Ok(stream) => stream,
                Err(why) if exam.target.https.is_some() => {
                    return Finding::red(why, "see the HTTPS port check above").shows(codes::NO_HTTPS);
                }
                Err(why) => return none(exam, format!("{}, and {why}", exam.target.is_not_set("listen.https"))),
            };
            match handshake(stream, name, versions).await {
                Ok((_, shown)) => {
                    spoken.extend((!word.is_empty()).then_some(*word));
                    chain = shown;
                }
                Err(why) => failed = why,
            }
        }
        tls.shown.extend(chain.map(|chain| Shown { name: name.to_owned(), chain }));
    }
    tls.is_spoken = !spoken.is_empty();
    if !tls.is_spoken && exam.wants_xp() && old_tls::is_spoken(exam).await {
        let host_port = tls_address(exam);
        return Finding::skipped(format!("not checked: {host_port} serves only Windows XP (TLS 1.0)"));
    }
    judge(&tls_address(exam), &spoken, &failed)
}

/// Returns the finding if no handshake is possible.
fn unreached(exam: Exam<'_>, open: OpenPorts) -> Option<Finding> {
    match (&exam.target.https, exam.target.proxy()) {
        (Some(_), _) if open.https => None,
        (Some(_), _) => Some(Finding::skipped("not checked: the HTTPS port cannot be reached")),
        (None, _) if open.http => None,
        (None, Some(_)) => {
            Some(Finding::skipped("not checked: TLS is tested through the HTTP port, which cannot be reached"))
        }
        (None, None) => Some(none(exam, exam.target.is_not_set("listen.https"))),
    }
}

/// Judges the TLS versions.
fn judge(host_port: &str, spoken: &[&str], failed: &str) -> Finding {
    match spoken {
        ["1.3"] => Finding::red(
            format!("{host_port} supports only TLS 1.3, which needs Windows 11 or later"),
            "make the TLS terminator at this address accept TLS 1.2 as well",
        )
        .shows(codes::NO_TLS),
        [] => Finding::red(
            format!("the handshake fails on {host_port}, with TLS 1.2 and with 1.3: {failed}"),
            "check that this is the port of listen.https or of a TLS terminator, and that it has a certificate",
        )
        .shows(codes::NO_TLS),
        _ => Finding::green(format!("TLS {} on {host_port}", spoken.join(" and "))),
    }
}

/// Returns the finding for a server without TLS. Official clients sign in only over TLS. On Windows XP they use the TLS
/// of the terminator.
fn none(exam: Exam<'_>, why: String) -> Finding {
    match exam.options.client {
        Some(client) if client.checks_certificate() => Finding::red(
            format!("{why}, and {} signs in only over TLS", client.name),
            format!(
                "leave tls.own_root switched on. In addition, set {} to an address with port 443, or let clients use \
                 the server as their proxy. The root and the steps for this client are at /setup/{}",
                exam.target.key("listen.https"),
                client.id,
            ),
        )
        .shows(codes::NO_HTTPS),
        _ => {
            Finding::skipped(format!("{why}: Microsoft's clients cannot sign in without TLS, unless they are patched"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client_table::Client;
    use crate::doctor::finding::State;
    use crate::doctor::target::{Options, Ports, Target};

    #[test]
    fn the_tls_check_is_red_if_tls_1_2_is_missing() {
        for (spoken, state) in
            [(&["1.2", "1.3"][..], State::Green), (&["1.2"], State::Green), (&["1.3"], State::Red), (&[], State::Red)]
        {
            assert_eq!(judge("a.example:443", spoken, "").state, state, "{spoken:?}");
        }
    }

    #[test]
    fn a_closed_port_makes_only_its_own_check_red() {
        let ports = Ports { notification: 1863, http: 80, https: 443 };
        let with_https = Target::remote("a.example", ports);
        let by_proxy = Target::remote("a.example", Ports { https: 0, ..ports });
        for (target, http, https, words) in [
            (&with_https, false, true, None),
            (&with_https, true, false, Some("not checked: the HTTPS port cannot be reached")),
            (&by_proxy, true, false, None),
            (&by_proxy, false, false, Some("through the HTTP port, which cannot be reached")),
        ] {
            let exam = Exam { target, options: &Options::default() };
            let finding = unreached(exam, OpenPorts { http, https, ..OpenPorts::default() });
            assert_eq!(finding.as_ref().map(|finding| finding.state), words.map(|_| State::Skipped));
            assert!(words.is_none_or(|words| finding.is_some_and(|finding| finding.text.contains(words))));
        }
    }

    #[test]
    fn missing_tls_is_red_only_for_clients_that_need_tls_from_this_server() {
        let target = Target::remote("a.example", Ports { notification: 1863, http: 0, https: 0 });
        for (client, state) in [("7.5", State::Red), ("7.5-xp", State::Skipped), ("amsn", State::Skipped)] {
            let options = Options { client: Client::find(client), ..Options::default() };
            let finding = none(Exam { target: &target, options: &options }, "no TLS".to_owned());
            assert_eq!(finding.state, state, "{client}: {finding:?}");
        }
    }
}
