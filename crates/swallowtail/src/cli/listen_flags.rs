//! Flags for the addresses to listen on.

use std::net::SocketAddr;

use clap::Args;
use swallowtail_config::Override;

use crate::cli::parse::parse_address;
use crate::cli::traced::Traced;

/// Addresses to listen on, which override the settings.
#[derive(Debug, Args)]
pub(super) struct ListenFlags {
    /// Address of the notification server, to which clients connect first; port 0 uses any free port [default:
    /// 127.0.0.1:1863]
    #[arg(long, value_name = "ADDR", env = "SWALLOWTAIL_NOTIFICATION", value_parser = parse_address)]
    notification: Option<SocketAddr>,
    /// Address of the switchboard, which carries the conversations [default: 127.0.0.1:1864]
    #[arg(long, value_name = "ADDR", env = "SWALLOWTAIL_SWITCHBOARD", value_parser = parse_address)]
    switchboard: Option<SocketAddr>,
    /// Address of the sign-in service over plain HTTP [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDR", env = "SWALLOWTAIL_HTTP", value_parser = parse_address)]
    http: Option<SocketAddr>,
    /// Address of a dispatch server, which sends clients to the notification server [default: none]
    #[arg(long, value_name = "ADDR", env = "SWALLOWTAIL_DISPATCH", value_parser = parse_address)]
    dispatch: Option<SocketAddr>,
}

impl Traced<ListenFlags> {
    /// Returns the settings that these flags override.
    pub(super) fn overrides(&self) -> Vec<Override> {
        let args = &self.args;
        let all = [
            ("listen.notification", args.notification, "notification", "--notification", "SWALLOWTAIL_NOTIFICATION"),
            ("listen.switchboard", args.switchboard, "switchboard", "--switchboard", "SWALLOWTAIL_SWITCHBOARD"),
            ("listen.http", args.http, "http", "--http", "SWALLOWTAIL_HTTP"),
            ("listen.dispatch", args.dispatch, "dispatch", "--dispatch", "SWALLOWTAIL_DISPATCH"),
        ];
        let given = all.into_iter().filter_map(|(key, address, id, flag, variable)| {
            Some(Override { key, value: address?.to_string(), origin: self.origin(id, flag, variable) })
        });
        given.collect()
    }
}
