//! Every setting of the server as plain data: defaults, a TOML file, and checks.
//!
//! [`Config`] holds them all. The command line changes single values of it afterwards, so the order of precedence is:
//! defaults, file, command line. Nothing needs to be set, and an unknown key is an error that names it. The crate only
//! describes: it opens no socket and no database, and depends on no part of the server that does.

mod client_config;
mod config;
mod derived;
mod fault;
pub mod host_port;
mod limits;
mod network;
mod networks;
mod quirks;
mod rates;
mod shields;
mod sign_up;

pub use client_config::{ClientConfig, Tab};
pub use config::{Config, SignIn};
pub use host_port::{is_host, is_host_and_port};
pub use limits::{AddressLimits, Limits, RosterLimits};
pub use network::{
    Advertise, CertificateFiles, GatewayConfig, HeaderCase, HttpConfig, Listen, MAIN, Network, ProxyConfig, TlsConfig,
};
pub use networks::{contains, is_private};
pub use quirks::{Quirk, QuirkMode};
pub use rates::{Allowance, Rate, RateLimits};
pub use shields::{Denied, ShieldsClient, ShieldsConfig};
pub use sign_up::{Access, SignUp};
