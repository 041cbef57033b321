//! Parses arguments. Every error is one sentence.

use std::net::SocketAddr;

use anyhow::Context;
use msnp::{DisplayName, Handle};
use swallowtail_config::{host_port, is_host_and_port};
use swallowtail_store::accounts::password;

pub(super) fn parse_handle(text: &str) -> Result<Handle, msnp::handle::BadHandle> {
    Handle::parse(text)
}

pub(super) fn parse_name(text: &str) -> anyhow::Result<DisplayName> {
    DisplayName::new(text).context("a display name must have 1 to 387 bytes and no line break")
}

/// Checks whether a text can be a password. The error is one sentence for the command line.
pub(super) fn check_password(text: &str) -> anyhow::Result<()> {
    Ok(password::check(text)?)
}

/// Parses the address, `host:port`, of another server to which `swallowtail move` redirects
/// clients.
pub(super) fn parse_place(text: &str) -> Result<String, String> {
    let is_valid = is_host_and_port(text) && host_port::split(text).is_some_and(|(_, port)| port.is_some());
    is_valid
        .then(|| text.to_owned())
        .ok_or_else(|| "it must be a host and a port, such as chat.example.com:1863".to_owned())
}

/// Parses an address to listen on, `ip:port`.
pub(super) fn parse_address(text: &str) -> Result<SocketAddr, String> {
    text.parse()
        .map_err(|_| "it must be an IP address and a port; 0.0.0.0:8080 is port 8080 of every address".to_owned())
}
