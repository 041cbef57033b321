//! Every setting of the server as plain data: defaults, a TOML file, and checks.
//!
//! [`Config`] contains all settings. Environment variables override the file. Command-line flags
//! override the file and the environment variables. No setting is required. An unknown key is an
//! error, and the error names the key. The crate opens no socket and no database. It depends on no
//! part of the server that opens one.

mod checks;
mod client_config;
mod config;
mod connections;
mod derived;
mod effective;
mod fault;
mod helper;
pub mod host_port;
mod kind;
mod limits;
mod log;
mod network;
mod networks;
mod origin;
mod quirks;
mod rates;
mod reader;
mod shields;
mod sign_in;
mod sign_up;
mod suggest;
mod syntax;

pub use client_config::{ClientConfig, Tab};
pub use config::Config;
pub use connections::{ConnectionLimits, MAX_OLD_TLS_TUNNELS};
pub use effective::Effective;
pub use fault::{Fault, Faults};
pub use helper::HelperConfig;
pub use host_port::{is_host, is_host_and_port};
pub use limits::{Limits, RosterLimits};
pub use log::{LogConfig, LogFormat};
pub use network::{
    Advertise, CertificateFiles, GatewayConfig, HeaderCase, HttpConfig, Listen, MAIN, Network, ProxyConfig, TlsConfig,
};
pub use networks::{contains, is_private};
pub use origin::{Origin, Override, Setting};
pub use quirks::{Quirk, QuirkMode};
pub use rates::{Allowance, Budget, Rate, RateLimits};
pub use shields::{ShieldsClient, ShieldsConfig};
pub use sign_in::SignIn;
pub use sign_up::{Access, SignUp};
