//! `[client_config]`: what the operator wants clients to know, and its checks.

use serde::Deserialize;

/// The most days. Clients do not ask again before they are over, so a mistake lasts that long.
const MOST_DAYS: u32 = 30;
/// The most tabs and trusted domains: clients show some ten tabs, and each fetches the whole document.
const MOST_TABS: usize = 20;
const MOST_DOMAINS: usize = 32;
/// The longest URL. Internet Explorer takes twice as much; with this, even a full document stays near 64 KiB.
const MOST_URL: usize = 1024;
/// The most characters of a name or a tooltip, which clients show in one line.
const MOST_TEXT: usize = 128;
/// The longest name in the DNS.
const MOST_DOMAIN: usize = 253;

/// What clients are told. By default hardly anything.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ClientConfig {
    /// Days after which a client asks again; 0 for at each sign-in.
    pub expires_in_days: u32,
    /// Whether clients hide their telephone dialer.
    pub disable_phone_dialer: bool,
    /// Domains whose pages may command the client from inside a tab, and all below them.
    pub trusted_domains: Vec<String>,
    /// The page behind "MSN Today".
    pub today: Option<String>,
    /// The page with the terms of use.
    pub terms_of_use: Option<String>,
    /// The page that searches the web; `$QUERY$` stands for the words.
    pub search: Option<String>,
    /// Tabs at the left side of the client.
    #[serde(rename = "tab")]
    pub tabs: Vec<Tab>,
}

/// A tab at the left side of the client.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tab {
    /// The page.
    pub page: String,
    /// What is fetched when somebody clicks on the tab. The page, if not told, as other servers have it.
    pub hit: Option<String>,
    /// The picture on the tab.
    pub image: String,
    /// The name in the client's options.
    pub name: String,
    /// The text beside the pointer. The name, if not told.
    pub tooltip: Option<String>,
    /// The number of the page's site with Passport; with 0 the client does not sign in there.
    #[serde(default)]
    pub site_id: u32,
    /// The number by which alerts open the tab; 0 for none.
    #[serde(default)]
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
    /// Refuses what clients could not take.
    pub(crate) fn check(&self) -> anyhow::Result<()> {
        anyhow::ensure!(
            self.expires_in_days <= MOST_DAYS,
            "client_config.expires_in_days is {}; {MOST_DAYS} are the most",
            self.expires_in_days
        );
        anyhow::ensure!(
            self.trusted_domains.len() <= MOST_DOMAINS,
            "client_config.trusted_domains has {} domains; {MOST_DOMAINS} are the most",
            self.trusted_domains.len()
        );
        for domain in &self.trusted_domains {
            anyhow::ensure!(
                is_domain(domain),
                "client_config.trusted_domains has {domain:?}; it must be a domain like \"chat.example.com\", without http:// or *"
            );
        }
        for (key, url) in [("today", &self.today), ("terms_of_use", &self.terms_of_use), ("search", &self.search)] {
            if let Some(url) = url {
                check_url(&format!("client_config.{key}"), url)?;
            }
        }
        anyhow::ensure!(
            self.tabs.len() <= MOST_TABS,
            "client_config.tab stands there {} times; {MOST_TABS} are the most",
            self.tabs.len()
        );
        (1..).zip(&self.tabs).try_for_each(|(number, tab)| tab.check(number))
    }
}

impl Tab {
    /// What is fetched when somebody clicks on the tab.
    #[must_use]
    pub fn hit(&self) -> &str {
        self.hit.as_ref().unwrap_or(&self.page)
    }

    /// The text beside the pointer.
    #[must_use]
    pub fn tooltip(&self) -> &str {
        self.tooltip.as_ref().unwrap_or(&self.name)
    }

    fn check(&self, number: usize) -> anyhow::Result<()> {
        for (key, url) in [("page", self.page.as_str()), ("hit", self.hit()), ("image", &self.image)] {
            check_url(&format!("{key} of client_config.tab number {number}"), url)?;
        }
        for (key, text) in [("name", self.name.as_str()), ("tooltip", self.tooltip())] {
            anyhow::ensure!(
                is_text(text),
                "{key} of client_config.tab number {number} is {text:?}; it must have 1 to {MOST_TEXT} characters, and no \
                 control characters"
            );
        }
        Ok(())
    }
}

fn check_url(key: &str, url: &str) -> anyhow::Result<()> {
    anyhow::ensure!(
        is_url(url),
        "{key} is {url:?}; it must begin with http:// or https://, without blanks and characters outside of ASCII, and have at \
         most {MOST_URL} bytes"
    );
    Ok(())
}

/// Whether a text is an address of a web page. It goes into XML and a header, so its characters count more than its
/// grammar.
fn is_url(url: &str) -> bool {
    let rest = ["http://", "https://"].into_iter().find_map(|scheme| {
        let (start, rest) = url.split_at_checked(scheme.len())?;
        start.eq_ignore_ascii_case(scheme).then_some(rest)
    });
    let has_host =
        rest.is_some_and(|rest| rest.starts_with(|first: char| first.is_ascii_alphanumeric() || first == '['));
    has_host && url.len() <= MOST_URL && url.bytes().all(|byte| byte.is_ascii_graphic())
}

/// Whether a text is a whole domain. One without a dot would be a top-level domain, and clients trust all that is
/// below.
fn is_domain(domain: &str) -> bool {
    let labels = || domain.split('.');
    let is_label = |label: &str| {
        !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    };
    domain.len() <= MOST_DOMAIN && labels().count() >= 2 && labels().all(is_label)
}

/// Whether a text can be shown, and stand in XML.
fn is_text(text: &str) -> bool {
    let is_bad = |char: char| char.is_control() || matches!(char, '\u{FFFE}' | '\u{FFFF}');
    !text.trim().is_empty() && text.chars().count() <= MOST_TEXT && !text.chars().any(is_bad)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Config;

    fn parse(text: &str) -> anyhow::Result<ClientConfig> {
        Config::parse(&format!("[client_config]\n{text}")).map(|config| config.client_config)
    }

    fn tab(keys: &str) -> String {
        format!("[[client_config.tab]]\n{keys}")
    }

    const TAB: &str = "page = \"http://a.example/\"\nimage = \"http://a.example/a.png\"\nname = \"A\"\n";

    #[test]
    fn a_tab_needs_three_keys() {
        let tabs = parse(&tab(TAB)).unwrap().tabs;
        assert_eq!((tabs[0].hit(), tabs[0].tooltip(), tabs[0].site_id), ("http://a.example/", "A", 0));
        for line in TAB.lines() {
            let rest = TAB.replace(line, "");
            assert!(parse(&tab(&rest)).is_err(), "{rest}");
        }
    }

    #[test]
    fn addresses_of_the_web_are_taken() {
        for url in ["http://a", "HTTPS://a.example:81/b?c=d&e=<f>\"]]>", "http://[::1]/", "http://10.0.0.1/$QUERY$"] {
            assert!(is_url(url), "{url}");
        }
        let long = format!("http://a/{}", "b".repeat(MOST_URL));
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
            "http://é",
            &long,
        ] {
            assert!(!is_url(url), "{url}");
        }
    }

    #[test]
    fn an_error_says_which_key_is_bad() {
        let many_domains = format!("trusted_domains = [{}]", "\"a.example\",".repeat(MOST_DOMAINS + 1));
        let long_name = TAB.replace("\"A\"", &format!("\"{}\"", "a".repeat(MOST_TEXT + 1)));
        for (text, says) in [
            ("expires_in_days = 31".to_owned(), "client_config.expires_in_days is 31; 30"),
            ("today = \"ftp://a\"".to_owned(), "client_config.today is \"ftp://a\""),
            ("terms_of_use = \"http://a b\"".to_owned(), "client_config.terms_of_use"),
            ("search = \"a\"".to_owned(), "client_config.search"),
            ("trusted_domains = [\"com\"]".to_owned(), "client_config.trusted_domains has \"com\""),
            ("trusted_domains = [\"*.example.com\"]".to_owned(), "client_config.trusted_domains"),
            ("trusted_domains = [\"a..b\"]".to_owned(), "client_config.trusted_domains"),
            (many_domains, "client_config.trusted_domains has 33"),
            (tab(TAB).repeat(MOST_TABS + 1), "client_config.tab stands there 21 times"),
            (tab(TAB) + &tab(&format!("{TAB}hit = \"\"")), "hit of client_config.tab number 2"),
            (tab(&TAB.replace("http://a.example/a.png", "res:mail")), "image of client_config.tab number 1"),
            (tab(&TAB.replace("\"A\"", "\" \"")), "name of client_config.tab number 1"),
            (tab(&format!("{TAB}tooltip = \"a\\u0007\"")), "tooltip of client_config.tab number 1"),
            (tab(&format!("{TAB}tooltip = \"\\uFFFE\"")), "tooltip of client_config.tab number 1"),
            (tab(&long_name), "name of client_config.tab number 1"),
        ] {
            let error = format!("{:#}", parse(&text).unwrap_err());
            assert!(error.contains(says), "{error}");
        }
    }
}
