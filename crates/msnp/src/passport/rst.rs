//! The token request of client 7.5, `POST /RST.srf` (docs/protocol/http.md section 2, "Request").

use std::fmt;

use quick_xml::events::BytesStart;
use thiserror::Error;

use crate::text::decode_ansi;
use crate::xml::{BadXml, Reader, Step};

/// The highest number of tokens in one request (security.md section 6).
pub const MAX_TOKENS: usize = 16;
/// The maximum length of a service address, in bytes. Real addresses have fewer than 40 bytes. The
/// answer repeats each address.
const MAX_ADDRESS: usize = 255;

/// A request for tokens. `Debug` does not show the password.
#[derive(Clone, PartialEq, Eq)]
pub struct RstRequest {
    /// The address, as the client wrote it.
    pub username: String,
    /// The password.
    pub password: String,
    /// The requested tokens in order, at least one.
    pub tokens: Vec<TokenRequest>,
}

/// One requested token. Its policy is ignored, because some libraries leave out the policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenRequest {
    /// The number in `Id="RST<n>"`. If there is no such Id, the index of the token in the request,
    /// from 0.
    pub number: u32,
    /// The address of the service that the token is for.
    pub address: String,
}

/// The reason why the server answers a request with `Invalid Request`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum BadRst {
    /// The body is not well-formed, or uses an entity that XML does not define.
    #[error("the body is not well-formed XML")]
    Xml,
    /// The body has a DOCTYPE.
    #[error("the body has a DOCTYPE")]
    DocType,
    /// The nesting is too deep, there are too many attributes or tokens, or an address is too long.
    #[error("the body exceeds a limit")]
    Limit,
    /// A user name, a password, or a token with an address is missing.
    #[error("the body lacks a user name, a password or a token")]
    Incomplete,
}

impl From<BadXml> for BadRst {
    fn from(bad: BadXml) -> Self {
        match bad {
            BadXml::Malformed => Self::Xml,
            BadXml::DocType => Self::DocType,
            BadXml::Limit => Self::Limit,
        }
    }
}

/// Reads the body of an RST request. Finds elements by local name, and ignores their prefixes.
pub fn parse_rst(body: &[u8]) -> Result<RstRequest, BadRst> {
    let text = decode_ansi(body);
    let mut reader = Reader::new(&text);
    let mut builder = Builder::default();
    while let Some(step) = reader.step()? {
        match step {
            Step::Open(start) => builder.open(&reader, &start)?,
            Step::Text(text) => builder.text(&reader, &text),
            Step::Close => {}
        }
    }
    builder.finish()
}

/// The part of the request that was read so far.
#[derive(Default)]
struct Builder {
    username: Option<String>,
    password: Option<String>,
    tokens: Vec<TokenRequest>,
}

impl Builder {
    fn open(&mut self, reader: &Reader<'_>, start: &BytesStart<'_>) -> Result<(), BadRst> {
        if reader.at(&USERNAME) {
            begin(&mut self.username)?;
        } else if reader.at(&PASSWORD) {
            begin(&mut self.password)?;
        } else if reader.at(&ONE_TOKEN) || reader.at(&TOKEN_OF_MANY) {
            self.begin_token(start)?;
        }
        Ok(())
    }

    fn begin_token(&mut self, start: &BytesStart<'_>) -> Result<(), BadRst> {
        if self.tokens.len() == MAX_TOKENS {
            return Err(BadRst::Limit);
        }
        let place = u32::try_from(self.tokens.len()).unwrap_or_default();
        // This code does not unescape attributes, because the number in Id needs no escapes. So a
        // bare `&` in another attribute of the element causes no error.
        let id = start.try_get_attribute("Id").map_err(|_| BadRst::Xml)?;
        let number = id.and_then(|id| id.value.strip_prefix("RST")?.parse().ok());
        self.tokens.push(TokenRequest { number: number.unwrap_or(place), address: String::new() });
        Ok(())
    }

    fn text(&mut self, reader: &Reader<'_>, text: &str) {
        if reader.at(&USERNAME) {
            self.username.get_or_insert_default().push_str(text);
        } else if reader.at(&PASSWORD) {
            self.password.get_or_insert_default().push_str(text);
        } else if reader.at(&ADDRESS)
            && let Some(token) = self.tokens.last_mut()
        {
            token.address.push_str(text);
        }
    }

    fn finish(self) -> Result<RstRequest, BadRst> {
        let mut tokens = self.tokens;
        for token in &mut tokens {
            token.address = token.address.trim().to_owned();
            if token.address.len() > MAX_ADDRESS {
                return Err(BadRst::Limit);
            }
        }
        if tokens.is_empty() || tokens.iter().any(|token| token.address.is_empty()) {
            return Err(BadRst::Incomplete);
        }
        Ok(RstRequest {
            username: self.username.ok_or(BadRst::Incomplete)?.trim().to_owned(),
            password: self.password.ok_or(BadRst::Incomplete)?,
            tokens,
        })
    }
}

const USERNAME: [&str; 4] = ["Header", "Security", "UsernameToken", "Username"];
const PASSWORD: [&str; 4] = ["Header", "Security", "UsernameToken", "Password"];
const ONE_TOKEN: [&str; 2] = ["Body", "RequestSecurityToken"];
const TOKEN_OF_MANY: [&str; 3] = ["Body", "RequestMultipleSecurityTokens", "RequestSecurityToken"];
const ADDRESS: [&str; 4] = ["RequestSecurityToken", "AppliesTo", "EndpointReference", "Address"];

/// Sets a field. Refuses a field that occurs twice, because two programs could read two different
/// values from such a request.
fn begin(field: &mut Option<String>) -> Result<(), BadRst> {
    match field.replace(String::new()) {
        None => Ok(()),
        Some(_) => Err(BadRst::Xml),
    }
}

impl fmt::Debug for RstRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RstRequest")
            .field("username", &self.username)
            .field("tokens", &self.tokens)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOGIN: &str = "<Security><UsernameToken><Username>alice@example.com</Username>\
                         <Password>s3cr,t &amp;%</Password></UsernameToken></Security>";

    fn token(id: &str, address: &str) -> String {
        format!(
            "<RequestSecurityToken{id}><AppliesTo><EndpointReference><Address>{address}</Address>\
             </EndpointReference></AppliesTo></RequestSecurityToken>"
        )
    }

    fn envelope(header: &str, body: &str) -> String {
        format!("<Envelope><Header>{header}</Header><Body>{body}</Body></Envelope>")
    }

    fn numbers(request: &RstRequest) -> Vec<(u32, &str)> {
        request.tokens.iter().map(|token| (token.number, token.address.as_str())).collect()
    }

    #[test]
    fn a_request_for_one_token_is_read() {
        let request = parse_rst(envelope(LOGIN, &token(" Id='RST0'", "messenger.msn.com")).as_bytes()).unwrap();
        assert_eq!((request.username.as_str(), request.password.as_str()), ("alice@example.com", "s3cr,t &%"));
        assert_eq!(numbers(&request), [(0, "messenger.msn.com")]);
    }

    #[test]
    fn several_tokens_keep_their_order_and_numbers() {
        let tokens = token(" Id=\"RST0\"", "http://Passport.NET/tb") + &token(" Id=\"RST7\"", "a") + &token("", "b");
        let body = format!("<m:RequestMultipleSecurityTokens xmlns:m='x'>{tokens}</m:RequestMultipleSecurityTokens>");
        let request = parse_rst(envelope(LOGIN, &body).as_bytes()).unwrap();
        assert_eq!(numbers(&request), [(0, "http://Passport.NET/tb"), (7, "a"), (2, "b")]);
    }

    #[test]
    fn a_token_id_in_an_unknown_format_is_left_out_of_the_answer() {
        for id in ["x", "RST", "RST-1", "RST1&quot;/>", "RST99999999999"] {
            let request = parse_rst(envelope(LOGIN, &token(&format!(" Id=\"{id}\""), "a")).as_bytes()).unwrap();
            assert_eq!(numbers(&request), [(0, "a")], "{id}");
        }
    }

    #[test]
    fn text_may_be_escaped_or_in_cdata() {
        let login = "<Security><UsernameToken><Username> &#97;lice@example.com\n</Username>\
                     <Password><![CDATA[<&]]>&lt;&#x26; </Password></UsernameToken></Security>";
        let request = parse_rst(envelope(login, &token("", "a")).as_bytes()).unwrap();
        assert_eq!((request.username.as_str(), request.password.as_str()), ("alice@example.com", "<&<& "));
    }

    #[test]
    fn the_error_for_an_invalid_request_gives_the_reason() {
        let good = envelope(LOGIN, &token("", "a"));
        let deep = format!("{}{}", "<a>".repeat(33), "</a>".repeat(33));
        let attributes: String = (0..33).map(|n| format!(" a{n}=''")).collect();
        let table = [
            (String::new(), BadRst::Incomplete),
            ("<Envelope><Header>".into(), BadRst::Xml),
            ("<Envelope></Header>".into(), BadRst::Xml),
            (format!("{good}trailing"), BadRst::Xml),
            (format!("{good}<more/>"), BadRst::Xml),
            (good.replace("&amp;", "&custom;"), BadRst::Xml),
            (good.replace("&amp;", "&"), BadRst::Xml),
            (format!("<!DOCTYPE x [<!ENTITY a 'b'>]>{good}"), BadRst::DocType),
            (good.replace("<Header>", &format!("<Header>{deep}")), BadRst::Limit),
            (good.replace("<Header>", &format!("<Header{attributes}>")), BadRst::Limit),
            (envelope(LOGIN, &token("", "a").repeat(17)), BadRst::Limit),
            (envelope(LOGIN, &token("", &"a".repeat(256))), BadRst::Limit),
            (envelope(LOGIN, ""), BadRst::Incomplete),
            (envelope(LOGIN, &token("", " ")), BadRst::Incomplete),
            (envelope("", &token("", "a")), BadRst::Incomplete),
            (good.replace("Password", "Passwort"), BadRst::Incomplete),
            (good.replace("<Password>", "<Username>bob</Username><Password>"), BadRst::Xml),
        ];
        for (body, expected) in table {
            assert_eq!(parse_rst(body.as_bytes()), Err(expected), "{body}");
        }
        assert!(parse_rst(envelope(LOGIN, &token("", "a").repeat(16)).as_bytes()).is_ok());
    }

    #[test]
    fn debug_output_does_not_show_the_password() {
        let request = parse_rst(envelope(LOGIN, &token("", "a")).as_bytes()).unwrap();
        assert!(!format!("{request:?}").contains("s3cr"));
    }

    proptest::proptest! {
        #[test]
        fn the_parser_never_panics_whatever_body_it_gets(
            body in proptest::collection::vec(proptest::num::u8::ANY, 0..300),
        ) {
            let _ = parse_rst(&body);
        }

        #[test]
        fn a_damaged_request_never_causes_a_panic(
            at in 0usize..400, cut in 0usize..20, patch in "[<>&;/!\\[\\]a'\"= -]{0,8}"
        ) {
            let mut body = envelope(LOGIN, &token(" Id='RST0'", "messenger.msn.com")).into_bytes();
            let at = at.min(body.len());
            let end = (at + cut).min(body.len());
            body.splice(at..end, patch.into_bytes());
            let _ = parse_rst(&body);
        }

        #[test]
        fn every_password_is_read_unchanged(password in "[^\r\0]{0,40}") {
            let login = LOGIN.replace("s3cr,t &amp;%", &quick_xml::escape::escape(password.as_str()));
            let request = parse_rst(envelope(&login, &token("", "a")).as_bytes());
            proptest::prop_assert_eq!(request.map(|request| request.password), Ok(password));
        }
    }
}
