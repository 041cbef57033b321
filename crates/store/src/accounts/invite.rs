//! Invite codes as people write them: 16 letters and digits that are hard to confuse, in groups of four.

use std::fmt;

use sha2::{Digest, Sha256};
use swallowtail_base::random;

/// Crockford's Base32 alphabet, without I, L, O and U.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// The number of characters of a code. Each character has five bits, so a code has 80 bits. Nobody
/// can guess such a code, even with all stored hashes (security.md section 1).
const LENGTH: usize = 16;
const GROUP: usize = 4;

/// An invite code. It is secret, because anyone who has it can create an account. The operator sees
/// the code once, and the store keeps only its hash.
#[derive(Clone, PartialEq, Eq)]
pub struct InviteCode([u8; LENGTH]);

impl InviteCode {
    /// Returns a new random code.
    #[must_use]
    pub fn random() -> Self {
        Self(random::bytes().map(|byte: u8| ALPHABET[usize::from(byte % 32)]))
    }

    /// Parses a typed code. Accepts upper and lower case, spaces, dashes, and letters that look like digits.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut code = [0; LENGTH];
        let mut typed = text.bytes().filter(|byte| !byte.is_ascii_whitespace() && *byte != b'-');
        for place in &mut code {
            let byte = match typed.next()?.to_ascii_uppercase() {
                b'O' => b'0',
                b'I' | b'L' => b'1',
                other => other,
            };
            *place = ALPHABET.contains(&byte).then_some(byte)?;
        }
        typed.next().is_none().then_some(Self(code))
    }

    /// Returns the hash that the store keeps. It is plain SHA-256, because 80 random bits do not need a slow hash.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.0).into()
    }
}

impl fmt::Display for InviteCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, group) in self.0.chunks(GROUP).enumerate() {
            let dash = if index == 0 { "" } else { "-" };
            write!(f, "{dash}{}", group.escape_ascii())?;
        }
        Ok(())
    }
}

impl fmt::Debug for InviteCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("InviteCode")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invite_code_is_accepted_in_every_usual_spelling() {
        let code = InviteCode::parse("K7QM-20WP-9D41-HR3V").unwrap();
        assert_eq!(code.to_string(), "K7QM-20WP-9D41-HR3V");
        for typed in ["k7qm20wp9d41hr3v", " K7QM 2OWP\t9d4l-Hr3V ", "K7QM-2oWP-9D4I-HR3V"] {
            assert_eq!(InviteCode::parse(typed), Some(code.clone()), "{typed}");
        }
        for other in ["", "K7QM-20WP-9D41-HR3", "K7QM-20WP-9D41-HR3VX", "K7QM-20WP-9D41-HR3U", "K7QM-20WP-9D41-HR3é"] {
            assert_eq!(InviteCode::parse(other), None, "{other}");
        }
    }

    #[test]
    fn new_invite_codes_differ_and_debug_output_never_shows_them() {
        let (one, other) = (InviteCode::random(), InviteCode::random());
        assert_ne!(one.hash(), other.hash());
        assert_eq!(InviteCode::parse(&one.to_string()), Some(one.clone()));
        assert_eq!(format!("{one:?}"), "InviteCode");
    }
}
