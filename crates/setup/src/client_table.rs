//! The table of clients: the name of each, the hosts that it uses, how it signs in, and how it identifies itself.
//!
//! `client_setup` writes files and steps from it, and `doctor` acts as its clients. So the doctor checks exactly the
//! hosts that the instructions redirect.

use std::net::IpAddr;

use msnp_client::ClientInfo;

use crate::hosts::{AMSN, SIGN_IN};

/// A client program on a kind of system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Client {
    /// Its name on the command line and in addresses of pages.
    pub id: &'static str,
    /// Its name for people.
    pub name: &'static str,
    /// How it is set up.
    pub(crate) kind: Kind,
    /// The English installer, if this is a client of Microsoft's.
    pub(crate) installer: Option<Installer>,
    /// Whether it keeps the notification server of its last sign-in in the registry (docs/protocol/http.md section 6).
    pub(crate) remembers_server: bool,
    /// The hosts whose names are fixed in it (http.md sections 1, 2, 3 and 6, clients.md).
    pub(crate) hosts: &'static [&'static str],
    /// The hosts among them where its sign-in begins: a certificate has to be for these.
    pub(crate) sign_in_hosts: &'static [&'static str],
    /// How it gets its ticket.
    pub(crate) sign_in: SignIn,
    /// How it identifies itself (ns.md section 4, VER, and clients.md).
    pub(crate) client_info: ClientInfo,
}

/// Clients that are set up in the same way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// An official client on Windows XP, with TLS 1.0.
    Xp,
    /// An official client on later Windows, with TLS 1.2.
    Windows,
    Amsn,
    Pidgin,
    Gtmess,
    /// Programs on msnp11-sdk, whose servers are settings.
    Sdk,
}

/// How to recognize the installer of a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Installer {
    /// The version that the client is.
    pub version: &'static str,
    /// The name of the file under which Microsoft offered it, if that is known.
    pub file: Option<&'static str>,
}

/// A system on which clients run, as the page asks for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum System {
    /// Windows XP.
    Xp,
    /// Windows 7 and later.
    Windows,
    /// Linux, macOS and others.
    Other,
}

/// How a client gets its ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SignIn {
    /// Nexus and login page (http.md section 1).
    Passport14,
    /// `RST.srf` (http.md section 2).
    Rst,
}

/// The values that all entries of one official version share.
struct Version {
    client_info: ClientInfo,
    /// The name of the English installer, if it is known: the update address that Microsoft's servers sent (CVR).
    installer: Option<&'static str>,
    sign_in: SignIn,
    remembers_server: bool,
    hosts: &'static [&'static str],
    sign_in_hosts: &'static [&'static str],
}

impl Client {
    /// The clients that have files and steps.
    pub const ALL: &[Self] = &[
        V5_0.on("5.0-xp", "MSN Messenger 5.0 on Windows XP", Kind::Xp),
        V5_0.on("5.0", "MSN Messenger 5.0 on Windows 7, 10 or 11", Kind::Windows),
        V6_2.on("6.2-xp", "MSN Messenger 6.0 to 6.2 on Windows XP", Kind::Xp),
        V6_2.on("6.2", "MSN Messenger 6.0 to 6.2 on Windows 7, 10 or 11", Kind::Windows),
        V7_0.on("7.0-xp", "MSN Messenger 7.0 on Windows XP", Kind::Xp),
        V7_0.on("7.0", "MSN Messenger 7.0 on Windows 7, 10 or 11", Kind::Windows),
        V7_5.on("7.5-xp", "MSN Messenger 7.5 on Windows XP", Kind::Xp),
        V7_5.on("7.5", "MSN Messenger 7.5 on Windows 7, 10 or 11", Kind::Windows),
        Self {
            hosts: &["messenger.hotmail.com", "gateway.messenger.hotmail.com", "nexus.passport.com", AMSN],
            sign_in_hosts: NEXUS,
            ..other("amsn", "aMSN", Kind::Amsn, SignIn::Passport14, &["MSNP12", "CVR0"])
        },
        Self {
            hosts: &["messenger.hotmail.com", "login.live.com"],
            sign_in_hosts: LIVE,
            ..other("pidgin", "Pidgin with msn-pecan", Kind::Pidgin, SignIn::Rst, &["MSNP12"])
        },
        other("gtmess", "gtmess", Kind::Gtmess, SignIn::Passport14, &["MSNP12"]),
        sdk("msnp11-sdk", "meowsn, PolyMSNP and others on msnp11-sdk"),
    ];

    /// Clients that an entry of [`Self::ALL`] includes, under names of their own.
    pub const MORE: &[Self] = &[
        V6_0.on("6.0-xp", "MSN Messenger 6.0 on Windows XP", Kind::Xp),
        V6_0.on("6.0", "MSN Messenger 6.0 on Windows 7, 10 or 11", Kind::Windows),
        sdk("meowsn", "meowsn"),
    ];

    /// How the newest of Microsoft's clients identifies itself.
    pub(crate) const NEWEST: ClientInfo = V7_5.client_info;

    /// Finds a client by its id.
    #[must_use]
    pub fn find(id: &str) -> Option<&'static Self> {
        Self::every().find(|client| client.id == id)
    }

    /// Returns all clients, including those that are not listed.
    pub fn every() -> impl Iterator<Item = &'static Self> {
        Self::ALL.iter().chain(Self::MORE)
    }

    /// Returns the hosts where the sign-in of Microsoft's clients begins.
    pub(crate) fn official_sign_in_hosts() -> Vec<&'static str> {
        let official = Self::ALL.iter().filter(|client| client.is_official());
        let mut hosts: Vec<_> = official.flat_map(|client| client.sign_in_hosts).copied().collect();
        hosts.sort_unstable();
        hosts.dedup();
        hosts
    }

    /// Returns the name without the system that it is for.
    #[must_use]
    pub fn program(&self) -> &'static str {
        self.name.split_once(" on Windows").map_or(self.name, |(program, _)| program)
    }

    /// Returns how to recognize its installer, if it is a client of Microsoft's.
    #[must_use]
    pub const fn installer(&self) -> Option<Installer> {
        self.installer
    }

    /// Returns whether these are the instructions for the client on a system. Programs that are not Microsoft's are set
    /// up in the same way on all systems but Windows XP.
    #[must_use]
    pub fn is_for(&self, system: System) -> bool {
        match self.kind {
            Kind::Xp => system == System::Xp,
            Kind::Windows => system == System::Windows,
            Kind::Amsn | Kind::Pidgin | Kind::Sdk => system != System::Xp,
            Kind::Gtmess => system == System::Other,
        }
    }

    /// Returns whether it signs in through the terminator for the TLS of Windows XP.
    #[must_use]
    pub fn needs_old_tls(&self) -> bool {
        self.kind == Kind::Xp
    }

    /// Returns whether it is one of Microsoft's clients, for which Windows' settings are changed.
    pub(crate) const fn is_official(&self) -> bool {
        matches!(self.kind, Kind::Xp | Kind::Windows)
    }

    /// Returns whether it certainly refuses a server without a valid certificate. All of Microsoft's clients do on
    /// newer systems; about the others it is not certain.
    pub(crate) fn checks_certificate(&self) -> bool {
        self.kind == Kind::Windows
    }

    /// Returns where each of its hosts has to lead, for the lines of a hosts file. The hosts of the sign-in may lead to
    /// another address, that of a terminator.
    pub(crate) fn redirections(
        &self,
        server: IpAddr,
        sign_in: IpAddr,
    ) -> impl Iterator<Item = (IpAddr, &'static str)> + use<> {
        self.hosts.iter().map(move |host| (if SIGN_IN.contains(host) { sign_in } else { server }, *host))
    }
}

const NEXUS: &[&str] = &["nexus.passport.com"];
const LIVE: &[&str] = &["login.live.com"];

/// Signs in by the nexus. The login pages are there in case Windows remembers an old answer of the nexus.
const V5_0: Version = Version {
    client_info: ClientInfo { offer: &["MSNP8", "CVR0"], version: "5.0.0544" },
    installer: None,
    sign_in: SignIn::Passport14,
    remembers_server: true,
    hosts: &[
        "messenger.hotmail.com",
        "gateway.messenger.hotmail.com",
        "nexus.passport.com",
        "login.passport.com",
        "loginnet.passport.com",
        "svcs.microsoft.com",
        "g.msn.com",
    ],
    sign_in_hosts: NEXUS,
};
/// Also fetches MsgrConfig.
const V6_0: Version = Version {
    client_info: ClientInfo { offer: &["MSNP9", "MSNP8", "CVR0"], version: "6.0.0602" },
    installer: Some("SetupDl.exe"),
    hosts: &[
        "messenger.hotmail.com",
        "gateway.messenger.hotmail.com",
        "nexus.passport.com",
        "login.passport.com",
        "loginnet.passport.com",
        "config.messenger.msn.com",
        "svcs.microsoft.com",
        "g.msn.com",
    ],
    ..V5_0
};
const V6_2: Version =
    Version { client_info: ClientInfo { offer: &["MSNP10", "MSNP9", "CVR0"], version: "6.2.0205" }, ..V6_0 };
const V7_0: Version = Version {
    client_info: ClientInfo { offer: &["MSNP11", "MSNP10", "CVR0"], version: "7.0.0820" },
    installer: Some("Install_MSN_Messenger.exe"),
    sign_in: SignIn::Passport14,
    remembers_server: false,
    hosts: &[
        "messenger.hotmail.com",
        "muser.messenger.hotmail.com",
        "gateway.messenger.hotmail.com",
        "muser.gateway.messenger.hotmail.com",
        "nexus.passport.com",
        "login.passport.com",
        "loginnet.passport.com",
        "config.messenger.msn.com",
        "g.msn.com",
    ],
    sign_in_hosts: NEXUS,
};
/// Signs in by `RST.srf`, at a host that depends on its msidcrl.dll.
const V7_5: Version = Version {
    client_info: ClientInfo { offer: &["MSNP12", "MSNP11", "MSNP10", "CVR0"], version: "7.5.0324" },
    installer: Some("Install_MSN_Messenger.exe"),
    sign_in: SignIn::Rst,
    remembers_server: false,
    hosts: &[
        "messenger.hotmail.com",
        "muser.messenger.hotmail.com",
        "gateway.messenger.hotmail.com",
        "muser.gateway.messenger.hotmail.com",
        "login.live.com",
        "login.passport.net",
        "loginnet.passport.com",
        "config.messenger.msn.com",
        "muser.config.messenger.msn.com",
        "g.msn.com",
    ],
    sign_in_hosts: &["loginnet.passport.com", "login.live.com"],
};

impl Version {
    const fn on(&self, id: &'static str, name: &'static str, kind: Kind) -> Client {
        let Self { client_info, installer, sign_in, remembers_server, hosts, sign_in_hosts } = *self;
        let installer = Some(Installer { version: client_info.version, file: installer });
        Client { id, name, kind, installer, remembers_server, hosts, sign_in_hosts, sign_in, client_info }
    }
}

const fn other(
    id: &'static str,
    name: &'static str,
    kind: Kind,
    sign_in: SignIn,
    offer: &'static [&'static str],
) -> Client {
    let client_info = ClientInfo { offer, version: "1.0" };
    Client {
        id,
        name,
        kind,
        installer: None,
        remembers_server: false,
        hosts: &[],
        sign_in_hosts: &[],
        sign_in,
        client_info,
    }
}

const fn sdk(id: &'static str, name: &'static str) -> Client {
    other(id, name, Kind::Sdk, SignIn::Passport14, &["MSNP11", "CVR0"])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hosts::MICROSOFT;

    #[test]
    fn every_host_is_one_that_the_server_answers_for() {
        for client in Client::every() {
            for host in client.hosts {
                assert!(
                    MICROSOFT.contains(host) || (client.kind == Kind::Amsn && *host == AMSN),
                    "{} {host}",
                    client.id
                );
            }
            for host in client.sign_in_hosts {
                assert!(SIGN_IN.contains(host) && client.hosts.contains(host), "{} {host}", client.id);
            }
            assert_eq!(
                client.sign_in_hosts.is_empty(),
                matches!(client.kind, Kind::Sdk | Kind::Gtmess),
                "{}",
                client.id
            );
            assert_eq!(Client::find(client.id), Some(client), "an id is used once");
        }
        assert!(SIGN_IN.iter().all(|host| MICROSOFT.contains(host)));
    }

    #[test]
    fn only_clients_that_need_it_redirect_the_login_page_of_microsoft_accounts() {
        for client in Client::every() {
            let expected = client.id.starts_with("7.5") || client.id == "pidgin";
            assert_eq!(client.hosts.contains(&"login.live.com"), expected, "{}", client.id);
        }
    }

    #[test]
    fn every_client_offers_a_known_dialect() {
        for client in Client::every() {
            assert!(client.client_info.offer.iter().any(|word| msnp::Dialect::from_name(word).is_some()), "{client:?}");
        }
    }
}
