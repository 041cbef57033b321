//! Who may make an account on the page for it.

use serde::Deserialize;

/// Signing up in a browser, by where somebody comes from.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SignUp {
    /// From this machine and private networks.
    pub near: Access,
    /// From anywhere else. As long as there are no invite codes, `invite` is as good as closed.
    pub elsewhere: Access,
}

/// Who may sign up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Access {
    /// Everybody.
    Open,
    /// Who has a code (`swallowtail invite add`).
    Invite,
    /// Nobody; the operator makes the accounts.
    Closed,
}

impl Default for SignUp {
    fn default() -> Self {
        Self { near: Access::Open, elsewhere: Access::Invite }
    }
}
