//! The host names for which the doctor requests a certificate. A server chooses the certificate by the name in the
//! handshake (SNI), so the doctor does a handshake for each name.

use std::net::IpAddr;

use super::chain::names_in;
use super::exam::Exam;
use crate::client_table::Client;

/// The maximum number of the server's own names. A certificate may contain hundreds of names, and each needs a
/// handshake.
const MAX_OWN_NAMES: usize = 16;

/// The host names to check.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Names {
    /// The server's own names.
    pub(super) own: Vec<String>,
    /// Microsoft's names at which clients sign in.
    pub(super) sign_in: Vec<&'static str>,
    /// The names in `own` and `sign_in` that need a certificate.
    pub(super) need: Need,
}

/// The names that need a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Need {
    /// All names.
    All,
    /// The server's own names, because the settings of the server contain certificates. If the
    /// server has no own names, at least one of Microsoft's names.
    Own,
    /// At least one name, because it is unknown which clients will connect.
    One,
}

impl Names {
    /// Returns the names that the client requests. If no client is chosen, returns the names of the server and of all
    /// clients.
    pub(super) fn of(exam: Exam<'_>) -> Self {
        if let Some(client) = exam.options.client.filter(|client| !client.sign_in_hosts.is_empty()) {
            return Self { own: Vec::new(), sign_in: client.sign_in_hosts.to_vec(), need: Need::All };
        }
        let own = own(exam);
        let is_configured = exam.target.ours.as_ref().is_some_and(|ours| !ours.configured.is_empty());
        let need = if is_configured { Need::Own } else { Need::One };
        Self { own, sign_in: Client::official_sign_in_hosts(), need }
    }

    /// Returns all names, in the order of the handshakes.
    pub(super) fn all(&self) -> impl Iterator<Item = &str> {
        self.own.iter().map(String::as_str).chain(self.sign_in.iter().copied())
    }
}

/// Returns the names of the server itself. Returns no names if the server has no HTTPS port. In
/// that case clients connect through the proxy, where they request only Microsoft's names.
fn own(exam: Exam<'_>) -> Vec<String> {
    let Some(https) = &exam.target.https else { return Vec::new() };
    let names = match &exam.target.ours {
        None => vec![https.host.clone()],
        // The server's name is not always in the settings, but it is in the server's certificates.
        Some(ours) => {
            ours.names.iter().cloned().chain(ours.configured.iter().flat_map(|file| names_in(file))).collect()
        }
    };
    let sign_in = Client::official_sign_in_hosts();
    let mut own = Vec::new();
    for name in names {
        let is_askable = name.parse::<IpAddr>().is_err() && !name.contains('*');
        if is_askable && !own.contains(&name) && !sign_in.contains(&name.as_str()) {
            own.push(name);
        }
    }
    own.truncate(MAX_OWN_NAMES);
    own
}

#[cfg(test)]
mod tests {
    use swallowtail_config::Config;

    use super::*;
    use crate::doctor::target::{Options, Ports, Target};

    #[test]
    fn if_no_client_is_chosen_the_names_of_the_server_are_checked_in_addition_to_microsofts_names() {
        let ports = Ports { notification: 1863, http: 80, https: 443 };
        let config = "[listen]\nhttps = \"127.0.0.1:443\"\n[http]\nnames = [\"msn.example.org\", \"192.0.2.1\"]\n";
        let ours = Target::ours(&Config::parse(config).unwrap()).unwrap().remove(0);
        let official = Client::official_sign_in_hosts();
        for (target, client, own, sign_in, need) in [
            (Target::remote("a.example", ports), None, &["a.example"][..], &official[..], Need::One),
            (Target::remote("192.0.2.1", ports), None, &[], &official, Need::One),
            (Target::remote("a.example", Ports { https: 0, ..ports }), None, &[], &official, Need::One),
            (Target::remote("a.example", ports), Some("7.0"), &[], &["nexus.passport.com"], Need::All),
            (Target::remote("a.example", ports), Some("meowsn"), &["a.example"], &official, Need::One),
            (ours, None, &["msn.example.org"], &official, Need::One),
        ] {
            let options = Options { client: client.and_then(Client::find), ..Options::default() };
            let names = Names::of(Exam { target: &target, options: &options });
            let own = own.iter().map(ToString::to_string).collect();
            assert_eq!(names, Names { own, sign_in: sign_in.to_vec(), need }, "{} {client:?}", target.title);
        }
    }
}
