//! The client programs that there are files for, and the host names that each of them uses.

/// A client program on a kind of system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Client {
    /// What it is called on the command line and in addresses of pages.
    pub id: &'static str,
    /// What people call it.
    pub name: &'static str,
    /// What has to be done to it.
    pub(super) kind: Kind,
    /// Whether it keeps the notification server of its last sign-in in the registry (docs/protocol/http.md section 6).
    pub(super) remembers_server: bool,
    /// The hosts that it asks by name (http.md sections 1, 2, 3 and 6, clients.md).
    pub(super) hosts: &'static [&'static str],
}

/// Clients that are set up in the same way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// An official client with TLS 1.0 and no more.
    Xp,
    /// An official client on Windows with TLS 1.2.
    Windows,
    Amsn,
    Pidgin,
    Gtmess,
    /// Programs on msnp11-sdk, which are told where to go.
    Sdk,
}

impl Client {
    /// Every one.
    pub const ALL: &[Self] = &[
        windows("5.0-xp", "MSN Messenger 5.0 on Windows XP", Kind::Xp, true, HOSTS_5),
        windows("5.0", "MSN Messenger 5.0 on Windows 7, 10 or 11", Kind::Windows, true, HOSTS_5),
        windows("6.2-xp", "MSN Messenger 6.0 to 6.2 on Windows XP", Kind::Xp, true, HOSTS_6),
        windows("6.2", "MSN Messenger 6.0 to 6.2 on Windows 7, 10 or 11", Kind::Windows, true, HOSTS_6),
        windows("7.0-xp", "MSN Messenger 7.0 on Windows XP", Kind::Xp, false, HOSTS_7),
        windows("7.0", "MSN Messenger 7.0 on Windows 7, 10 or 11", Kind::Windows, false, HOSTS_7),
        windows("7.5-xp", "MSN Messenger 7.5 on Windows XP", Kind::Xp, false, HOSTS_75),
        windows("7.5", "MSN Messenger 7.5 on Windows 7, 10 or 11", Kind::Windows, false, HOSTS_75),
        other(
            "amsn",
            "aMSN",
            Kind::Amsn,
            &["messenger.hotmail.com", "gateway.messenger.hotmail.com", "nexus.passport.com"],
        ),
        other("pidgin", "Pidgin with msn-pecan", Kind::Pidgin, &["messenger.hotmail.com", "login.live.com"]),
        other("gtmess", "gtmess", Kind::Gtmess, &["messenger.hotmail.com", "login.live.com", "nexus.passport.com"]),
        other("msnp11-sdk", "meowsn, PolyMSNP and others on msnp11-sdk", Kind::Sdk, &[]),
    ];

    /// By its id.
    #[must_use]
    pub fn find(id: &str) -> Option<&'static Self> {
        Self::ALL.iter().find(|client| client.id == id)
    }

    /// Whether it signs in through the terminator for the TLS of Windows XP.
    #[must_use]
    pub fn needs_old_tls(&self) -> bool {
        self.kind == Kind::Xp
    }

    /// Whether Windows' settings are changed for it.
    pub(super) const fn is_official(&self) -> bool {
        matches!(self.kind, Kind::Xp | Kind::Windows)
    }
}

/// Signs in by the nexus. The login pages beside it are for an answer of the nexus that Windows remembers from another time.
const HOSTS_5: &[&str] = &[
    "messenger.hotmail.com",
    "gateway.messenger.hotmail.com",
    "nexus.passport.com",
    "login.passport.com",
    "loginnet.passport.com",
    "svcs.microsoft.com",
    "g.msn.com",
];
/// Fetches MsgrConfig too.
const HOSTS_6: &[&str] = &[
    "messenger.hotmail.com",
    "gateway.messenger.hotmail.com",
    "nexus.passport.com",
    "login.passport.com",
    "loginnet.passport.com",
    "config.messenger.msn.com",
    "svcs.microsoft.com",
    "g.msn.com",
];
const HOSTS_7: &[&str] = &[
    "messenger.hotmail.com",
    "muser.messenger.hotmail.com",
    "gateway.messenger.hotmail.com",
    "muser.gateway.messenger.hotmail.com",
    "nexus.passport.com",
    "login.passport.com",
    "loginnet.passport.com",
    "config.messenger.msn.com",
    "g.msn.com",
];
/// Signs in by `RST.srf`, at a host that depends on its msidcrl.dll.
const HOSTS_75: &[&str] = &[
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
];

const fn windows(
    id: &'static str,
    name: &'static str,
    kind: Kind,
    remembers_server: bool,
    hosts: &'static [&'static str],
) -> Client {
    Client { id, name, kind, remembers_server, hosts }
}

const fn other(id: &'static str, name: &'static str, kind: Kind, hosts: &'static [&'static str]) -> Client {
    Client { id, name, kind, remembers_server: false, hosts }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proxy::{MICROSOFT, SIGN_IN};

    #[test]
    fn every_host_is_one_that_the_server_answers_for() {
        for client in Client::ALL {
            for host in client.hosts {
                assert!(MICROSOFT.contains(host), "{} {host}", client.id);
            }
            let signs_in = client.hosts.iter().any(|host| SIGN_IN.contains(host));
            assert_eq!(signs_in, client.kind != Kind::Sdk, "{}", client.id);
            assert_eq!(Client::find(client.id), Some(client), "an id is there once");
        }
        assert!(SIGN_IN.iter().all(|host| MICROSOFT.contains(host)));
    }

    #[test]
    fn only_those_who_need_it_take_the_login_page_of_microsoft_accounts() {
        for client in Client::ALL {
            let expected = client.id.starts_with("7.5") || ["pidgin", "gtmess"].contains(&client.id);
            assert_eq!(client.hosts.contains(&"login.live.com"), expected, "{}", client.id);
        }
    }
}
