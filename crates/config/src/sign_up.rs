//! Who may create an account on the sign-up page, and with which passwords.

use serde::Deserialize;

/// The longest `min_password`: the sign-in boxes of some old clients accept no more characters
/// (docs/protocol/http.md section 1.2).
const MAX_MIN_PASSWORD: usize = 16;

/// Settings of the sign-up page.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SignUp {
    /// Who may sign up from this machine and from private networks.
    pub near: Access,
    /// Who may sign up from anywhere else. As long as there are no invite codes, `invite` has the effect of `closed`.
    pub elsewhere: Access,
    /// The fewest characters that a new password may have, 1 to 16.
    pub min_password: usize,
}

/// Who may sign up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Access {
    /// Anyone.
    Open,
    /// Anyone who has a code (`swallowtail invite add`).
    Invite,
    /// Nobody; the operator creates the accounts.
    Closed,
}

impl Default for SignUp {
    fn default() -> Self {
        Self { near: Access::Open, elsewhere: Access::Invite, min_password: 8 }
    }
}

impl SignUp {
    /// Checks the values that the file format itself does not limit.
    pub(crate) fn check(&self) -> anyhow::Result<()> {
        anyhow::ensure!(
            (1..=MAX_MIN_PASSWORD).contains(&self.min_password),
            "sign_up.min_password is {}; expected a whole number from 1 to {MAX_MIN_PASSWORD}: some old clients accept \
             no longer password",
            self.min_password
        );
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shortest_password_is_1_to_16_characters_and_8_by_default() {
        assert_eq!(SignUp::default().min_password, 8);
        let checked = |min_password| SignUp { min_password, ..SignUp::default() }.check().is_ok();
        assert!(checked(1) && checked(16));
        assert!(!checked(0) && !checked(17));
    }
}
