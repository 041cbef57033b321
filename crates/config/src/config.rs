//! [`Config`]: every setting, section by section.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::client_config::ClientConfig;
use crate::helper::HelperConfig;
use crate::kind::FilePath;
use crate::limits::Limits;
use crate::log::LogConfig;
use crate::network::{Advertise, GatewayConfig, HttpConfig, Listen, MAIN, Network, ProxyConfig, TlsConfig};
use crate::quirks::{Quirk, QuirkMode};
use crate::reader::Section;
use crate::shields::ShieldsConfig;
use crate::sign_in::SignIn;
use crate::sign_up::SignUp;

/// Every setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// The data directory. By default `swallowtail-data` in the working directory.
    pub data: PathBuf,
    /// The log.
    pub log: LogConfig,
    /// The addresses on which the server listens.
    pub listen: Listen,
    /// The addresses that the server sends to clients. By default, the server sends each client the
    /// address to which that client connected.
    pub advertise: Advertise,
    /// Further networks by name, each with its own addresses, such as the internet in addition to the LAN.
    pub network: BTreeMap<String, Network>,
    /// Certificates for the listeners with TLS.
    pub tls: TlsConfig,
    /// Settings for everything over HTTP.
    pub http: HttpConfig,
    /// Settings for MSNP over HTTP.
    pub gateway: GatewayConfig,
    /// The HTTP proxy. Windows can use it for the requests of a client.
    pub proxy: ProxyConfig,
    /// Limits on one peer, and on all peers together.
    pub limits: Limits,
    /// Sign-in, and the settings that clients receive with it.
    pub sign_in: SignIn,
    /// The sign-up page.
    pub sign_up: SignUp,
    /// The helper, a contact that belongs to the service.
    pub helper: HelperConfig,
    /// Exceptions in the protocol that only some clients need, and that would break the other
    /// clients. Quirks without an entry are `auto`.
    pub quirks: BTreeMap<Quirk, QuirkMode>,
    /// The configuration that clients download over HTTP: MsgrConfig and tabs.
    pub client_config: ClientConfig,
    /// Features that clients are asked not to use.
    pub shields: ShieldsConfig,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            data: PathBuf::from("swallowtail-data"),
            log: LogConfig::default(),
            listen: Listen::main(),
            advertise: Advertise::default(),
            network: BTreeMap::new(),
            tls: TlsConfig::default(),
            http: HttpConfig::default(),
            gateway: GatewayConfig::default(),
            proxy: ProxyConfig::default(),
            limits: Limits::default(),
            sign_in: SignIn::default(),
            sign_up: SignUp::default(),
            helper: HelperConfig::default(),
            quirks: BTreeMap::new(),
            client_config: ClientConfig::default(),
            shields: ShieldsConfig::default(),
        }
    }
}

impl Config {
    pub(crate) fn read(from: &Section<'_>) -> Self {
        Self {
            data: from.get("data", Self::default().data, &FilePath),
            log: from.section("log", LogConfig::read),
            listen: from.section("listen", |listen| Listen::read(listen, Listen::main())),
            advertise: from.section("advertise", Advertise::read),
            network: Network::read_all(from),
            tls: from.section("tls", TlsConfig::read),
            http: from.section("http", HttpConfig::read),
            gateway: from.section("gateway", GatewayConfig::read),
            proxy: from.section("proxy", ProxyConfig::read),
            limits: from.section("limits", Limits::read),
            sign_in: from.section("sign_in", SignIn::read),
            sign_up: from.section("sign_up", SignUp::read),
            helper: from.section("helper", HelperConfig::read),
            quirks: from.section("quirks", Quirk::read_all),
            client_config: from.section("client_config", ClientConfig::read),
            shields: from.section("shields", ShieldsConfig::read),
        }
    }

    /// Returns every network with its name. The main network is the first one.
    pub fn networks(&self) -> impl Iterator<Item = (&str, &Listen, &Advertise)> {
        let main = std::iter::once((MAIN, &self.listen, &self.advertise));
        main.chain(self.network.iter().map(|(name, network)| (name.as_str(), &network.listen, &network.advertise)))
    }
}
