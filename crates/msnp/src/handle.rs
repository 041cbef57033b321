//! Handles: the addresses of accounts (docs/protocol/framing.md section 7).

use std::fmt;

use arcstr::ArcStr;
use thiserror::Error;

/// The longest handle, in bytes (framing.md section 6).
pub const MAX_HANDLE: usize = 129;

/// An e-mail address in lower case. Cheap to clone, and as large as one pointer.
///
/// On the wire, handles are equal if they differ only in ASCII case. The constructors convert to lower case, so values
/// of this type can be compared directly.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Handle(ArcStr);

/// The reason why a word is not a handle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum BadHandle {
    /// There is no `@`, or there is nothing before the `@`.
    #[error("it is not an address like name@example.com")]
    NoAddress,
    /// There is nothing after the `@`.
    #[error("the domain after the @ is missing")]
    NoDomain,
    /// There is a second `@`, a blank, a control character or one of `<>"`.
    #[error("it contains a character that is not allowed in an address")]
    Character,
    /// There is no dot inside the domain.
    #[error("the domain has no dot inside")]
    NoDot,
    /// The word has more than [`MAX_HANDLE`] bytes.
    #[error("it is longer than {MAX_HANDLE} bytes")]
    TooLong,
}

impl Handle {
    /// Creates a handle from an address with one `@`, something before it, and a domain that contains a dot.
    pub fn parse(word: &str) -> Result<Self, BadHandle> {
        let handle = Self::parse_lax(word)?;
        let domain = handle.0.rsplit('@').next().unwrap_or_default();
        let dotted = domain.split_once('.').is_some_and(|(host, rest)| !host.is_empty() && !rest.is_empty());
        if dotted && !domain.ends_with('.') { Ok(handle) } else { Err(BadHandle::NoDot) }
    }

    /// Like [`Handle::parse`], but accepts a domain without a dot, as CAL and USR do (sb.md section 5).
    pub fn parse_lax(word: &str) -> Result<Self, BadHandle> {
        if word.len() > MAX_HANDLE {
            return Err(BadHandle::TooLong);
        }
        let (local, domain) = word.split_once('@').ok_or(BadHandle::NoAddress)?;
        if local.is_empty() {
            return Err(BadHandle::NoAddress);
        }
        if domain.is_empty() {
            return Err(BadHandle::NoDomain);
        }
        let bad = |byte: u8| byte <= 0x20 || byte == 0x7F || matches!(byte, b'<' | b'>' | b'"');
        if domain.contains('@') || word.bytes().any(bad) {
            return Err(BadHandle::Character);
        }
        Ok(Self(word.to_ascii_lowercase().into()))
    }

    /// Like [`Handle::parse`], but also accepts `tel:+` followed by digits. Such a handle is a
    /// telephone that is a contact but has no account (ns.md section 8).
    pub fn parse_contact(word: &str) -> Result<Self, BadHandle> {
        if is_telephone(word) && word.len() <= MAX_HANDLE { Ok(Self(word.into())) } else { Self::parse(word) }
    }

    /// Returns whether this is the address of a telephone and not of an account.
    #[must_use]
    pub fn is_telephone(&self) -> bool {
        is_telephone(&self.0)
    }

    /// Returns whether a clone of this value exists. Clones share their memory.
    #[must_use]
    pub fn is_shared(&self) -> bool {
        ArcStr::strong_count(&self.0).is_some_and(|count| count > 1)
    }

    /// Returns the address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Returns whether a word is `tel:+` followed by digits.
pub(crate) fn is_telephone(word: &str) -> bool {
    word.strip_prefix("tel:+")
        .is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()))
}

impl fmt::Display for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.0, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn well_formed_addresses_are_converted_to_lower_case() {
        assert_eq!(Handle::parse("BOB@Example.com").unwrap().as_str(), "bob@example.com");
        assert_eq!(Handle::parse("é@example.com").unwrap().as_str(), "é@example.com");
    }

    #[test]
    fn each_kind_of_invalid_address_gets_the_expected_error() {
        let table = [
            ("hello", BadHandle::NoAddress),
            ("@example.com", BadHandle::NoAddress),
            ("alice@", BadHandle::NoDomain),
            ("@@a", BadHandle::NoAddress),
            ("a@b@c.de", BadHandle::Character),
            ("a b@c.de", BadHandle::Character),
            ("<a@c.de", BadHandle::Character),
            ("a@b", BadHandle::NoDot),
            ("a@b.", BadHandle::NoDot),
            ("a@.b", BadHandle::NoDot),
        ];
        for (word, expected) in table {
            assert_eq!(Handle::parse(word), Err(expected), "{word}");
        }
        assert_eq!(Handle::parse(&format!("{}@b.de", "a".repeat(125))), Err(BadHandle::TooLong));
        assert!(Handle::parse(&format!("{}@b.de", "a".repeat(124))).is_ok());
    }

    #[test]
    fn parse_lax_accepts_a_domain_without_a_dot() {
        assert!(Handle::parse_lax("myname@hotmail").is_ok());
    }
}
