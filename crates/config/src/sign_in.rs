//! `[sign_in]`: the sign-in, and the settings that clients receive afterwards.

use crate::kind::{Flag, Text, whole_of};
use crate::reader::Section;

/// The longest URL in bytes. The server sends URLs in MSNP lines and in HTTP headers, and clients
/// limit the length of both.
const MAX_URL: usize = 1024;

/// The sign-in, and the settings that clients receive afterwards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignIn {
    /// True if unencrypted passwords are accepted from addresses that are neither loopback nor private (security.md
    /// section 8).
    pub insecure_http: bool,
    /// True if the server offers `NotRST.srf`, for clients with a patched msidcrl.dll (http.md section 2).
    pub not_rst: bool,
    /// The login page to which the server redirects Passport 1.4 clients (http.md section 1.2). The
    /// default is the login page of this server.
    pub redirect: Option<String>,
    /// Seconds after which clients should ping again, 10 to 60 (framing.md section 10).
    pub ping: u32,
    /// True if the server sends challenges to clients (challenge.md).
    pub challenge: bool,
    /// True if the server signs out a client that does not answer a challenge. Several libraries in use never answer.
    pub require_challenge: bool,
    /// The country in the profile, two letters.
    pub country: String,
    /// The page that the client's links open: download, help, mail.
    pub page: String,
}

impl SignIn {
    pub(crate) fn read(from: &Section<'_>) -> Self {
        let default = Self::default();
        let url = Text { expected: "a URL of ASCII characters without spaces".to_owned(), is_valid: is_word };
        let secure = Text {
            expected: "a URL that begins with https://, of ASCII characters without spaces".to_owned(),
            is_valid: |text| text.starts_with("https://") && is_word(text),
        };
        let country = Text {
            expected: "two capital letters, such as \"US\"".to_owned(),
            is_valid: |text| text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_uppercase()),
        };
        Self {
            insecure_http: from.get("insecure_http", default.insecure_http, &Flag),
            not_rst: from.get("not_rst", default.not_rst, &Flag),
            redirect: from.optional("redirect", default.redirect, &secure),
            ping: from.get("ping", default.ping, &whole_of("seconds", 10..=60)),
            challenge: from.get("challenge", default.challenge, &Flag),
            require_challenge: from.get("require_challenge", default.require_challenge, &Flag),
            country: from.get("country", default.country, &country),
            page: from.get("page", default.page, &url),
        }
    }
}

impl Default for SignIn {
    fn default() -> Self {
        Self {
            insecure_http: false,
            not_rst: false,
            redirect: None,
            ping: 50,
            challenge: true,
            require_challenge: false,
            country: "US".to_owned(),
            page: "http://localhost/".to_owned(),
        }
    }
}

/// Returns whether a text can be a word of an MSNP line: it is ASCII and has no spaces.
fn is_word(value: &str) -> bool {
    (1..=MAX_URL).contains(&value.len()) && value.bytes().all(|byte| byte.is_ascii_graphic())
}
