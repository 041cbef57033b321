//! Warnings about passwords that the operator sets. A password with a warning is still accepted.

use std::fmt::Write as _;

use swallowtail_store::accounts::password;

/// Returns the warnings about a password, each after a line break.
pub(super) fn on_password(text: &str, min_password: usize) -> String {
    let mut notes = String::new();
    if text.chars().count() < min_password {
        let _ = write!(
            notes,
            "\nWarning: the password is shorter than the {min_password} characters that the sign-up page requires \
             (sign_up.min_password)."
        );
    }
    for caveat in password::caveats(text) {
        let _ = write!(notes, "\nWarning: {caveat}");
    }
    notes
}

#[cfg(test)]
mod tests {
    use super::on_password;

    #[test]
    fn passwords_that_are_short_or_long_or_accented_are_accepted_with_a_warning() {
        assert_eq!(on_password("s3cr,t &%", 8), "");
        assert!(on_password("secret", 8).contains("shorter than the 8 characters"));
        assert!(on_password("a password of many words", 8).contains("more than 16 characters"));
        let both = on_password("\u{e9}", 8);
        assert!(both.contains("shorter") && both.contains("other than unaccented letters"), "{both}");
    }
}
