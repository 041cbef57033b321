//! The addresses of a server.

use std::net::{IpAddr, SocketAddr};

use anyhow::{Context, Result};

/// The addresses on which a server listens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Addresses {
    /// The notification server.
    pub notification: SocketAddr,
    /// The switchboard.
    pub switchboard: SocketAddr,
    /// The HTTP server: the sign-in service, the gateway and the pages.
    pub http: SocketAddr,
}

impl Addresses {
    /// Returns addresses with this host and with ports that the system chooses.
    pub(super) fn any(address: IpAddr) -> Self {
        let any = SocketAddr::new(address, 0);
        Self { notification: any, switchboard: any, http: any }
    }

    /// Returns the flags with which `swallowtail serve` listens on these addresses.
    pub(super) fn flags(&self) -> [String; 6] {
        let Self { notification, switchboard, http } = self;
        [
            "--notification".to_owned(),
            notification.to_string(),
            "--switchboard".to_owned(),
            switchboard.to_string(),
            "--http".to_owned(),
            http.to_string(),
        ]
    }

    /// Reads the addresses from the lines that `swallowtail serve` prints when it has started. Returns `None` while
    /// they are incomplete.
    pub(super) fn read(lines: &[String]) -> Option<Result<Self>> {
        let find = |name: &str| lines.iter().find_map(|line| line.trim_start().strip_prefix(name));
        let (notification, switchboard, http) =
            (find("notification server ")?, find("switchboard ")?, find("sign-in service ")?);
        Some(Self::parse(notification, switchboard, http))
    }

    fn parse(notification: &str, switchboard: &str, http: &str) -> Result<Self> {
        let address = |text: &str| -> Result<SocketAddr> {
            let text = text.trim().trim_start_matches("http://");
            text.parse().with_context(|| format!("the server printed the invalid address {text:?}"))
        };
        Ok(Self { notification: address(notification)?, switchboard: address(switchboard)?, http: address(http)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_addresses_are_read_from_the_text_that_the_server_prints_at_startup() {
        let text = "Swallowtail 0.1.0 is running.\n\n  notification server  127.0.99.1:40001\n  \
                    switchboard          127.0.99.1:40002\n  sign-in service      http://127.0.99.1:40003\n";
        let lines: Vec<_> = text.lines().map(str::to_owned).collect();
        let addresses = Addresses::read(&lines).unwrap().unwrap();
        assert_eq!(addresses.http, "127.0.99.1:40003".parse().unwrap());
        assert_eq!(addresses.flags()[1], "127.0.99.1:40001");
        assert!(Addresses::read(&lines[..4]).is_none());
    }
}
