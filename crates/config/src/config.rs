//! [`Config`]: reading a file, and the checks that concern several settings.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Context;
use serde::Deserialize;

use crate::client_config::ClientConfig;
use crate::fault::Fault;
use crate::host_port::{is_host, is_host_and_port};
use crate::limits::Limits;
use crate::network::{Advertise, GatewayConfig, HttpConfig, Listen, MAIN, Network, ProxyConfig, TlsConfig};
use crate::quirks::{Quirk, QuirkMode};
use crate::shields::ShieldsConfig;
use crate::sign_up::SignUp;

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
    /// Further networks by name, each with its own addresses to listen on and to tell, such as the internet beside the
    /// LAN.
    pub network: BTreeMap<String, Network>,
    /// Certificates for the listeners with TLS.
    pub tls: TlsConfig,
    /// What concerns everything over HTTP.
    pub http: HttpConfig,
    /// MSNP over HTTP.
    pub gateway: GatewayConfig,
    /// Being the HTTP proxy of a client's Windows.
    pub proxy: ProxyConfig,
    /// Bounds.
    pub limits: Limits,
    /// Signing in.
    pub sign_in: SignIn,
    /// Making accounts in a browser.
    pub sign_up: SignUp,
    /// What single clients need that others must not get, by name: `auto` (for that client alone), `always` or `never`.
    pub quirks: BTreeMap<Quirk, QuirkMode>,
    /// What clients fetch over HTTP: MsgrConfig and tabs.
    pub client_config: ClientConfig,
    /// What clients are asked not to do.
    pub shields: ShieldsConfig,
}

/// Signing in, and what follows.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SignIn {
    /// Whether passwords may cross a network that is neither loopback nor private in clear (security.md section 8).
    pub insecure_http: bool,
    /// Whether there is `NotRST.srf`, for a patched msidcrl.dll (http.md section 2).
    pub not_rst: bool,
    /// The login page to which clients of Passport 1.4 are sent on (http.md section 1.2). This server's own by default.
    pub redirect: Option<String>,
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

impl Default for Config {
    fn default() -> Self {
        Self {
            data: PathBuf::from("swallowtail-data"),
            listen: Listen::default().or_main(),
            advertise: Advertise::default(),
            network: BTreeMap::new(),
            tls: TlsConfig::default(),
            http: HttpConfig::default(),
            gateway: GatewayConfig::default(),
            proxy: ProxyConfig::default(),
            limits: Limits::default(),
            sign_in: SignIn::default(),
            sign_up: SignUp::default(),
            quirks: BTreeMap::new(),
            client_config: ClientConfig::default(),
            shields: ShieldsConfig::default(),
        }
    }
}

impl Default for SignIn {
    fn default() -> Self {
        Self {
            insecure_http: false,
            not_rst: false,
            redirect: None,
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
        let mut config: Self = toml::from_str(text).map_err(|error| Fault::new(&error, text))?;
        config.listen = config.listen.or_main();
        config.check()?;
        Ok(config)
    }

    fn check(&self) -> anyhow::Result<()> {
        self.limits.check()?;
        self.client_config.check()?;
        self.shields.check()?;
        self.sign_up.check()?;
        anyhow::ensure!(
            self.sign_in.challenge || !self.sign_in.require_challenge,
            "sign_in.require_challenge is true, but with sign_in.challenge = false nobody is challenged"
        );
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
        if let Some(url) = &self.sign_in.redirect {
            anyhow::ensure!(
                url.starts_with("https://") && is_word(url),
                "sign_in.redirect is {url:?}; it must be an https URL without blanks"
            );
        }
        for name in &self.http.names {
            anyhow::ensure!(is_host(name), "http.names has {name:?}; it must be a host without a port");
        }
        self.check_networks()
    }

    fn check_networks(&self) -> anyhow::Result<()> {
        for (name, listen, advertise) in self.networks() {
            let prefix = if name == MAIN { String::new() } else { format!("network.{name}.") };
            for (key, value) in advertise.all() {
                let Some(value) = value else { continue };
                let good = is_host_and_port(value);
                anyhow::ensure!(
                    good,
                    "{prefix}advertise.{key} is {value:?}; it must be a host and a port, without blanks"
                );
            }
            anyhow::ensure!(
                !listen.has_tls() || self.tls.own_root || !self.tls.certificate.is_empty(),
                "{prefix}listen has an address for TLS, but there is no [[tls.certificate]] and tls.own_root is false"
            );
            anyhow::ensure!(
                self.has_switchboard(listen, advertise),
                "{prefix}listen has a notification server, but no switchboard that its clients can reach: set \
                 {prefix}listen.switchboard or {prefix}advertise.switchboard"
            );
            anyhow::ensure!(
                !listen.one_port || listen.notification.is_some(),
                "{prefix}listen.one_port is true, but {prefix}listen.notification is not set"
            );
        }
        anyhow::ensure!(
            !self.network.contains_key(MAIN),
            "network.{MAIN} cannot be: the main network is [listen] and [advertise]"
        );
        Ok(())
    }

    /// Whether the clients of a network's notification server can be told a switchboard: without one of its own they
    /// dial the main network's port at the address that they dialled before.
    fn has_switchboard(&self, listen: &Listen, advertise: &Advertise) -> bool {
        let Some(notification) = listen.notification else { return true };
        let main = self.listen.switchboard.filter(|_| !self.listen.one_port).or(self.listen.notification);
        let is_there = main.is_some_and(|main| main.ip().is_unspecified() || main.ip() == notification.ip());
        listen.switchboard.is_some() || listen.one_port || advertise.switchboard.is_some() || is_there
    }

    /// Every network by its name, the main one first.
    pub fn networks(&self) -> impl Iterator<Item = (&str, &Listen, &Advertise)> {
        let main = std::iter::once((MAIN, &self.listen, &self.advertise));
        main.chain(self.network.iter().map(|(name, network)| (name.as_str(), &network.listen, &network.advertise)))
    }
}

fn is_word(value: &str) -> bool {
    !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::*;
    use crate::sign_up::Access;

    #[test]
    fn nothing_needs_to_be_set() {
        let config = Config::parse("").unwrap();
        assert_eq!(config.listen.notification.unwrap().port(), 1863);
        assert!(config.address_limits(100).is_exempt(IpAddr::from([192, 168, 1, 7])));
        assert!(config.address_limits(100).is_exempt("::ffff:10.0.0.1".parse().unwrap()));
        assert!(!config.address_limits(100).is_exempt(IpAddr::from([203, 0, 113, 7])));
    }

    #[test]
    fn an_unknown_key_is_an_error_that_names_it() {
        let error = format!("{:#}", Config::parse("[limits]\ncontacs = 5\n").unwrap_err());
        assert_eq!(error, "line 2: there is no key `contacs` here; did you mean `contacts`?");
    }

    #[test]
    fn an_error_says_the_line_and_what_was_meant() {
        let table = [
            ("\n[limit]\nrings = 3", "line 2: there is no key `limit` here; did you mean `limits`?"),
            (
                "[listen]\nnotificaton = \"0.0.0.0:1\"",
                "line 2: there is no key `notificaton` here; did you mean `notification`?",
            ),
            (
                "[[tls.certificate]]\nchain = \"a\"\ncert = \"b\"",
                "line 3: unknown field `cert`, expected `chain` or `key`",
            ),
            (
                "[quirks]\nicq = \"auto\"",
                "line 2: unknown variant `icq`, expected one of `amsn`, `msn-pecan`, `msnp11-sdk`",
            ),
            ("data = 5", "line 1: invalid type: integer `5`, expected path string"),
            ("\n\ndata = ", "line 3: "),
        ];
        for (text, expected) in table {
            let error = format!("{:#}", Config::parse(text).unwrap_err());
            assert!(error.starts_with(expected), "{error}");
        }
    }

    #[test]
    fn a_service_that_could_serve_nobody_is_refused() {
        for (text, key) in [
            ("[limits]\nconnections_per_address = 0", "limits.connections_per_address"),
            ("[limits]\nswitchboard_members = 1", "limits.switchboard_members"),
            ("[limits]\nsign_in_seconds = 0", "limits.sign_in_seconds"),
            ("[limits]\nmessages_at_once = 0", "limits.messages_at_once"),
            ("[limits]\nmessages_per_second = 0", "limits.messages_per_second"),
            ("[limits]\nmessage_bytes_per_second = 1663", "limits.message_bytes_per_second"),
            ("[sign_in]\nchallenge = false\nrequire_challenge = true", "sign_in.require_challenge"),
            ("[network.far.listen]\nnotification = \"192.0.2.7:1863\"", "network.far.advertise.switchboard"),
            ("[tls]\nown_root = false\n[network.far.listen]\nhttps = \"192.0.2.7:443\"", "[[tls.certificate]]"),
            ("[network.far.listen]\none_port = true", "network.far.listen.notification"),
            ("[network.main.listen]", "network.main"),
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
        for section in [
            "",
            "[listen]",
            "[advertise]",
            "[tls]",
            "[[tls.certificate]]",
            "[http]",
            "[gateway]",
            "[proxy]",
            "[limits]",
            "[sign_in]",
            "[sign_up]",
            "[client_config]",
            "[[client_config.tab]]",
            "[shields]",
            "[[shields.client]]",
        ] {
            // The error for a key that does not exist lists those that do.
            let error = format!("{:#}", Config::parse(&format!("{section}\nnothing = 1")).unwrap_err());
            let (_, known) = error.split_once("expected ").unwrap();
            let (known, _) = known.split_once(" (`").unwrap();
            let known: Vec<_> = known.split('`').skip(1).step_by(2).collect();
            assert!(!known.is_empty(), "{error}");
            for key in known {
                let shown = |line: &str| {
                    let line = line.trim_start_matches("# ");
                    let table = section.trim_matches(['[', ']']);
                    let begins = |start: &str| line.starts_with(&format!("{start}{key}"));
                    let is_table = begins("[") || begins("[[") || line == format!("[[{table}.{key}]]");
                    is_table || line.starts_with(&format!("{key} = "))
                };
                assert!(EXAMPLE.lines().any(shown), "{section} {key}");
            }
        }
        for quirk in Quirk::ALL {
            let shown = |line: &str| {
                toml::from_str::<BTreeMap<Quirk, QuirkMode>>(line).is_ok_and(|line| line.contains_key(&quirk))
            };
            assert!(EXAMPLE.lines().filter_map(|line| line.strip_prefix("# ")).any(shown), "{quirk:?}");
        }
    }

    #[test]
    fn what_the_example_only_shows_is_good_too() {
        let is_shown =
            |key: &str| key.starts_with('[') || key.split_once(" = ").is_some_and(|(key, _)| !key.contains(' '));
        let uncomment = |line: &str| match line.strip_prefix("# ") {
            Some(key) if is_shown(key) => format!("{key}\n"),
            _ => format!("{line}\n"),
        };
        let config = Config::parse(&EXAMPLE.lines().map(uncomment).collect::<String>()).unwrap();
        assert_eq!((config.client_config.tabs.len(), config.shields.clients.len()), (1, 1));
        assert_eq!((config.network.len(), config.tls.certificate.len()), (1, 1));
    }

    #[test]
    fn who_may_sign_up_is_one_of_three_words() {
        let config = Config::parse("[sign_up]\nnear = \"invite\"\nelsewhere = \"closed\"").unwrap();
        assert_eq!(config.sign_up, SignUp { near: Access::Invite, elsewhere: Access::Closed, min_password: 8 });
        let error = format!("{:#}", Config::parse("[sign_up]\nnear = \"ajar\"").unwrap_err());
        assert!(error.contains("ajar") && error.contains("`open`, `invite`, `closed`"), "{error}");
    }

    #[test]
    fn values_that_would_break_the_wire_are_refused() {
        for text in [
            "[sign_in]\nping = 5",
            "[sign_in]\ncountry = \"us\"",
            "[sign_in]\npage = \"http://a b\"",
            "[advertise]\nswitchboard = \"a\\r\\nOUT\"",
            "[advertise]\nswitchboard = \"a.example.com:186e\"",
            "[advertise]\npassport = \"[2001:db8::1\"",
        ] {
            assert!(Config::parse(text).is_err(), "{text}");
        }
    }
}
