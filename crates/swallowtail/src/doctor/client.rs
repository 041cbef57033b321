//! The clients whose way in can be played: what they offer, which hosts they look up, how they sign in.

use crate::client::Guise;

/// How a client gets its ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SignIn {
    /// Nexus and login page (docs/protocol/http.md section 1).
    Passport14,
    /// `RST.srf` (http.md section 2).
    Rst,
}

/// A version of a client.
#[derive(Debug, PartialEq, Eq)]
pub struct ClientVersion {
    /// As one says it on the command line.
    pub name: &'static str,
    /// As a person says it.
    pub title: &'static str,
    pub(super) guise: Guise,
    pub(super) sign_in: SignIn,
    /// The hosts that it dials over TLS.
    pub(super) tls_hosts: &'static [&'static str],
    /// The hosts that it dials in clear.
    pub(super) plain_hosts: &'static [&'static str],
    /// Whether it looks at the certificate. All of Microsoft's do; of the others nobody can rely on it.
    pub(super) is_official: bool,
}

const NEXUS: &[&str] = &["nexus.passport.com"];
/// Which of them depends on the version of msidcrl.dll (http.md section 6).
const RST: &[&str] = &["loginnet.passport.com", "login.live.com"];
const LIVE: &[&str] = &["login.live.com"];
const CHAT: &[&str] = &["messenger.hotmail.com", "gateway.messenger.hotmail.com"];
const CHAT_AND_TABS: &[&str] = &["messenger.hotmail.com", "gateway.messenger.hotmail.com", "svcs.microsoft.com"];
const CHAT_AND_CONFIG: &[&str] =
    &["messenger.hotmail.com", "gateway.messenger.hotmail.com", "config.messenger.msn.com"];

const fn official(
    names: (&'static str, &'static str),
    guise: Guise,
    sign_in: SignIn,
    hosts: (&'static [&'static str], &'static [&'static str]),
) -> ClientVersion {
    let (name, title) = names;
    let (tls_hosts, plain_hosts) = hosts;
    ClientVersion { name, title, guise, sign_in, tls_hosts, plain_hosts, is_official: true }
}

const fn other(
    names: (&'static str, &'static str),
    offer: &'static [&'static str],
    sign_in: SignIn,
    tls_hosts: &'static [&'static str],
) -> ClientVersion {
    let guise = Guise { offer, version: "1.0" };
    let (name, title) = names;
    ClientVersion { name, title, guise, sign_in, tls_hosts, plain_hosts: CHAT, is_official: false }
}

/// Offers: docs/protocol/ns.md section 4 (VER) and clients.md. Hosts: http.md section 6 and clients.md.
pub const CLIENTS: &[ClientVersion] = &[
    official(
        ("5.0", "MSN Messenger 5.0"),
        Guise { offer: &["MSNP8", "CVR0"], version: "5.0.0544" },
        SignIn::Passport14,
        (NEXUS, CHAT_AND_TABS),
    ),
    official(
        ("6.0", "MSN Messenger 6.0"),
        Guise { offer: &["MSNP9", "MSNP8", "CVR0"], version: "6.0.0602" },
        SignIn::Passport14,
        (NEXUS, CHAT_AND_CONFIG),
    ),
    official(
        ("6.2", "MSN Messenger 6.2"),
        Guise { offer: &["MSNP10", "MSNP9", "CVR0"], version: "6.2.0205" },
        SignIn::Passport14,
        (NEXUS, CHAT_AND_CONFIG),
    ),
    official(
        ("7.0", "MSN Messenger 7.0"),
        Guise { offer: &["MSNP11", "MSNP10", "CVR0"], version: "7.0.0820" },
        SignIn::Passport14,
        (NEXUS, CHAT_AND_CONFIG),
    ),
    official(
        ("7.5", "MSN Messenger 7.5"),
        Guise { offer: &["MSNP12", "MSNP11", "MSNP10", "CVR0"], version: "7.5.0324" },
        SignIn::Rst,
        (RST, CHAT_AND_CONFIG),
    ),
    other(("amsn", "aMSN"), &["MSNP12", "CVR0"], SignIn::Passport14, NEXUS),
    other(("pidgin", "Pidgin with msn-pecan"), &["MSNP12"], SignIn::Rst, LIVE),
    other(("gtmess", "gtmess"), &["MSNP12"], SignIn::Passport14, LIVE),
    other(("meowsn", "meowsn and others on msnp11-sdk"), &["MSNP11", "CVR0"], SignIn::Passport14, NEXUS),
];

impl ClientVersion {
    /// The one of that name.
    ///
    /// # Errors
    /// Names those that there are.
    pub fn find(name: &str) -> Result<&'static Self, String> {
        CLIENTS.iter().find(|client| client.name.eq_ignore_ascii_case(name)).ok_or_else(|| {
            let names: Vec<_> = CLIENTS.iter().map(|client| client.name).collect();
            format!("there are: {}", names.join(", "))
        })
    }

    /// Every host that it looks up.
    pub(super) fn hosts(&self) -> impl Iterator<Item = &'static str> {
        self.plain_hosts.iter().chain(self.tls_hosts).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_client_offers_a_dialect_that_there_is() {
        for client in CLIENTS {
            assert!(client.guise.offer.iter().any(|word| msnp::Dialect::from_name(word).is_some()), "{client:?}");
            assert_eq!(ClientVersion::find(&client.name.to_uppercase()), Ok(client));
        }
        assert!(ClientVersion::find("8.5").unwrap_err().contains("7.5"));
    }
}
