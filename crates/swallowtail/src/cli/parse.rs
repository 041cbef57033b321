//! Arguments, and what is wrong with them in a sentence.

use std::net::SocketAddr;

use anyhow::Context;
use msnp::{DisplayName, Handle};
use swallowtail_config::{host_port, is_host_and_port};
use swallowtail_store::accounts::password;

pub(super) fn parse_handle(text: &str) -> Result<Handle, msnp::handle::BadHandle> {
    Handle::parse(text)
}

pub(super) fn parse_name(text: &str) -> anyhow::Result<DisplayName> {
    DisplayName::new(text).context("a display name is not empty, has no line break, and is at most 387 bytes long")
}

/// Checks whether a text can be a password, with the words that commands print.
pub(super) fn check_password(text: &str) -> anyhow::Result<()> {
    Ok(password::check(text)?)
}

/// Parses an address to which clients can be sent, `host:port`.
pub(super) fn parse_place(text: &str) -> Result<String, String> {
    let good = is_host_and_port(text) && host_port::split(text).is_some_and(|(_, port)| port.is_some());
    good.then(|| text.to_owned())
        .ok_or_else(|| "it must be a host and a port, such as chat.example.com:1863".to_owned())
}

/// An address to listen on.
pub(super) fn parse_address(text: &str) -> Result<SocketAddr, String> {
    text.parse()
        .map_err(|_| "it must be an IP address and a port; 0.0.0.0:8080 is port 8080 of every address".to_owned())
}
