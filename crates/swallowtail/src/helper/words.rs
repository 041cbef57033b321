//! The texts of the helper.

use msnp::DisplayName;
use swallowtail_config::{Access, Config};

/// The answer to a text that is not a command.
const HINT: &str = "I am a program and understand only two words. Send \"help\" to find out what this server offers. \
                    Send \"echo\" and a text, and I send the text back.";
/// The answer to an offer of a file, or of something else that needs a person.
const DECLINE: &str = "Thank you, but I am a program and have no use for that, so I have declined it.";

/// The texts of the helper.
#[derive(Clone, Debug)]
pub(super) struct Words {
    /// The answer to "help".
    pub(super) help: String,
    /// The answer to a text that is not a command.
    pub(super) hint: &'static str,
    /// The answer to an offer of a file, or of something else that needs a person.
    pub(super) decline: &'static str,
}

impl Words {
    /// Returns the texts for these settings.
    pub(super) fn new(config: &Config, name: &DisplayName) -> Self {
        let help = config.helper.help.clone().unwrap_or_else(|| default_help(config, name.as_str()));
        Self { help, hint: HINT, decline: DECLINE }
    }

    /// Returns whether a text is one of the helper's own texts. If so, a program has sent the
    /// helper's text back, and the helper must not answer it.
    pub(super) fn contain(&self, text: &str) -> bool {
        [&*self.help, self.hint, self.decline].iter().any(|own| own.trim() == text.trim())
    }
}

/// Returns a text that names the pages of this server.
fn default_help(config: &Config, name: &str) -> String {
    let has_sign_up = config.sign_up.near != Access::Closed || config.sign_up.elsewhere != Access::Closed;
    let pages = match origin(config) {
        Some(origin) => {
            let sign_up = if has_sign_up { format!("New account: {origin}/signup\n") } else { String::new() };
            format!("About this server: {origin}/\n{sign_up}Connect another program: {origin}/setup\n")
        }
        None => format!("About this server: {}\n", config.sign_in.page),
    };
    format!(
        "I am {name}, a program that belongs to this server.\n\n{pages}\nSend \"echo\" and a text, and I send the text back. \
         I also answer a nudge."
    )
}

/// Returns the common beginning of the URLs of this server's pages, such as `https://chat.example`.
/// Returns `None` if the settings do not contain a name of the server.
fn origin(config: &Config) -> Option<String> {
    if let Some(host) = &config.advertise.passport {
        return Some(format!("http://{host}"));
    }
    let name = config.http.names.first()?;
    let is_https = config.listen.https.is_some_and(|address| address.port() == 443);
    Some(match config.listen.http.map(|address| address.port()) {
        _ if is_https || !config.http.trusted_proxies.is_empty() => format!("https://{name}"),
        Some(port) if port != 80 => format!("http://{name}:{port}"),
        _ => format!("http://{name}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(settings: &str) -> Words {
        Words::new(&Config::parse(settings).unwrap(), &DisplayName::new("Bird").unwrap())
    }

    #[test]
    fn page_addresses_in_the_default_help_contain_the_host_name_that_users_know() {
        let names = "[http]\nnames = [\"chat.example\", \"b.example\"]\n";
        for (settings, expected) in [
            ("[sign_in]\npage = \"http://c.example/x\"".to_owned(), "About this server: http://c.example/x\n"),
            (names.to_owned(), "http://chat.example:8080/signup\n"),
            (format!("{names}[listen]\nhttp = \"0.0.0.0:80\""), "http://chat.example/setup\n"),
            (format!("{names}[listen]\nhttps = \"0.0.0.0:443\""), "https://chat.example/setup\n"),
            (format!("{names}trusted_proxies = [\"127.0.0.1/32\"]"), "https://chat.example/setup\n"),
            (format!("{names}[advertise]\npassport = \"d.example:81\""), "http://d.example:81/setup\n"),
        ] {
            let help = words(&settings).help;
            assert!(help.contains(expected), "{settings}: {help}");
        }
        let closed = format!("{names}[sign_up]\nnear = \"closed\"\nelsewhere = \"closed\"");
        assert!(!words(&closed).help.contains("signup"));
    }

    #[test]
    fn the_operator_can_replace_the_help_text() {
        assert_eq!(words("[helper]\nhelp = \"ask Carol\"").help, "ask Carol");
    }

    #[test]
    fn the_helper_recognises_its_own_texts() {
        let words = words("");
        for own in [&*words.help, words.hint, words.decline] {
            assert!(words.contain(&format!("{own}\n")));
        }
        assert!(!words.contain("help"));
    }
}
