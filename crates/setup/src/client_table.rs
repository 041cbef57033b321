//! The table of clients: the name, the hosts, the sign-in method and the version of each.
//!
//! `client_setup` creates files and instructions from the table, and `doctor` acts as the clients in the table. The
//! doctor therefore checks exactly the hosts that the instructions redirect.

use std::net::IpAddr;

use crate::hosts::{AMSN, SIGN_IN};

/// A client program on one kind of system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Client {
    /// The id of the client on the command line and in URLs.
    pub id: &'static str,
    /// The name of the client, as shown to users.
    pub name: &'static str,
    /// The group of clients that are set up in the same way.
    pub(crate) kind: Kind,
    /// The English installer, if this is one of Microsoft's clients.
    pub(crate) installer: Option<Installer>,
    /// True if the client stores the notification server of its last sign-in in the registry (docs/protocol/http.md
    /// section 6).
    pub(crate) remembers_server: bool,
    /// The host names that are fixed in the client (http.md sections 1, 2, 3 and 6, clients.md).
    pub(crate) hosts: &'static [&'static str],
    /// The hosts among `hosts` where the sign-in begins. The server needs a certificate for these hosts.
    pub(crate) sign_in_hosts: &'static [&'static str],
    /// The way in which the client gets its ticket.
    pub(crate) sign_in: SignIn,
    /// The dialects and the version that the client sends (ns.md section 4, VER, and clients.md).
    pub(crate) client_info: ClientInfo,
}

/// The dialects and the version that a client reports in VER and CVR.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ClientInfo {
    /// The words that the client sends in VER: dialects, and CVR0.
    pub(crate) offer: &'static [&'static str],
    /// The version that the client sends in CVR.
    pub(crate) version: &'static str,
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
    /// Programs that use msnp11-sdk. The addresses of their servers are settings.
    Sdk,
}

/// The data by which users recognize the installer of a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Installer {
    /// The version of the client.
    pub version: &'static str,
    /// The file name under which Microsoft offered the installer, if it is known.
    pub file: Option<&'static str>,
}

/// A system on which clients run. The set-up page offers these systems.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum System {
    /// Windows XP.
    Xp,
    /// Windows 7 and later.
    Windows,
    /// Linux, macOS and other systems.
    Other,
}

/// The way in which a client gets its ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SignIn {
    /// The client gets its ticket from the login page. It gets the address of the login page from
    /// the nexus (http.md section 1).
    Passport14,
    /// The client gets its ticket from `RST.srf` (http.md section 2).
    Rst,
}

/// The values that all entries of one official version share.
struct Version {
    client_info: ClientInfo,
    /// The file name of the English installer, if it is known. The name is from the update address
    /// that Microsoft's servers sent in CVR.
    installer: Option<&'static str>,
    sign_in: SignIn,
    remembers_server: bool,
    hosts: &'static [&'static str],
    sign_in_hosts: &'static [&'static str],
}

impl Client {
    /// The clients that have files and instructions.
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

    /// Clients that an entry of [`Self::ALL`] already covers, but that also have an id of their
    /// own.
    pub const MORE: &[Self] = &[
        V6_0.on("6.0-xp", "MSN Messenger 6.0 on Windows XP", Kind::Xp),
        V6_0.on("6.0", "MSN Messenger 6.0 on Windows 7, 10 or 11", Kind::Windows),
        sdk("meowsn", "meowsn"),
    ];

    /// The dialects and the version of the newest supported client of Microsoft.
    pub(crate) const NEWEST: ClientInfo = V7_5.client_info;

    /// Returns the client with this id.
    #[must_use]
    pub fn find(id: &str) -> Option<&'static Self> {
        Self::every().find(|client| client.id == id)
    }

    /// Returns all clients: [`Self::ALL`] and [`Self::MORE`].
    pub fn every() -> impl Iterator<Item = &'static Self> {
        Self::ALL.iter().chain(Self::MORE)
    }

    /// Returns the hosts where the sign-in of Microsoft's clients begins, without duplicates.
    pub(crate) fn official_sign_in_hosts() -> Vec<&'static str> {
        let official = Self::ALL.iter().filter(|client| client.is_official());
        let mut hosts: Vec<_> = official.flat_map(|client| client.sign_in_hosts).copied().collect();
        hosts.sort_unstable();
        hosts.dedup();
        hosts
    }

    /// Returns the name of the client without its system.
    #[must_use]
    pub fn program(&self) -> &'static str {
        self.name.split_once(" on Windows").map_or(self.name, |(program, _)| program)
    }

    /// Returns how to recognize the client's installer, or `None` if this is not one of Microsoft's clients.
    #[must_use]
    pub const fn installer(&self) -> Option<Installer> {
        self.installer
    }

    /// Returns whether the instructions for this client are for `system`. aMSN, Pidgin and msnp11-sdk have the same
    /// instructions on all systems except Windows XP.
    #[must_use]
    pub fn is_for(&self, system: System) -> bool {
        match self.kind {
            Kind::Xp => system == System::Xp,
            Kind::Windows => system == System::Windows,
            Kind::Amsn | Kind::Pidgin | Kind::Sdk => system != System::Xp,
            Kind::Gtmess => system == System::Other,
        }
    }

    /// Returns whether the client signs in through the TLS terminator for Windows XP.
    #[must_use]
    pub fn needs_old_tls(&self) -> bool {
        self.kind == Kind::Xp
    }

    /// Returns whether this is one of Microsoft's clients, which are set up by changing Windows settings.
    pub(crate) const fn is_official(&self) -> bool {
        matches!(self.kind, Kind::Xp | Kind::Windows)
    }

    /// Returns whether the client is known to refuse a server without a valid certificate. On
    /// systems newer than Windows XP, all of Microsoft's clients refuse such a server. Other
    /// clients may refuse or accept it.
    pub(crate) fn checks_certificate(&self) -> bool {
        self.kind == Kind::Windows
    }

    /// Returns the address for each host of the client, for the lines of a hosts file. The hosts of the sign-in get the
    /// address `sign_in`, which may be the address of a terminator.
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

/// Version 5.0, which signs in at the nexus. The hosts include those of the login pages, because
/// Windows may remember an old answer of the nexus.
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
/// Version 6.0, which signs in like 5.0, but also fetches MsgrConfig.
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
/// Version 7.5, which signs in at `RST.srf`. The version of msidcrl.dll decides from which host the
/// client requests `RST.srf`.
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
    fn the_server_answers_for_every_host_of_every_client() {
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
    fn login_live_com_is_redirected_only_for_client_7_5_and_pidgin() {
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
