//! Whether a server speaks TLS 1.2 and 1.3, whatever certificate it shows: that is judged apart
//! ([`super::certificate`]).

use rustls::version::{TLS12, TLS13};

use super::codes;
use super::exam::Exam;
use super::finding::{Finding, Learnt, bounded};
use super::found::{OpenPorts, Tls};
use super::handshake::handshake;
use super::old_tls;
use super::route::{dial_tls, tls_address};

/// Which versions the server speaks. Windows 7 and later need 1.2; 1.3 is of no use to these clients, but no harm.
pub(super) async fn versions(exam: Exam<'_>, open: OpenPorts) -> Learnt<Tls> {
    let mut tls = Tls::default();
    // Bounded here, so that a certificate is kept that was shown before the time ran out.
    let finding = bounded(codes::NO_TLS, examine(exam, open, &mut tls)).await;
    Learnt { finding, value: tls }
}

async fn examine(exam: Exam<'_>, open: OpenPorts, tls: &mut Tls) -> Finding {
    if let Some(finding) = unreached(exam, open) {
        return finding;
    }
    let (name, mut spoken, mut failed) = (exam.tls_name(), Vec::new(), String::new());
    for (word, version) in [("1.2", &TLS12), ("1.3", &TLS13)] {
        let stream = match dial_tls(exam).await {
            Ok(stream) => stream,
            Err(why) if exam.target.https.is_some() => {
                return Finding::red(why, "see the HTTPS port above").shows(codes::NO_HTTPS);
            }
            Err(why) => return none(exam, format!("{}, and {why}", exam.target.is_not_set("listen.https"))),
        };
        match handshake(stream, &name, &[version]).await {
            Ok((_, shown)) => {
                spoken.push(word);
                tls.shown = shown;
            }
            Err(why) => failed = why,
        }
    }
    tls.is_spoken = !spoken.is_empty();
    if !tls.is_spoken && exam.wants_xp() && old_tls::is_spoken(exam).await {
        let host_port = tls_address(exam);
        return Finding::skipped(format!(
            "{host_port} is for Windows XP alone: nothing newer than TLS 1.0 is spoken there"
        ));
    }
    judge(&tls_address(exam), &spoken, &failed)
}

/// Why no handshake is tried.
fn unreached(exam: Exam<'_>, open: OpenPorts) -> Option<Finding> {
    match (&exam.target.https, exam.target.proxy()) {
        (Some(_), _) if open.https => None,
        (Some(_), _) => Some(Finding::skipped("the HTTPS port is not reached")),
        (None, _) if open.http => None,
        (None, Some(_)) => Some(Finding::skipped("it comes by the HTTP port, which is not reached")),
        (None, None) => Some(none(exam, exam.target.is_not_set("listen.https"))),
    }
}

/// What the versions mean for clients.
fn judge(host_port: &str, spoken: &[&str], failed: &str) -> Finding {
    match spoken {
        ["1.3"] => Finding::red(
            format!("{host_port} speaks TLS 1.3 alone, which Windows of these clients' time never learnt"),
            "have whatever ends TLS there speak TLS 1.2 as well",
        )
        .shows(codes::NO_TLS),
        [] => Finding::red(
            format!("no handshake with TLS 1.2 or 1.3 comes about on {host_port}: {failed}"),
            "see that this is the port of listen.https, or of a terminator for TLS, and that it has a certificate",
        )
        .shows(codes::NO_TLS),
        _ => Finding::green(format!("TLS {} on {host_port}", spoken.join(" and "))),
    }
}

/// There is none. Official clients sign in over TLS and nothing else, those on Windows XP over another one than this.
fn none(exam: Exam<'_>, why: String) -> Finding {
    match exam.options.client {
        Some(client) if client.checks_certificate() => Finding::red(
            format!("{why}, and {} signs in over TLS alone", client.name),
            format!(
                "leave tls.own_root switched on, and give {} an address with port 443, or clients the proxy of the server; its root \
                 and the steps for this client are at /setup/{}",
                exam.target.key("listen.https"),
                client.id,
            ),
        )
        .shows(codes::NO_HTTPS),
        _ => Finding::skipped(format!("{why}: unpatched Microsoft clients cannot sign in without TLS")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client_table::Client;
    use crate::doctor::finding::State;
    use crate::doctor::target::{Options, Ports, Target};

    #[test]
    fn clients_need_version_1_2() {
        for (spoken, state) in
            [(&["1.2", "1.3"][..], State::Green), (&["1.2"], State::Green), (&["1.3"], State::Red), (&[], State::Red)]
        {
            assert_eq!(judge("a.example:443", spoken, "").state, state, "{spoken:?}");
        }
    }

    #[test]
    fn a_closed_port_is_no_reason_for_a_second_red_hop() {
        let ports = Ports { notification: 1863, http: 80, https: 443 };
        let with_https = Target::remote("a.example", ports);
        let by_proxy = Target::remote("a.example", Ports { https: 0, ..ports });
        for (target, http, https, words) in [
            (&with_https, false, true, None),
            (&with_https, true, false, Some("the HTTPS port is not reached")),
            (&by_proxy, true, false, None),
            (&by_proxy, false, false, Some("by the HTTP port, which is not reached")),
        ] {
            let exam = Exam { target, options: &Options::default() };
            let finding = unreached(exam, OpenPorts { http, https, ..OpenPorts::default() });
            assert_eq!(finding.as_ref().map(|finding| finding.state), words.map(|_| State::Skipped));
            assert!(words.is_none_or(|words| finding.is_some_and(|finding| finding.text.contains(words))));
        }
    }

    #[test]
    fn without_tls_it_is_microsofts_clients_that_cannot_sign_in() {
        let target = Target::remote("a.example", Ports { notification: 1863, http: 0, https: 0 });
        for (client, state) in [("7.5", State::Red), ("7.5-xp", State::Skipped), ("amsn", State::Skipped)] {
            let options = Options { client: Client::find(client), ..Options::default() };
            let finding = none(Exam { target: &target, options: &options }, "there is none".to_owned());
            assert_eq!(finding.state, state, "{client}: {finding:?}");
        }
    }
}
