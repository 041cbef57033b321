//! Checks the addresses that the server sends to clients: whether this computer and the clients can reach them.

use std::net::IpAddr;

use swallowtail_config::is_private;

use super::codes;
use super::dial::{address, addresses, dial};
use super::exam::Exam;
use super::finding::Finding;
use super::target::HostPort;

/// Checks an address that the server sends to clients. `dialled` is the address at which the doctor reached the server.
///
/// # Errors
/// Returns a red finding that says why clients cannot use the address.
pub(super) async fn reach(
    exam: Exam<'_>,
    advertised: &str,
    dialled: &HostPort,
    key: &str,
) -> Result<HostPort, Finding> {
    let what = if key == "advertise.switchboard" { "switchboard" } else { "notification server" };
    let codes = if key == "advertise.switchboard" { &[] } else { codes::NO_NOTIFICATION };
    let key = exam.target.key(key);
    let red = |why: String| {
        let remedy = format!(
            "set {key} to a host and a port of this server that clients can reach. Or remove the setting. Then each \
             client gets the address to which it connected"
        );
        Err(Finding::red(format!("the server sends clients to {advertised} for the {what}: {why}"), remedy)
            .shows(codes))
    };
    let Some(host_port) = HostPort::parse(advertised) else {
        return red(format!("{advertised} is not a host and a port"));
    };
    let (Some(ip), Ok(from)) = (addresses(&host_port.host).await.first().copied(), address(dialled).await) else {
        return red(format!("the name {} has no address", host_port.host));
    };
    if let Some(why) = is_useless(ip, from.ip()) {
        return red(why.to_owned());
    }
    match dial(&host_port).await {
        Ok(_) => Ok(host_port),
        Err(why) => red(why.cause(&host_port)),
    }
}

/// Returns the reason why clients that reach the server at `dialled` cannot use the address
/// `advertised`. Returns `None` if they can use it.
fn is_useless(advertised: IpAddr, dialled: IpAddr) -> Option<&'static str> {
    if advertised.is_unspecified() {
        Some("this address means every address of a computer, and clients cannot connect to it")
    } else if advertised.is_loopback() && !dialled.is_loopback() {
        Some("on each client's computer, this address means that computer itself")
    } else if advertised.is_ipv6() && dialled.is_ipv4() {
        Some("these clients support only IPv4")
    } else if is_private(advertised) && !is_private(dialled) {
        Some("a private address cannot be reached from the internet")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_advertised_address_must_be_reachable_from_the_clients_network() {
        let table = [
            ("127.0.0.1", "192.168.1.5", Some("computer itself")),
            ("127.0.0.1", "127.0.0.1", None),
            ("0.0.0.0", "127.0.0.1", Some("every address")),
            ("192.168.1.5", "203.0.113.9", Some("private")),
            ("192.168.1.5", "192.168.1.5", None),
            ("2001:db8::1", "203.0.113.9", Some("IPv4")),
            ("203.0.113.9", "192.168.1.5", None),
        ];
        for (advertised, dialled, expected) in table {
            let why = is_useless(advertised.parse().unwrap(), dialled.parse().unwrap());
            match (why, expected) {
                (Some(why), Some(part)) => assert!(why.contains(part), "{advertised}: {why}"),
                (why, expected) => assert_eq!(why, expected, "{advertised}"),
            }
        }
    }
}
