//! The secret that gives access to a session.

use std::fmt;

/// A secret word that opens a switchboard session once. `Debug` does not show it.
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
    fn debug_output_does_not_show_the_cookie() {
        assert!(!format!("{:?}", Cookie("secret".into())).contains("secret"));
    }
}
