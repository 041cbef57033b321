//! The Authorization header of Passport 1.4 (docs/protocol/http.md section 1.2).

use std::fmt;

use crate::text;

/// An account's address and its password. `Debug` does not show the password.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The address, as the client wrote it.
    pub handle: String,
    /// The bytes of the password, percent-decoded but not yet converted from their character set.
    pub password: Vec<u8>,
}

/// Reads `Passport1.4 key=value,key=value,...`. Returns `None` if `sign-in` or `pwd` is missing.
///
/// A comma inside a value is always `%2C`. Some libraries encode nothing except commas, and this
/// function also accepts their values. Keys other than `sign-in` and `pwd` are ignored, including
/// the words of the policy.
#[must_use]
pub fn parse_authorization(value: &[u8]) -> Option<Credentials> {
    const SCHEME: &[u8] = b"Passport1.4 ";
    let (scheme, rest) = value.split_at_checked(SCHEME.len())?;
    if !scheme.eq_ignore_ascii_case(SCHEME) {
        return None;
    }
    let find = |wanted: &[u8]| {
        rest.split(|&byte| byte == b',').find_map(|part| {
            let equals = part.iter().position(|&byte| byte == b'=')?;
            let (key, value) = part.split_at(equals);
            key.trim_ascii().eq_ignore_ascii_case(wanted).then(|| text::decode_bytes(&value[1..]))
        })
    };
    Some(Credentials { handle: text::decode_ansi(&find(b"sign-in")?).trim().to_owned(), password: find(b"pwd")? })
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("handle", &self.handle).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(value: &str) -> Option<(String, Vec<u8>)> {
        parse_authorization(value.as_bytes()).map(|found| (found.handle, found.password))
    }

    #[test]
    fn every_spelling_of_the_header_that_clients_use_is_read() {
        let table = [
            // Official clients, as in the example of http.md.
            "Passport1.4 OrgVerb=GET,OrgURL=http%3A%2F%2Fmessenger%2Emsn%2Ecom,sign-in=alice%40example.com,\
             pwd=s3cr%2Ct%20%26%25,ct=1,rver=1,wp=FS_40SEC_0_COMPACT,lc=1,id=1",
            // The library msnp11-sdk, which encodes almost no characters.
            "Passport1.4 OrgVerb=GET,OrgURL=http://messenger.msn.com,sign-in=alice@example.com,pwd=s3cr%2Ct &%",
            "passport1.4 pwd=s3cr%2ct%20&%25,sign-in=alice@example.com",
            "Passport1.4 sign-in=alice@example.com, pwd=s3cr%2Ct %26%25,pwd=other",
        ];
        for value in table {
            let expected = ("alice@example.com".to_owned(), b"s3cr,t &%".to_vec());
            assert_eq!(parse(value), Some(expected), "{value}");
        }
    }

    #[test]
    fn a_password_may_contain_equals_signs_and_a_plus_sign_is_not_read_as_a_space() {
        let expected = ("a+b@example.com".to_owned(), b"a=b+c".to_vec());
        assert_eq!(parse("Passport1.4 sign-in=a+b@example.com,pwd=a=b+c"), Some(expected));
    }

    #[test]
    fn an_authorization_header_must_contain_the_scheme_and_an_address_and_a_password() {
        for value in [
            "",
            "Passport1.4",
            "Passport1.4 ",
            "Basic YWxpY2U6eA==",
            "Passport1.4 sign-in=alice@example.com",
            "Passport1.4 pwd=x",
            "Passport1.4 sign-in,pwd",
        ] {
            assert_eq!(parse(value), None, "{value}");
        }
    }

    #[test]
    fn debug_output_does_not_show_the_password() {
        let found = parse_authorization(b"Passport1.4 sign-in=a@b.de,pwd=hunter").unwrap();
        assert!(!format!("{found:?}").contains("hunter"));
    }

    proptest::proptest! {
        #[test]
        fn the_parser_never_panics_whatever_header_it_gets(
            value in proptest::collection::vec(proptest::num::u8::ANY, 0..200),
        ) {
            let _ = parse_authorization(&value);
            let _ = parse_authorization(&[b"Passport1.4 sign-in=", value.as_slice(), b",pwd=x"].concat());
        }

        #[test]
        fn every_password_is_read_unchanged(password in proptest::collection::vec(proptest::num::u8::ANY, 0..60)) {
            let encoded: String = password.iter().map(|byte| format!("%{byte:02X}")).collect();
            let found = parse_authorization(format!("Passport1.4 sign-in=a@b.de,pwd={encoded}").as_bytes());
            proptest::prop_assert_eq!(found.map(|found| found.password), Some(password));
        }
    }
}
