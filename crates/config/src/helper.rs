//! `[helper]`: a contact that belongs to the service and answers its users.

use msnp::payload::PersonalMessage;
use msnp::{DisplayName, Handle};

use crate::kind::{Flag, Text};
use crate::reader::Section;

/// The longest `help` in bytes. It fits into one message (docs/protocol/sb.md section 6).
const MAX_HELP: usize = 1024;
/// The part of the default address before the @.
const LOCAL_PART: &str = "helper";

/// Settings of the helper, an account that the server itself signs in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HelperConfig {
    /// True if the service has a helper.
    pub enabled: bool,
    /// The address of the helper's account. [`Config::helper`](crate::Config::helper) returns the
    /// default if this is `None`.
    pub address: Option<Handle>,
    /// True if each new account gets the helper on its contact list.
    pub on_new_lists: bool,
    /// The helper's display name.
    pub name: String,
    /// The helper's personal message. Empty if it has none.
    pub personal_message: String,
    /// The helper's answer to "help". With `None`, the answer is a text that lists the pages of the
    /// server.
    pub help: Option<String>,
}

impl Default for HelperConfig {
    fn default() -> Self {
        Self {
            enabled: false,
            address: None,
            on_new_lists: true,
            name: "Swallowtail".to_owned(),
            personal_message: "Send \"help\" to find out what this server offers".to_owned(),
            help: None,
        }
    }
}

impl HelperConfig {
    pub(crate) fn read(from: &Section<'_>) -> Self {
        let default = Self::default();
        let address = Text {
            expected: "an address such as \"helper@example.com\", in ASCII characters, without a comma or %".to_owned(),
            is_valid: |text| handle(text).is_some(),
        };
        let name = Text {
            expected: "a display name of 1 to 387 bytes, without line breaks".to_owned(),
            is_valid: |text| !text.trim().is_empty() && DisplayName::new(text).is_some(),
        };
        let message = Text {
            expected: "a text of up to about 900 bytes, without control characters".to_owned(),
            is_valid: |text| !text.chars().any(char::is_control) && PersonalMessage::of_text(text).is_some(),
        };
        let help = Text {
            expected: format!("a text of 1 to {MAX_HELP} bytes, without control characters except line breaks"),
            is_valid: is_help,
        };
        Self {
            enabled: from.get("enabled", default.enabled, &Flag),
            address: from.optional("address", None, &address).as_deref().and_then(handle),
            on_new_lists: from.get("on_new_lists", default.on_new_lists, &Flag),
            name: from.get("name", default.name, &name),
            personal_message: from.get("personal_message", default.personal_message, &message),
            help: from.optional("help", None, &help),
        }
    }
}

impl HelperConfig {
    /// Returns the address of the helper, if there is one. The domain of the default address is the
    /// first of `names` that can be the domain of an address.
    pub(crate) fn address_among(&self, names: &[String]) -> Option<Handle> {
        let by_name = || names.iter().find_map(|name| handle(&format!("{LOCAL_PART}@{name}")));
        self.enabled.then(|| self.address.clone().or_else(by_name)).flatten()
    }
}

/// Returns the address if every client can sign in with it and can add it as a contact.
fn handle(text: &str) -> Option<Handle> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b',' | b'%'));
    Handle::parse(text).ok().filter(|_| is_plain)
}

fn is_help(text: &str) -> bool {
    let is_bad = |char: char| char.is_control() && char != '\n';
    !text.trim().is_empty() && text.len() <= MAX_HELP && !text.chars().any(is_bad)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Config;

    #[test]
    fn the_helper_uses_the_first_server_name_with_a_dot_if_no_address_is_configured() {
        for (settings, expected) in [
            ("", None),
            ("[helper]\naddress = \"a@b.example\"", None),
            ("[helper]\nenabled = true\naddress = \"A@b.example\"", Some("a@b.example")),
            ("[helper]\nenabled = true\n[http]\nnames = [\"c.example\", \"d.example\"]", Some("helper@c.example")),
            ("[helper]\nenabled = true\n[http]\nnames = [\"intranet\", \"d.example\"]", Some("helper@d.example")),
        ] {
            let address = Config::parse(settings).unwrap().helper();
            assert_eq!(address.as_ref().map(Handle::as_str), expected, "{settings}");
        }
    }

    #[test]
    fn new_accounts_have_the_helper_as_a_contact_unless_the_setting_named_on_new_lists_is_false() {
        for (more, expected) in [("", true), ("on_new_lists = false", false)] {
            let settings = format!("[helper]\nenabled = true\naddress = \"a@b.example\"\n{more}");
            assert_eq!(Config::parse(&settings).unwrap().first_contact().is_some(), expected);
        }
    }

    #[test]
    fn a_help_text_may_contain_line_breaks_but_no_other_control_characters() {
        assert!(is_help("one\ntwo \u{E9}") && is_help(&"x".repeat(MAX_HELP)));
        for text in ["", " \n", "a\tb", "a\u{7}", &"x".repeat(MAX_HELP + 1)] {
            assert!(!is_help(text), "{text:?}");
        }
    }
}
