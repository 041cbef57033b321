//! Settings: defaults, a TOML file, and what the command line says, in rising order of precedence.
//!
//! Nothing needs to be set. A key that does not exist is an error that names it.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::time::Duration;

use anyhow::Context;
use ipnet::IpNet;
use serde::Deserialize;

use crate::notification::QuirkMode;
use crate::rates::{Rate, RateLimits};
use crate::roster::RosterLimits;

/// Every setting.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Where the database is. `swallowtail-data` in the working directory by default.
    pub data: PathBuf,
    /// Addresses to listen on.
    pub listen: Listen,
    /// Addresses to tell clients, where they differ from those they dialled.
    pub advertise: Advertise,
    /// Bounds.
    pub limits: Limits,
    /// Signing in.
    pub sign_in: SignIn,
    /// What single clients need that others must not get, by name: `auto` (for that client alone), `always` or `never`.
    pub quirks: BTreeMap<String, QuirkMode>,
}

/// Addresses to listen on. Loopback by default: nobody else can reach the service until told otherwise.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Listen {
    /// Notification server. 1863 is the port that clients know.
    pub notification: SocketAddr,
    /// Switchboard. Clients learn its port from the notification server.
    pub switchboard: SocketAddr,
    /// Passport endpoints over plain HTTP.
    pub http: SocketAddr,
    /// A dispatch server: clients that dial it are sent on to the notification server. None by default.
    pub dispatch: Option<SocketAddr>,
}

/// What clients are told. Without a value: the address that the client itself dialled, with the port of the listener.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Advertise {
    /// `host:port` of the notification server, told by the dispatch server.
    pub notification: Option<String>,
    /// `host:port` of the switchboard, told in XFR and RNG.
    pub switchboard: Option<String>,
    /// Host (and port) of the login page, told by the nexus when the request names no host.
    pub passport: Option<String>,
}

/// Bounds on what one peer, and all of them, may do.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Networks, such as `192.168.0.0/16`, whose rate and number of connections are not bounded: loopback and private addresses by default. Sizes, timers
    /// and queues are bounded for everybody.
    pub exempt: Vec<IpNet>,
    /// Connections of one address, at least 1 (security.md section 6).
    pub connections_per_address: usize,
    /// Connections of one address that have not signed in, at least 1.
    pub anonymous_per_address: usize,
    /// Contacts of one account (framing.md section 6): over it 210.
    pub contacts: usize,
    /// Addresses on the allow list of one account, and as many on the block list: over it 210.
    pub allowed_or_blocked: usize,
    /// Accounts that may have one account on their list; the next one that adds it hears 210.
    pub reverse: usize,
    /// Groups of one account: over it 223.
    pub groups: usize,
    /// Changes of the display name in ten seconds: over it 800.
    pub name_changes: usize,
    /// Switchboards that one account may ask for in a minute: over it 800 (sb.md section 2).
    pub switchboards_per_minute: usize,
    /// Switchboard connections that an account may have and ask for one more: over it 800 (sb.md section 11).
    pub switchboard_connections: usize,
    /// Addresses without an account that one account may try to add in an hour: over it 800 (ns.md section 8).
    pub unknown_accounts_per_hour: usize,
    /// Calls of one account in a minute: over it 713 (sb.md section 5).
    pub calls_per_minute: usize,
    /// Calls of one account to another in ten seconds: over it 713 (sb.md section 5).
    pub rings: usize,
    /// Bad tickets from one address in a minute: each further one is refused a second later (ns.md section 4, USR).
    pub failed_sign_ins: usize,
    /// Seconds after which a switchboard session in which nothing happens is closed; 0 for never (sb.md section 7).
    pub switchboard_idle: u64,
    /// Participants of one switchboard session, at least 2 (sb.md section 11).
    pub switchboard_members: usize,
}

/// Signing in, and what follows.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SignIn {
    /// Whether passwords may cross a network that is neither loopback nor private in clear (security.md section 8).
    pub insecure_http: bool,
    /// Seconds after which clients should ping again, 10 to 60 (framing.md section 10).
    pub ping: u32,
    /// Whether clients are challenged (challenge.md).
    pub challenge: bool,
    /// Whether a client that does not answer a challenge is signed out. Several libraries in use never answer.
    pub require_challenge: bool,
    /// The country in the profile, two letters.
    pub country: String,
    /// The page that the client's links lead to: download, help, mail.
    pub page: String,
}

/// How many connections there may be.
#[derive(Clone, Debug)]
pub struct AddressLimits {
    /// Networks that are not counted.
    pub exempt: Vec<IpNet>,
    /// Of the whole server.
    pub connections: usize,
    /// Of one address.
    pub per_address: usize,
    /// Of one address, not signed in.
    pub anonymous_per_address: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            data: PathBuf::from("swallowtail-data"),
            listen: Listen::default(),
            advertise: Advertise::default(),
            limits: Limits::default(),
            sign_in: SignIn::default(),
            quirks: BTreeMap::new(),
        }
    }
}

impl Default for Listen {
    fn default() -> Self {
        let loopback = |port| SocketAddr::from(([127, 0, 0, 1], port));
        Self { notification: loopback(1863), switchboard: loopback(1864), http: loopback(8080), dispatch: None }
    }
}

/// Loopback, private and link-local networks.
static PRIVATE: LazyLock<Vec<IpNet>> =
    LazyLock::new(|| PRIVATE_NETWORKS.iter().filter_map(|network| network.parse().ok()).collect());
const PRIVATE_NETWORKS: [&str; 8] = [
    "127.0.0.0/8",
    "10.0.0.0/8",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "169.254.0.0/16",
    "::1/128",
    "fc00::/7",
    "fe80::/10",
];

impl Default for Limits {
    fn default() -> Self {
        let roster = RosterLimits::default();
        let rates = RateLimits::default();
        Self {
            exempt: PRIVATE.clone(),
            connections_per_address: 64,
            anonymous_per_address: 20,
            contacts: roster.contacts,
            allowed_or_blocked: roster.allowed_or_blocked,
            reverse: roster.reverse,
            groups: roster.groups,
            name_changes: rates.name_changes.most,
            switchboards_per_minute: rates.switchboards.most,
            switchboard_connections: 50,
            unknown_accounts_per_hour: rates.unknown_accounts.most,
            calls_per_minute: rates.calls.most,
            rings: rates.rings.most,
            failed_sign_ins: rates.failed_sign_ins.most,
            switchboard_idle: 300,
            switchboard_members: 50,
        }
    }
}

impl Default for SignIn {
    fn default() -> Self {
        Self {
            insecure_http: false,
            ping: 50,
            challenge: true,
            require_challenge: false,
            country: "US".to_owned(),
            page: "http://localhost/".to_owned(),
        }
    }
}

impl Config {
    /// Reads a file.
    ///
    /// # Errors
    /// Names the file, the line and the key.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        Self::parse(&text).with_context(|| format!("{} is not a good configuration", path.display()))
    }

    /// Reads the text of a file.
    ///
    /// # Errors
    /// Names the line and the key.
    pub fn parse(text: &str) -> anyhow::Result<Self> {
        let config: Self = toml::from_str(text)?;
        config.check()?;
        Ok(config)
    }

    fn check(&self) -> anyhow::Result<()> {
        self.limits.check()?;
        anyhow::ensure!(
            self.sign_in.challenge || !self.sign_in.require_challenge,
            "sign_in.require_challenge is true, but with sign_in.challenge = false nobody is challenged"
        );
        for name in self.quirks.keys() {
            let known = crate::notification::quirk_names();
            anyhow::ensure!(
                known.contains(&name.as_str()),
                "quirks.{name} is no quirk; there are: {}",
                known.join(", ")
            );
        }
        anyhow::ensure!(
            (10..=60).contains(&self.sign_in.ping),
            "sign_in.ping is {}; clients take 10 to 60 seconds",
            self.sign_in.ping
        );
        anyhow::ensure!(
            self.sign_in.country.len() == 2 && self.sign_in.country.bytes().all(|byte| byte.is_ascii_uppercase()),
            "sign_in.country is {:?}; it must be two capital letters",
            self.sign_in.country
        );
        anyhow::ensure!(
            is_word(&self.sign_in.page),
            "sign_in.page is {:?}; it must be a URL without blanks",
            self.sign_in.page
        );
        let advertise = &self.advertise;
        for (key, value) in [
            ("advertise.notification", &advertise.notification),
            ("advertise.switchboard", &advertise.switchboard),
            ("advertise.passport", &advertise.passport),
        ] {
            let good = value.as_ref().is_none_or(|value| is_word(value));
            anyhow::ensure!(good, "{key} is {value:?}; it must be a host and a port, without blanks");
        }
        Ok(())
    }

    /// What an account may keep.
    #[must_use]
    pub fn roster_limits(&self) -> RosterLimits {
        let Limits { contacts, allowed_or_blocked, reverse, groups, .. } = self.limits;
        RosterLimits { contacts, allowed_or_blocked, reverse, groups }
    }

    /// How often an account may do what.
    #[must_use]
    pub fn rate_limits(&self) -> RateLimits {
        let limits = &self.limits;
        let default = RateLimits::default();
        let times = |most, rate: Rate| Rate { most, ..rate };
        RateLimits {
            name_changes: times(limits.name_changes, default.name_changes),
            switchboards: times(limits.switchboards_per_minute, default.switchboards),
            unknown_accounts: times(limits.unknown_accounts_per_hour, default.unknown_accounts),
            calls: times(limits.calls_per_minute, default.calls),
            rings: times(limits.rings, default.rings),
            failed_sign_ins: times(limits.failed_sign_ins, default.failed_sign_ins),
        }
    }

    /// How many connections there may be in a process that may open `files` files.
    #[must_use]
    pub fn address_limits(&self, files: usize) -> AddressLimits {
        AddressLimits {
            exempt: self.limits.exempt.clone(),
            // A tenth is for the database, the listeners and the log.
            connections: files - files / 10,
            per_address: self.limits.connections_per_address,
            anonymous_per_address: self.limits.anonymous_per_address,
        }
    }
}

impl Limits {
    /// A service with less than this would serve nobody.
    fn check(&self) -> anyhow::Result<()> {
        for (key, value, least) in [
            ("connections_per_address", self.connections_per_address, 1),
            ("anonymous_per_address", self.anonymous_per_address, 1),
            ("contacts", self.contacts, 1),
            ("reverse", self.reverse, 1),
            ("switchboards_per_minute", self.switchboards_per_minute, 1),
            ("switchboard_connections", self.switchboard_connections, 1),
            ("calls_per_minute", self.calls_per_minute, 1),
            ("rings", self.rings, 1),
            ("switchboard_members", self.switchboard_members, 2),
        ] {
            anyhow::ensure!(value >= least, "limits.{key} is {value}; it must be at least {least}");
        }
        Ok(())
    }

    /// How long a switchboard session may be idle.
    #[must_use]
    pub fn switchboard_idle(&self) -> Option<Duration> {
        (self.switchboard_idle > 0).then(|| Duration::from_secs(self.switchboard_idle))
    }
}

impl AddressLimits {
    /// Whether rates and numbers are not bounded for an address.
    #[must_use]
    pub fn is_exempt(&self, peer: IpAddr) -> bool {
        contains(&self.exempt, peer)
    }
}

/// Whether an address is of this machine or of a private network.
#[must_use]
pub fn is_private(address: IpAddr) -> bool {
    contains(&PRIVATE, address)
}

fn contains(networks: &[IpNet], address: IpAddr) -> bool {
    let address = address.to_canonical();
    networks.iter().any(|network| network.contains(&address))
}

fn is_word(value: &str) -> bool {
    !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_needs_to_be_set() {
        let config = Config::parse("").unwrap();
        assert_eq!(config.listen.notification.port(), 1863);
        assert!(config.address_limits(100).is_exempt(IpAddr::from([192, 168, 1, 7])));
        assert!(config.address_limits(100).is_exempt("::ffff:10.0.0.1".parse().unwrap()));
        assert!(!config.address_limits(100).is_exempt(IpAddr::from([203, 0, 113, 7])));
    }

    #[test]
    fn an_unknown_key_is_an_error_that_names_it() {
        let error = format!("{:#}", Config::parse("[limits]\ncontacs = 5\n").unwrap_err());
        assert!(error.contains("contacs") && error.contains("line 2"), "{error}");
    }

    #[test]
    fn a_service_that_could_serve_nobody_is_refused() {
        for (text, key) in [
            ("[limits]\nconnections_per_address = 0", "limits.connections_per_address"),
            ("[limits]\nswitchboard_members = 1", "limits.switchboard_members"),
            ("[sign_in]\nchallenge = false\nrequire_challenge = true", "sign_in.require_challenge"),
        ] {
            let error = format!("{:#}", Config::parse(text).unwrap_err());
            assert!(error.contains(key), "{error}");
        }
    }

    #[test]
    fn the_example_shows_the_defaults() {
        assert_eq!(Config::parse(EXAMPLE).unwrap(), Config::default());
    }

    const EXAMPLE: &str = include_str!("../../../swallowtail.example.toml");

    #[test]
    fn the_example_has_every_key() {
        for section in ["", "[listen]", "[advertise]", "[limits]", "[sign_in]"] {
            // The error for a key that does not exist lists those that do.
            let error = format!("{:#}", Config::parse(&format!("{section}\nnothing = 1")).unwrap_err());
            let (_, known) = error.split_once("expected one of").unwrap();
            let known: Vec<_> = known.split('`').skip(1).step_by(2).collect();
            assert!(known.len() >= 3, "{error}");
            for key in known {
                let shown = |line: &str| {
                    let line = line.trim_start_matches("# ");
                    line == format!("[{key}]") || line.starts_with(&format!("{key} = "))
                };
                assert!(EXAMPLE.lines().any(shown), "{section} {key}");
            }
        }
        for quirk in crate::notification::quirk_names() {
            assert!(EXAMPLE.contains(&format!("# {quirk} = \"auto\"")), "{quirk}");
        }
    }

    #[test]
    fn every_private_network_is_well_formed() {
        assert_eq!(PRIVATE.len(), PRIVATE_NETWORKS.len());
    }

    #[test]
    fn values_that_would_break_the_wire_are_refused() {
        for text in [
            "[sign_in]\nping = 5",
            "[sign_in]\ncountry = \"us\"",
            "[sign_in]\npage = \"http://a b\"",
            "[advertise]\nswitchboard = \"a\\r\\nOUT\"",
        ] {
            assert!(Config::parse(text).is_err(), "{text}");
        }
    }
}
