//! `host` and `host:port`, as in settings, request headers and targets of `CONNECT`. An IPv6 address is written
//! in brackets where a port may follow (RFC 3986 section 3.2.2).

use std::net::Ipv6Addr;

/// The longest host name in the DNS, in bytes.
const MAX_HOST: usize = 253;

/// Returns the host without brackets, and the port if there is one. Returns `None` if the text is
/// neither a host nor a host with a valid port.
#[must_use]
pub fn split(text: &str) -> Option<(&str, Option<u16>)> {
    let (host, port) = if let Some(rest) = text.strip_prefix('[') {
        let (host, after) = rest.split_once(']')?;
        host.parse::<Ipv6Addr>().ok()?;
        (host, if after.is_empty() { after } else { after.strip_prefix(':')? })
    } else if text.parse::<Ipv6Addr>().is_ok() {
        (text, "")
    } else {
        text.split_once(':').unwrap_or((text, ""))
    };
    if host.is_empty() {
        return None;
    }
    // The RFC allows a colon without a port after it. Rust's number parser accepts a plus sign, but
    // a port must not have one.
    let is_number = port.bytes().all(|byte| byte.is_ascii_digit());
    match port {
        "" => Some((host, None)),
        port if is_number => Some((host, Some(port.parse().ok()?))),
        _ => None,
    }
}

/// Joins a host without brackets and a port. This is the inverse of [`split`].
#[must_use]
pub fn join(host: &str, port: Option<u16>) -> String {
    let host = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
    match port {
        Some(port) => format!("{host}:{port}"),
        None => host,
    }
}

/// Returns whether a text can be a host and is safe in a header (security.md section 4).
#[must_use]
pub fn is_host(value: &str) -> bool {
    let is_valid = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    (1..=MAX_HOST).contains(&value.len()) && value.bytes().all(is_valid)
}

/// Returns whether a text is a host or an IPv6 address, with or without a port.
#[must_use]
pub fn is_host_and_port(value: &str) -> bool {
    split(value).is_some_and(|(host, _)| is_host(host) || host.parse::<Ipv6Addr>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_split_into_a_host_and_a_port() {
        let table = [
            ("msn.example.org", "msn.example.org", None),
            ("msn.example.org:8080", "msn.example.org", Some(8080)),
            ("msn.example.org:", "msn.example.org", None),
            ("192.0.2.1:80", "192.0.2.1", Some(80)),
            ("[::1]", "::1", None),
            ("[::1]:80", "::1", Some(80)),
            ("[2001:db8::1]:", "2001:db8::1", None),
            ("[::ffff:192.0.2.1]:1863", "::ffff:192.0.2.1", Some(1863)),
            ("::1", "::1", None),
            ("2001:db8::1:8080", "2001:db8::1:8080", None),
        ];
        for (text, host, port) in table {
            assert_eq!(split(text), Some((host, port)), "{text}");
        }
    }

    #[test]
    fn a_text_that_is_not_a_host_with_a_port_is_refused() {
        for text in [
            "", ":", ":80", "a:b", "a:+80", "a:65536", "a:80:80", "[]", "[]:80", "[::1", "[::1]80", "[a]:80", "a:-1",
            "::1]",
        ] {
            assert_eq!(split(text), None, "{text}");
        }
    }

    #[test]
    fn a_joined_host_and_port_can_be_split_again() {
        for (host, port, text) in [
            ("a.example.com", Some(80), "a.example.com:80"),
            ("a.example.com", None, "a.example.com"),
            ("2001:db8::1", Some(80), "[2001:db8::1]:80"),
            ("2001:db8::1", None, "[2001:db8::1]"),
        ] {
            assert_eq!(join(host, port), text);
            assert_eq!(split(text), Some((host, port)));
        }
    }
}
