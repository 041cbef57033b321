//! The addresses of HTTP services: scheme, host, port and path.

use std::fmt;

/// An address that begins with `http://` or `https://`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Url {
    pub(crate) is_tls: bool,
    /// The host, with brackets if it is an IPv6 address.
    pub(crate) host: String,
    pub(crate) port: u16,
    /// The path with the query. Begins with `/`.
    pub(crate) path: String,
}

impl Url {
    /// Reads an address. Returns `None` if it has another scheme, no host, or characters that a request line cannot have.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (is_tls, rest) = match text.split_once("://")? {
            (scheme, rest) if scheme.eq_ignore_ascii_case("https") => (true, rest),
            (scheme, rest) if scheme.eq_ignore_ascii_case("http") => (false, rest),
            _ => return None,
        };
        if !rest.bytes().all(|byte| byte.is_ascii_graphic()) {
            return None;
        }
        let at = rest.find('/').unwrap_or(rest.len());
        let (host_port, path) = rest.split_at(at);
        let (host, port) = match host_port.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => (host, port.parse().ok()?),
            _ => (host_port, if is_tls { 443 } else { 80 }),
        };
        let path = if path.is_empty() { "/" } else { path };
        (!host.is_empty() && !host.contains('@')).then(|| Self {
            is_tls,
            host: host.to_owned(),
            port,
            path: path.to_owned(),
        })
    }

    /// Returns the address with another path.
    pub(crate) fn with_path(&self, path: &str) -> Self {
        Self { path: path.to_owned(), ..self.clone() }
    }

    /// Returns `host:port` for a connection.
    pub(crate) fn address(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }

    /// Returns the value of the header `Host`. Leaves out the port if it is the usual port.
    pub(crate) fn authority(&self) -> String {
        let usual = if self.is_tls { 443 } else { 80 };
        if self.port == usual { self.host.clone() } else { self.address() }
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}{}", if self.is_tls { "https" } else { "http" }, self.authority(), self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_read_and_written() {
        for (text, written, address) in [
            ("http://chat.example.com", "http://chat.example.com/", "chat.example.com:80"),
            ("HTTPS://a.example:8443/x?y=1", "https://a.example:8443/x?y=1", "a.example:8443"),
            ("https://a.example:443/x", "https://a.example/x", "a.example:443"),
            ("http://[::1]:8080/", "http://[::1]:8080/", "[::1]:8080"),
            ("http://[::1]", "http://[::1]/", "[::1]:80"),
        ] {
            let url = Url::parse(text).unwrap();
            assert_eq!((url.to_string().as_str(), url.address().as_str()), (written, address));
        }
    }

    #[test]
    fn invalid_and_unsupported_urls_are_refused() {
        for text in
            ["", "a.example", "ftp://a.example/", "http://", "http:///x", "http://a b/", "http://a:b/", "http://a@b/"]
        {
            assert_eq!(Url::parse(text), None, "{text}");
        }
    }
}
