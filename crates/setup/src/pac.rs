//! Proxy auto-config files.

use std::fmt::Write as _;

/// Returns a script that sends requests for `hosts` to `proxy` (`host:port`). The script sends all other requests
/// directly. The script uses only the JavaScript of 1996, because old systems cannot run newer
/// code.
#[must_use]
pub fn script(proxy: &str, hosts: &[&str]) -> String {
    let mut out = String::from("function FindProxyForURL(url, host) {\r\n  host = host.toLowerCase();\r\n");
    for name in hosts {
        let _ = write!(out, "  if (host == \"{name}\") return \"PROXY {proxy}\";\r\n");
    }
    out + "  return \"DIRECT\";\r\n}\r\n"
}

#[cfg(test)]
mod tests {
    #[test]
    fn only_requests_to_microsofts_hosts_use_the_proxy() {
        let script = super::script("192.0.2.1:80", &crate::hosts::MICROSOFT);
        assert!(script.contains("if (host == \"messenger.hotmail.com\") return \"PROXY 192.0.2.1:80\";"), "{script}");
        assert_eq!(script.matches("PROXY").count(), crate::hosts::MICROSOFT.len());
        assert!(script.ends_with("return \"DIRECT\";\r\n}\r\n"));
    }
}
