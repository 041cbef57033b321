//! The request for the client configuration, MsgrConfig (docs/protocol/http.md section 3).
//!
//! Clients 6.0 to 7.5 post a SOAP document. Clients 8.x put the same values into the query string of a GET. The answer
//! does not depend on any of these values, so an invalid value counts as missing.

use crate::BadXml;
use crate::text::{decode_ansi, decode_bytes};
use crate::xml::{Reader, Step};

/// The maximum length of a country or a version, in bytes. A longer value counts as missing. A real
/// country code has 2 characters, and a real version number has about 10. The server logs both
/// values, and the limit keeps a client from filling the log.
const MAX_WORD: usize = 16;

/// A request for the configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConfigRequest {
    /// The country of the client program, such as `US`: letters and digits.
    pub country: Option<String>,
    /// The language of the operating system, an LCID.
    pub clcid: Option<u16>,
    /// The language of the client program, an LCID.
    pub plcid: Option<u16>,
    /// The location of the computer, a GeoID of Windows.
    pub geo_id: Option<u32>,
    /// The version of the client, such as `8.5.1302`: letters, digits and dots. Only a GET contains it.
    pub version: Option<String>,
}

impl ConfigRequest {
    /// Reads the body of a POST. Finds elements by local name. An empty body is valid, and so is a
    /// body without `clientinfo`.
    ///
    /// # Errors
    /// [`BadXml`] when the body is not XML, or uses a part of XML that is not supported.
    pub fn from_soap(body: &[u8]) -> Result<Self, BadXml> {
        let text = decode_ansi(body);
        let mut reader = Reader::new(&text);
        let mut request = Self::default();
        let mut value = String::new();
        while let Some(step) = reader.step()? {
            match step {
                Step::Open(_) => value.clear(),
                Step::Text(text) => value.push_str(&text),
                Step::Close => {
                    if let Some(key) = SOAP_KEYS.into_iter().find(|key| reader.at(&["clientinfo", key])) {
                        request.set(key, &value);
                    }
                    value.clear();
                }
            }
        }
        Ok(request)
    }

    /// Reads the query string of a GET. Returns `None` if it does not contain `op=GetClientConfig`.
    #[must_use]
    pub fn from_query(query: &str) -> Option<Self> {
        let mut request = Self::default();
        let mut asked = false;
        for pair in query.split('&') {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            let value = decode_bytes(value.as_bytes());
            let value = decode_ansi(&value);
            if key.eq_ignore_ascii_case("op") {
                asked |= value.eq_ignore_ascii_case("GetClientConfig");
            } else {
                request.set(key, &value);
            }
        }
        asked.then_some(request)
    }

    fn set(&mut self, key: &str, value: &str) {
        let value = value.trim();
        match key.to_ascii_lowercase().as_str() {
            "country" => self.country = word(value, |byte| byte.is_ascii_alphanumeric()),
            "clcid" => self.clcid = hex(value),
            "plcid" => self.plcid = hex(value),
            "geoid" => self.geo_id = decimal(value),
            "ver" => self.version = word(value, |byte| byte.is_ascii_alphanumeric() || byte == b'.'),
            _ => {}
        }
    }
}

/// The names of the elements in `clientinfo` that this crate reads.
const SOAP_KEYS: [&str; 4] = ["Country", "CLCID", "PLCID", "GeoID"];

fn word(value: &str, is_valid: impl Fn(u8) -> bool) -> Option<String> {
    let valid = (1..=MAX_WORD).contains(&value.len()) && value.bytes().all(is_valid);
    valid.then(|| value.to_owned())
}

/// Reads a hexadecimal number. Accepts only hexadecimal digits. The parsers of the standard library
/// also accept a sign (security.md section 4, "Numbers").
fn hex(value: &str) -> Option<u16> {
    let valid = value.bytes().all(|byte| byte.is_ascii_hexdigit());
    valid.then(|| u16::from_str_radix(value, 16).ok()).flatten()
}

fn decimal(value: &str) -> Option<u32> {
    let valid = value.bytes().all(|byte| byte.is_ascii_digit());
    valid.then(|| value.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    const INFO: &str =
        "<clientinfo><Country>US</Country><CLCID>0809</CLCID><PLCID>0409</PLCID><GeoID>242</GeoID></clientinfo>";

    fn soap(info: &str) -> String {
        format!(
            "<?xml version=\"1.0\" encoding=\"utf-8\"?>\
             <soap:Envelope xmlns:soap=\"http://schemas.xmlsoap.org/soap/envelope/\">\
             <soap:Body>\
             <GetClientConfig xmlns='http://www.msn.com/webservices/Messenger/Client'>{info}</GetClientConfig>\
             </soap:Body></soap:Envelope>"
        )
    }

    fn expected() -> ConfigRequest {
        let country = Some("US".to_owned());
        ConfigRequest { country, clcid: Some(0x809), plcid: Some(0x409), geo_id: Some(242), version: None }
    }

    #[test]
    fn the_fields_of_a_configuration_request_are_read_from_the_body_of_a_post_or_the_query_of_a_get() {
        assert_eq!(ConfigRequest::from_soap(soap(INFO).as_bytes()), Ok(expected()));
        let query = "op=GetClientConfig&Country=US&CLCID=0809&PLCID=0409&GeoID=242&ver=8.5.1302";
        let version = Some("8.5.1302".to_owned());
        assert_eq!(ConfigRequest::from_query(query), Some(ConfigRequest { version, ..expected() }));
        assert_eq!(
            ConfigRequest::from_query("country=%55S&OP=getclientconfig&clcid=809&PLCID=409&GEOID=242"),
            Some(expected())
        );
    }

    #[test]
    fn a_configuration_request_may_lack_the_country_and_languages_and_location() {
        for body in [
            "",
            " \r\n",
            "\u{FEFF}",
            "<a/>",
            &soap(""),
            &soap("<clientinfo/>"),
            &soap("<clientinfo><Country/></clientinfo>"),
        ] {
            assert_eq!(ConfigRequest::from_soap(body.as_bytes()), Ok(ConfigRequest::default()), "{body}");
        }
        assert_eq!(ConfigRequest::from_query("op=GetClientConfig"), Some(ConfigRequest::default()));
        for query in ["", "op", "op=", "op=GetBanner", "Country=US", "xop=GetClientConfig"] {
            assert_eq!(ConfigRequest::from_query(query), None, "{query}");
        }
    }

    #[test]
    fn an_invalid_field_of_a_configuration_request_counts_as_missing() {
        for (key, value) in [
            ("Country", "a b"),
            ("Country", "&lt;x&gt;"),
            ("Country", "abcdefghijklmnopq"),
            ("CLCID", "+809"),
            ("PLCID", "10409"),
            ("PLCID", "xyz"),
            ("GeoID", "-1"),
            ("GeoID", "4294967296"),
            ("GeoID", "<b>242</b>"),
        ] {
            let body = soap(&format!("<clientinfo><{key}>{value}</{key}></clientinfo>"));
            assert_eq!(ConfigRequest::from_soap(body.as_bytes()), Ok(ConfigRequest::default()), "{body}");
        }
        for query in ["Country=a%0D%0Ab", "ver=8.5%201", "ver=", "CLCID=%2B9", "GeoID=%D9%A2"] {
            let query = format!("op=GetClientConfig&{query}");
            assert_eq!(ConfigRequest::from_query(&query), Some(ConfigRequest::default()), "{query}");
        }
        // The element `Country` is outside of `clientinfo`.
        assert_eq!(ConfigRequest::from_soap(b"<a><Country>US</Country></a>"), Ok(ConfigRequest::default()));
    }

    #[test]
    fn a_body_that_is_not_supported_xml_is_refused() {
        let valid = soap(INFO);
        let deep = format!("{}{}", "<a>".repeat(33), "</a>".repeat(33));
        let attributes: String = (0..33).map(|n| format!(" a{n}=''")).collect();
        for (body, expected) in [
            ("GetClientConfig".to_owned(), BadXml::Malformed),
            ("<a>".to_owned(), BadXml::Malformed),
            ("<a></b>".to_owned(), BadXml::Malformed),
            (valid.replace("US", "&custom;"), BadXml::Malformed),
            (valid.clone() + "<a/>", BadXml::Malformed),
            (format!("<!DOCTYPE a [<!ENTITY b 'c'>]>{valid}"), BadXml::DocType),
            (deep, BadXml::Limit),
            (format!("<a{attributes}/>"), BadXml::Limit),
        ] {
            assert_eq!(ConfigRequest::from_soap(body.as_bytes()), Err(expected), "{body}");
        }
    }

    proptest::proptest! {
        #[test]
        fn the_parser_never_panics_whatever_body_or_query_it_gets(
            bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..300),
        ) {
            let _ = ConfigRequest::from_soap(&bytes);
            let _ = ConfigRequest::from_query(&String::from_utf8_lossy(&bytes));
        }

        #[test]
        fn a_damaged_request_never_causes_a_panic(
            at in 0usize..500,
            cut in 0usize..20,
            patch in "[<>&;/!\\[\\]a'\"= -]{0,8}",
        ) {
            let mut body = soap(INFO).into_bytes();
            let at = at.min(body.len());
            let end = (at + cut).min(body.len());
            body.splice(at..end, patch.into_bytes());
            let _ = ConfigRequest::from_soap(&body);
        }

        #[test]
        fn numbers_are_read_unchanged_from_a_body_and_from_a_query(
            clcid: u16,
            geo_id: u32,
            country in "[A-Za-z0-9]{1,16}"
        ) {
            let body = soap(&format!(
                "<clientinfo><GeoID> {geo_id}\n</GeoID><Country>{country}</Country>\
                 <CLCID>{clcid:04x}</CLCID></clientinfo>"
            ));
            let query = format!("op=GetClientConfig&CLCID={clcid:04X}&GeoID={geo_id}&Country={country}");
            let (country, clcid, geo_id) = (Some(country), Some(clcid), Some(geo_id));
            let expected = ConfigRequest { country, clcid, geo_id, ..Default::default() };
            proptest::prop_assert_eq!(ConfigRequest::from_soap(body.as_bytes()), Ok(expected.clone()));
            proptest::prop_assert_eq!(ConfigRequest::from_query(&query), Some(expected));
        }
    }
}
