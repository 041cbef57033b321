//! The secret that opens a session.

use std::fmt;

/// A secret word that opens a switchboard session once. Never shown by `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct Cookie(pub String);

impl fmt::Debug for Cookie {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Cookie(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_does_not_show_in_debug_output() {
        assert!(!format!("{:?}", Cookie("secret".into())).contains("secret"));
    }
}
