//! `[client_config]`: the configuration that clients download, and its checks.

use crate::kind::{Flag, List, Text, whole, whole_of};
use crate::reader::Section;

/// The largest `expires_in_days`. A client uses a downloaded configuration, with any mistake in it,
/// for that many days.
const MAX_DAYS: u32 = 30;
/// The largest number of tabs. Clients show about ten tabs, and each client fetches the whole
/// document.
const MAX_TABS: usize = 20;
/// The largest number of trusted domains.
const MAX_DOMAINS: usize = 32;
/// The longest URL in bytes. Internet Explorer accepts twice as much. With this limit even a full document stays near
/// 64 KiB.
const MAX_URL: usize = 1024;
/// The longest name or tooltip of a tab, in characters. Clients show each of them on one line.
const MAX_TEXT: usize = 128;
/// The largest site or alert ID. Clients read it as a signed 32-bit number.
const MAX_ID: u32 = i32::MAX.cast_unsigned();
/// The longest domain name in the DNS, in bytes.
const MAX_DOMAIN: usize = 253;

/// The configuration that clients download. By default it is nearly empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientConfig {
    /// Days after which a client downloads the configuration again, 0 to 30. With 0, the client
    /// downloads it at each sign-in.
    pub expires_in_days: u32,
    /// True if clients hide their phone dialer.
    pub disable_phone_dialer: bool,
    /// Domains, including their subdomains, whose pages may control the client from inside a tab.
    pub trusted_domains: Vec<String>,
    /// The page behind "MSN Today".
    pub today: Option<String>,
    /// The page with the terms of use.
    pub terms_of_use: Option<String>,
    /// The page that searches the web. The client replaces `$QUERY$` by the search words.
    pub search: Option<String>,
    /// Tabs at the left side of the client.
    pub tabs: Vec<Tab>,
}

/// A tab at the left side of the client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tab {
    /// The page that the tab shows.
    pub page: String,
    /// The page that a click on the tab opens. The default is `page`, as on other servers.
    pub hit: Option<String>,
    /// The picture on the tab.
    pub image: String,
    /// The name of the tab in the client's options.
    pub name: String,
    /// The tooltip of the tab. The default is `name`.
    pub tooltip: Option<String>,
    /// The Passport site ID of the page. If the ID is 0, the client does not sign in to the page.
    pub site_id: u32,
    /// The ID with which an alert opens the tab. 0 means no ID.
    pub notification_id: u32,
}

impl Default for ClientConfig {
    fn default() -> Self {
        Self {
            expires_in_days: 1,
            disable_phone_dialer: true,
            trusted_domains: Vec::new(),
            today: None,
            terms_of_use: None,
            search: None,
            tabs: Vec::new(),
        }
    }
}

impl ClientConfig {
    pub(crate) fn read(from: &Section<'_>) -> Self {
        let default = Self::default();
        let domain = Text {
            expected: "a domain such as \"chat.example.com\", without http:// and without *".to_owned(),
            is_valid: is_domain,
        };
        let domains = List { item: domain, max: MAX_DOMAINS };
        let days = whole_of("days", 0..=MAX_DAYS);
        Self {
            expires_in_days: from.get("expires_in_days", default.expires_in_days, &days),
            disable_phone_dialer: from.get("disable_phone_dialer", default.disable_phone_dialer, &Flag),
            trusted_domains: from.get("trusted_domains", default.trusted_domains, &domains),
            today: from.optional("today", None, &url()),
            terms_of_use: from.optional("terms_of_use", None, &url()),
            search: from.optional("search", None, &url()),
            tabs: from.tables("tab", MAX_TABS, Tab::read),
        }
    }
}

impl Tab {
    /// Returns the page that a click on the tab opens.
    #[must_use]
    pub fn hit(&self) -> &str {
        self.hit.as_ref().unwrap_or(&self.page)
    }

    /// Returns the tooltip.
    #[must_use]
    pub fn tooltip(&self) -> &str {
        self.tooltip.as_ref().unwrap_or(&self.name)
    }

    fn read(from: &Section<'_>) -> Self {
        let text = Text {
            expected: format!("a text of 1 to {MAX_TEXT} characters without control characters"),
            is_valid: is_text,
        };
        Self {
            page: from.required("page", String::new(), &url()),
            hit: from.optional("hit", None, &url()),
            image: from.required("image", String::new(), &url()),
            name: from.required("name", String::new(), &text),
            tooltip: from.optional("tooltip", None, &text),
            site_id: from.get("site_id", 0, &whole(0..=MAX_ID)),
            notification_id: from.get("notification_id", 0, &whole(0..=MAX_ID)),
        }
    }
}

fn url() -> Text {
    Text {
        expected: format!(
            "a URL that begins with http:// or https://, of at most {MAX_URL} ASCII characters without spaces"
        ),
        is_valid: is_url,
    }
}

/// Returns whether a text is the address of a web page. The server writes the address into XML and
/// into a header. So this function checks the characters of the address, and not the grammar of
/// URLs.
fn is_url(url: &str) -> bool {
    let rest = ["http://", "https://"].into_iter().find_map(|scheme| {
        let (start, rest) = url.split_at_checked(scheme.len())?;
        start.eq_ignore_ascii_case(scheme).then_some(rest)
    });
    let has_host =
        rest.is_some_and(|rest| rest.starts_with(|first: char| first.is_ascii_alphanumeric() || first == '['));
    has_host && url.len() <= MAX_URL && url.bytes().all(|byte| byte.is_ascii_graphic())
}

/// Returns whether a text is a full domain. Clients trust all subdomains of such a domain. So a
/// domain without a dot, which would be a top-level domain, is invalid.
fn is_domain(domain: &str) -> bool {
    let labels = || domain.split('.');
    let is_label = |label: &str| {
        !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    };
    domain.len() <= MAX_DOMAIN && labels().count() >= 2 && labels().all(is_label)
}

/// Returns whether a text can be displayed and written into XML.
fn is_text(text: &str) -> bool {
    let is_bad = |char: char| char.is_control() || matches!(char, '\u{FFFE}' | '\u{FFFF}');
    !text.trim().is_empty() && text.chars().count() <= MAX_TEXT && !text.chars().any(is_bad)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_must_begin_with_a_scheme_and_have_a_host() {
        for url in ["http://a", "HTTPS://a.example:81/b?c=d&e=<f>\"]]>", "http://[::1]/", "http://10.0.0.1/$QUERY$"] {
            assert!(is_url(url), "{url}");
        }
        let long = format!("http://a/{}", "b".repeat(MAX_URL));
        for url in [
            "",
            "http://",
            "http:// a",
            "http:///a",
            "a",
            "//a",
            "ftp://a",
            "javascript:a",
            "http://a\r\nb",
            "http://\u{E9}",
            &long,
        ] {
            assert!(!is_url(url), "{url}");
        }
    }

    #[test]
    fn a_trusted_domain_must_have_at_least_two_labels() {
        for domain in ["chat.example.com", "a-b_c.example"] {
            assert!(is_domain(domain), "{domain}");
        }
        let long = "a.".repeat(MAX_DOMAIN / 2) + "ab";
        for domain in ["", "com", "*.example.com", "a..b", ".a.b", "a.b.", "http://a.b", "a b.c", &long] {
            assert!(!is_domain(domain), "{domain}");
        }
    }

    #[test]
    fn the_text_of_a_tab_must_be_visible_and_valid_in_xml() {
        assert!(is_text("News \u{E9}"));
        let long = "a".repeat(MAX_TEXT + 1);
        for text in ["", " ", "a\u{7}", "\u{FFFE}", &long] {
            assert!(!is_text(text), "{text:?}");
        }
    }
}
